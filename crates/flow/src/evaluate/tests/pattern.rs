//! Patterns.

use super::{fails, is, is_null};
use crate::row_error::ErrorName::InvalidArgument;

#[test]
fn like_and_similar() {
    is("T LIKE 'a%'", "true");
    is("T NOT LIKE '_b'", "true");
    is("'50%' LIKE '50!%' ESCAPE '!'", "true");
    is("T LIKE SUBSTRING('a%x' FROM 1 FOR I - 5)", "true");
    is("T LIKE CASE WHEN Y THEN 'x%' ELSE T END", "false");
    fails("T LIKE T || '!' ESCAPE '!'", InvalidArgument);
    is("T SIMILAR TO '(abc|def)'", "true");
    is("'b7' SIMILAR TO '[a-c][0-9]+'", "true");
    is_null("CAST(NULL AS VARCHAR(3)) LIKE 'a%'");
    is_null("T LIKE CAST(NULL AS VARCHAR(3))");
    for (pattern, wanted) in [
        ("abc", "true"),
        ("ab", "false"),
        ("ab%", "true"),
        ("%bc", "true"),
        ("%b%", "true"),
        ("%", "true"),
        ("", "false"),
    ] {
        is(&format!("T LIKE '{pattern}'"), wanted);
        is(&format!("T LIKE CASE WHEN Y THEN '{pattern}' ELSE T END"), wanted);
    }
    is("T || '\n' LIKE 'abc_'", "true");
    is("'a\n' LIKE 'a'", "false");
    is("'a\\b' LIKE '%\\%'", "true");
    is("'a%b' LIKE 'a!%%' ESCAPE '!'", "true");
    is("'axb' LIKE 'a!%%' ESCAPE '!'", "false");
}

#[test]
fn substring_from_a_pattern() {
    is("SUBSTRING('TECHNOLOGY' FROM 'L[A-Z]*')", "LOGY");
    is_null("SUBSTRING('TECHNOLOGY' FROM 'X[A-Z]*')");
    is("SUBSTRING('TECHNOLOGY' FROM CASE WHEN Y THEN 'O.' ELSE T END)", "OL");
    is("SUBSTRING('TECHNOLOGY' FROM '%E#\"CH#\"N%' FOR '#')", "CH");
}

#[test]
fn regex_replace() {
    is("REGEX_REPLACE('TECHNOLOGY', 'O', 'x')", "TECHNxLxGY");
    is("REGEX_REPLACE('TECHNOLOGY', 'O', 'x', 1, 0)", "TECHNxLxGY");
    is("REGEX_REPLACE('TECHNOLOGY', 'O', 'x', 1, 2)", "TECHNOLxGY");
    is("REGEX_REPLACE('TECHNOLOGY', 'O', 'x', 7, 1)", "TECHNOLxGY");
    is("REGEX_REPLACE('TECHNOLOGY', '(E)(C)', '$2$1', 1, 0)", "TCEHNOLOGY");
    is("REGEX_REPLACE('abc', 'x*', '-')", "-a-b-c-");
    is("REGEX_REPLACE('abc', 'c', 'd', 9, 0)", "abc");
    fails("REGEX_REPLACE(T, 'a', 'b', 0, 0)", InvalidArgument);
    fails("REGEX_REPLACE(T, 'a', 'b', 1, -1)", InvalidArgument);
    fails("REGEX_REPLACE(T, 'a', '$1', 1, 0)", InvalidArgument);
    fails("REGEX_REPLACE(T, T || '(', 'b')", InvalidArgument);
    is("REGEX_REPLACE('aab', '(?<=a)b', 'x')", "aax");
    is("REGEX_REPLACE('aXbX', '(?<![a])X', '-', 3, 0)", "aXb-");
    is("SUBSTRING('x aa b' FROM '(\\w)\\1')", "aa");
    fails(
        "REGEX_REPLACE(T || 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '(?:(a)|(a)|(a))*\\1c', 'x')",
        InvalidArgument,
    );
}
