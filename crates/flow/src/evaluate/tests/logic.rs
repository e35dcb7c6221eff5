//! Three truth values, and branches that are not taken.

use super::{fails, is, is_null};
use crate::row_error::ErrorName::DivideByZero;

#[test]
fn null_is_not_known() {
    is_null("N = 1");
    is_null("N = 1 AND Y");
    is("N = 1 AND I = 0", "false");
    is("N = 1 OR Y", "true");
    is_null("N = 1 OR I = 0");
    is_null("NOT (N = 1)");
    is("N IS NULL", "true");
    is("I IS NOT NULL", "true");
    is("(N = 1) IS UNKNOWN", "true");
    is("(N = 1) IS NOT TRUE", "true");
    is("Y IS TRUE", "true");
    is("Y IS FALSE", "false");
    is("NULL IS NULL", "true");
}

#[test]
fn null_is_not_distinct_from_null() {
    is("NULL IS DISTINCT FROM NULL", "false");
    is("NULL IS NOT DISTINCT FROM NULL", "true");
    is("N IS DISTINCT FROM NULL", "false");
    is("N IS NOT DISTINCT FROM CAST(NULL AS INTEGER)", "true");
    is("I IS DISTINCT FROM N", "true");
    is("I IS DISTINCT FROM 7", "false");
    is("T IS DISTINCT FROM 'abd'", "true");
    is("D IS NOT DISTINCT FROM 1.5", "true");
}

#[test]
fn comparisons() {
    // A zero below 0 is 0.
    for (expression, wanted) in [
        ("-(D * 0) = D * 0", "true"),
        ("-(D * 0) = 0e0", "true"),
        ("-(D * 0) < 0e0", "false"),
        ("-(D * 0) < 1e0", "true"),
        ("-(R * 0) >= R * 0", "true"),
        ("-(D * 0) IS DISTINCT FROM D * 0", "false"),
        ("NULLIF(-(D * 0), 0e0) IS NULL", "true"),
    ] {
        is(expression, wanted);
    }
    is("I > 6 AND I >= 7 AND I < 8 AND I <= 7 AND I <> 8 AND I = 7", "true");
    is("D > 1 AND C > 12.3 AND 12.35 > C", "true");
    is("T = 'abc' AND T < 'abd' AND T > 'ab'", "true");
    is("I BETWEEN 7 AND 9", "true");
    is("I BETWEEN SYMMETRIC 9 AND 7", "true");
    is("I NOT IN (1, 2, 3)", "true");
    is_null("I IN (1, NULL)");
    is("I IN (7, NULL)", "true");
    is("S > TIMESTAMP '2026-11-21 03:04:05' AND CAST(S AS DATE) = DATE '2026-11-21'", "true");
}

#[test]
fn spaces_at_the_end_of_a_char_do_not_count() {
    is("F = 'ab'", "true");
    is("'ab  ' = F", "true");
    is("T = 'abc '", "false");
}

#[test]
fn parts_that_do_not_matter_cannot_fail() {
    is("I = 8 AND 1 / (I - 7) = 1", "false");
    is("I = 7 OR 1 / (I - 7) = 1", "true");
    fails("1 / (I - 7) = 1 OR I = 7", DivideByZero);
    fails("I = 7 AND 1 / (I - 7) = 1", DivideByZero);
    is("CASE WHEN I = 7 THEN 1 ELSE 1 / (I - 7) END", "1");
    is("CASE WHEN I = 8 THEN 1 / (I - 7) END IS NULL", "true");
    fails("CASE WHEN 1 / (I - 7) = 1 THEN 1 ELSE 2 END", DivideByZero);
    is("COALESCE(I, 1 / (I - 7))", "7");
    fails("COALESCE(1 / (I - 7), 5)", DivideByZero);
}

#[test]
fn case_coalesce_and_nullif() {
    is("CASE I WHEN 1 THEN 'one' WHEN 7 THEN 'seven' ELSE 'other' END", "seven");
    is("CASE WHEN N = 1 THEN 'a' WHEN N IS NULL THEN 'b' END", "b");
    is_null("CASE I WHEN 1 THEN 'one' END");
    is("CASE WHEN Y THEN I ELSE 1.5 END", "7.0");
    is("COALESCE(N, NULL, 3)", "3");
    is_null("COALESCE(N, NULL)");
    is_null("NULLIF(I, 7)");
    is("NULLIF(I, 8)", "7");
    is("NULLIF(I, 7.5)", "7");
    is("NULLIF(T, NULL)", "abc");
    is("NULLIF(T, 'x')", "abc");
}

#[test]
fn tables_are_looked_up() {
    is("'a' IN (SELECT k FROM r)", "true");
    is_null("T IN (SELECT k FROM r)");
    is("T IN (SELECT k FROM r WHERE k IS NOT NULL)", "false");
    is("'A' NOT IN (SELECT UPPER(k) FROM r WHERE v < 2)", "false");
    is("N IN (SELECT v FROM r WHERE v > 5)", "false");
    is("I IN (SELECT v + 5 FROM r)", "true");
    is("7.0 IN (SELECT v + 5 FROM r UNION ALL SELECT v FROM r)", "true");
}

#[test]
fn long_lists_are_looked_up() {
    let texts = |last: &str| format!("('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', {last})");
    is(&format!("'abc' || '' IN {}", texts("'abc'")), "true");
    is(&format!("T IN {}", texts("'abc'")), "true");
    is(&format!("T NOT IN {}", texts("'abc'")), "false");
    is(&format!("T IN {}", texts("'abc '")), "false");
    is_null(&format!("T IN {}", texts("NULL")));
    is_null(&format!("CAST(NULL AS VARCHAR(3)) IN {}", texts("'abc'")));
    is(&format!("T IN {}", texts("T")), "true");
    let numbers: Vec<String> = (100..140).map(|number| number.to_string()).collect();
    let numbers = numbers.join(", ");
    is(&format!("I IN ({numbers}, 7)"), "true");
    is(&format!("I IN ({numbers}, 7.0)"), "true");
    is(&format!("I IN ({numbers}, NULL, 7)"), "true");
    is(&format!("I IN ({numbers})"), "false");
    is_null(&format!("I IN ({numbers}, NULL)"));
    is(&format!("D IN ({numbers}, 1.5)"), "true");
    is(&format!("-(D * 0) IN ({numbers}, 0e0)"), "true");
    fails(&format!("1 / (I - I) IN ({numbers})"), DivideByZero);
    is(&format!("I = 7 OR 1 / (I - I) IN ({numbers})"), "true");
}
