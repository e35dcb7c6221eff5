//! Names of types, and what operators make of types.

use super::*;
use crate::ast::BinaryOperator::{Add, Divide, Multiply, Subtract};
use crate::ast::ExpressionKind;

#[track_caller]
fn named(text: &str) -> Result<DataType, String> {
    let expression = crate::parse::expression(&format!("CAST(x AS {text})")).expect("an expression");
    let ExpressionKind::Cast(_, name) = expression.kind else { panic!("a cast") };
    DataType::named(&name).map_err(|fault| fault.message)
}

#[test]
fn types_by_name() {
    assert_eq!(named("int"), Ok(DataType::Integer));
    assert_eq!(named("double precision"), Ok(DataType::Double));
    assert_eq!(named("NUMERIC(10, 2)"), Ok(DataType::Decimal { precision: 10, scale: 2 }));
    assert_eq!(named("VARCHAR(65535)"), Ok(DataType::Varchar(65_535)));
    assert_eq!(named("char"), Ok(DataType::Char(1)));
    assert_eq!(named("INTERVAL DAY TO SECOND"), Ok(DataType::Interval));
    assert!(named("VARCHAR(65536)").is_err());
    assert!(named("DECIMAL(20)").is_err());
    assert!(named("DECIMAL(5, 6)").is_err());
    assert!(named("BIGINT(3)").is_err());
    assert_eq!(named("JSON"), Err("Unknown type 'JSON'".to_owned()));
}

#[test]
fn arithmetic_keeps_the_language_s_types() {
    use DataType as T;
    let decimal = |precision, scale| T::Decimal { precision, scale };
    let check = |operator, left, right, result| assert_eq!(arithmetic(operator, left, right), result);
    check(Add, T::Integer, T::SmallInt, Some(T::Integer));
    check(Divide, T::Integer, T::Integer, Some(T::Integer));
    check(Add, T::Integer, T::Double, Some(T::Double));
    check(Add, decimal(5, 2), decimal(3, 0), Some(decimal(6, 2)));
    check(Multiply, decimal(5, 2), decimal(5, 2), Some(decimal(10, 4)));
    check(Divide, decimal(5, 2), decimal(5, 2), Some(decimal(13, 8)));
    check(Multiply, T::BigInt, decimal(3, 2), Some(decimal(19, 0)));
    check(Subtract, T::Timestamp, T::Interval, Some(T::Timestamp));
    check(Subtract, T::Timestamp, T::Timestamp, None);
    check(Multiply, T::Integer, T::Interval, Some(T::Interval));
    check(Add, T::Varchar(3), T::Integer, None);
}

#[test]
fn what_goes_where_unasked() {
    assert!(assignable(DataType::Double, DataType::Integer));
    assert!(assignable(DataType::Varchar(64), DataType::Varchar(4)));
    assert!(!assignable(DataType::Varchar(4), DataType::Integer));
    assert!(castable(DataType::Varchar(4), DataType::Integer));
    assert!(!castable(DataType::Date, DataType::Integer));
    assert_eq!(unified_type(DataType::Char(3), DataType::Varchar(9)), Some(DataType::Varchar(9)));
}
