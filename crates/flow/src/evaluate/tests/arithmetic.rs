//! Numbers.

use super::{fails, is, is_null};
use crate::row_error::ErrorName::{DivideByZero, InvalidArgument, Overflow};

#[test]
fn whole_numbers_are_divided_towards_zero() {
    is("I + 1", "8");
    is("I / 2", "3");
    is("-I / 2", "-3");
    is("I * B", "21000000000");
    is("I - B", "-2999999993");
    fails("I / 0", DivideByZero);
    fails("I / (I - 7)", DivideByZero);
    fails("2147483647 + I", Overflow);
    fails("9223372036854775807 * I", Overflow);
    is_null("I + N");
    is_null("I + NULL");
    is_null("N / 0");
}

#[test]
fn floating_point_is_always_finite() {
    is("D * 2", "3.0");
    is("R + R", "0.5");
    is("D / I", "0.21428571428571427");
    fails("D / 0", DivideByZero);
    fails("1e308 * 10 * D", Overflow);
    fails("EXP(1e3)", Overflow);
    is("D = 0 OR -0e0 = 0e0", "true");
}

#[test]
fn decimals_keep_their_digits() {
    is("C + 1", "13.34");
    is("C * 0.5", "6.170");
    is("C - 12.345", "-0.005");
    is("-C", "-12.34");
    is("CAST(10.00 AS DECIMAL(4, 2)) / 3", "3.3333333333333");
    is("CAST(0.02 AS DECIMAL(4, 2)) / 3.000", "0.0066667");
    fails("C / 0.0", DivideByZero);
    fails("CAST(9999999999 AS DECIMAL(19)) * CAST(9999999999 AS DECIMAL(19))", Overflow);
}

#[test]
fn functions() {
    is("ABS(-I)", "7");
    is("ABS(-C)", "12.34");
    is("ABS(-D)", "1.5");
    fails("ABS(CAST(-128 AS TINYINT))", Overflow);
    is("MOD(I, 4)", "3");
    is("MOD(-I, 4)", "-3");
    is("MOD(C, 5)", "2.34");
    fails("MOD(I, 0)", DivideByZero);
    is("POWER(2, 10)", "1024.0");
    fails("POWER(-8, 0.5)", InvalidArgument);
    fails("POWER(0, -1)", DivideByZero);
    fails("POWER(10, 400)", Overflow);
    is("EXP(0)", "1.0");
    is("LN(1)", "0.0");
    is("LOG10(1000)", "3.0");
    fails("LN(0)", InvalidArgument);
    fails("LOG10(-1)", InvalidArgument);
}

#[test]
fn rounding_and_steps() {
    is("FLOOR(C)", "12");
    is("CEIL(C)", "13");
    is("FLOOR(-C)", "-13");
    is("CEILING(-D)", "-1.0");
    is("FLOOR(R)", "0.0");
    is("FLOOR(I)", "7");
    is("STEP(I BY 5)", "5");
    is("STEP(-I BY 5)", "-5");
    is_null("STEP(N BY 5)");
    fails("STEP(I BY 0)", DivideByZero);
}
