//! Characters. Sources: the pages of the functions under
//! <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-string-and-search-functions.html>.

use super::{fails, is, is_null};
use crate::row_error::ErrorName::InvalidArgument;

#[test]
fn substring() {
    is("SUBSTRING('123456789' FROM 3 FOR 4)", "3456");
    is("SUBSTRING('123456789' FROM 17 FOR 4)", "");
    is("SUBSTRING('123456789' FROM -1 FOR 4)", "12");
    is("SUBSTRING('123456789' FROM 6 FOR 0)", "");
    is("SUBSTRING('123456789' FROM 8 FOR 4)", "89");
    is("SUBSTRING('123456789', 8)", "89");
    is("SUBSTRING(T FROM 0 FOR 3)", "ab");
    is("SUBSTRING('äöü' FROM 2 FOR 1)", "ö");
    is_null("SUBSTRING(T FROM N)");
    fails("SUBSTRING(T FROM 1 FOR -1)", InvalidArgument);
}

#[test]
fn overlay() {
    is("OVERLAY('12345' PLACING 'foo' FROM 1)", "foo45");
    is("OVERLAY('12345' PLACING 'foo' FROM 0)", "foo345");
    is("OVERLAY('12345' PLACING 'foo' FROM -2)", "foo12345");
    is("OVERLAY('12345' PLACING 'foo' FROM 4)", "123foo");
    is("OVERLAY('12345' PLACING 'foo' FROM 17)", "12345foo");
    is("OVERLAY('12345' PLACING 'foo' FROM 2 FOR 0)", "1foo2345");
    is("OVERLAY('12345' PLACING 'foo' FROM 2 FOR 2)", "1foo45");
    is("OVERLAY('12345' PLACING 'foo' FROM 2 FOR 9)", "1foo");
    fails("OVERLAY(T PLACING 'x' FROM 1 FOR -1)", InvalidArgument);
}

#[test]
fn trim_and_case() {
    is("TRIM(' a b ')", "a b");
    is("TRIM(LEADING 'x' FROM 'xxax')", "ax");
    is("TRIM(TRAILING 'x' FROM 'xxax')", "xxa");
    is("TRIM(BOTH 'ä' FROM 'äxä')", "x");
    fails("TRIM(BOTH 'ab' FROM T)", InvalidArgument);
    is("UPPER(T) || LOWER('ÄB')", "ABCäb");
    is("UPPER(CAST('straße' AS VARCHAR(9)))", "STRASSE");
    is("UPPER(CAST('ßßß' AS VARCHAR(3)))", "SSS");
    is("LOWER('ὈΔΥΣΣΕΎΣ')", "ὀδυσσεύς");
    is("INITCAP('o''neil x-y')", "O'neil X-y");
    is("INITCAP('Each FIRST lEtTeR is cAPITALIZED')", "Each First Letter Is Capitalized");
    is_null("T || CAST(NULL AS VARCHAR(3))");
    is_null("T || NULL");
}

#[test]
fn lengths_and_places() {
    is("CHAR_LENGTH('äöü')", "3");
    is("CHARACTER_LENGTH(F)", "5");
    is("POSITION('b' IN T)", "2");
    is("POSITION('ü' IN 'äöü')", "3");
    is("POSITION('z' IN T)", "0");
    is("POSITION('' IN T)", "1");
}
