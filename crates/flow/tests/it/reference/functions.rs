//! Scalar functions by their names.

use flow::ErrorName::{Coercion, DivideByZero, InvalidArgument, Overflow};
use flow::ast::TimeUnit;
use flow::plan::{Expr, Function};
use flow::types::DataType;
use flow::{ErrorName, patterns};

use super::Row;
use super::calendar::{self, DAY_MS};
use super::cast::{cast, fits};
use super::scalar::{evaluate, nowhere};
use super::tables::Tables;
use super::value::{Outcome, Value};

/// The value of a call for a row.
pub(crate) fn call(function: Function, arguments: &[Expr], data_type: DataType, row: &Row, tables: &Tables) -> Outcome {
    if function == Function::Coalesce {
        for argument in arguments {
            let value = evaluate(argument, row, tables)?;
            if !value.is_null() {
                return Ok(value);
            }
        }
        return Ok(Value::Null);
    }
    let values = arguments.iter().map(|argument| evaluate(argument, row, tables)).collect::<Result<Vec<_>, _>>()?;
    if function == Function::NullIf {
        let [left, right] = &values[..] else { panic!("NULLIF has two arguments") };
        let equal = !left.is_null() && !right.is_null() && left.same(right);
        return if equal { Ok(Value::Null) } else { cast(left.clone(), data_type) };
    }
    // Every other function is NULL if any argument is.
    if values.iter().any(Value::is_null) {
        return Ok(Value::Null);
    }
    match function {
        Function::Abs => absolute(&values[0], data_type),
        Function::Mod => modulo(&values[0], &values[1]),
        Function::Exp => finite(values[0].double().exp()),
        Function::Ln => logarithm(values[0].double(), f64::ln),
        Function::Log10 => logarithm(values[0].double(), f64::log10),
        Function::Power => power(values[0].double(), values[1].double()),
        Function::ToTimestamp => Ok(Value::Timestamp(values[0].integer())),
        Function::UnixTimestamp => Ok(Value::Integer(values[0].milliseconds())),
        Function::TsDiff => Ok(Value::Integer(values[1].milliseconds() - values[0].milliseconds())),
        Function::IntervalToChar(from, to) => cast(Value::Text(interval_text(&values[0], from, to)), data_type),
        Function::CharToTimestamp | Function::CharToDate | Function::CharToTime => {
            read_instant(values[0].text(), values[1].text(), data_type, row.now)
        }
        Function::ToChar => {
            let pattern = pattern(values[0].text())?;
            pattern.format(values[1].milliseconds()).map(Value::Text).ok_or(InvalidArgument)
        }
        _ => on_text(function, &values).and_then(|value| match value {
            Value::Text(_) => cast(value, data_type),
            other => Ok(other),
        }),
    }
}

/// An interval with its sign and some units.
fn interval_text(interval: &Value, from: TimeUnit, to: TimeUnit) -> String {
    let (Value::Interval(all) | Value::Months(all)) = *interval else { panic!("{interval:?} is no interval") };
    let sign = if all < 0 { '-' } else { '+' };
    let all = all.unsigned_abs();
    let (seconds, ms) = (all / 1_000, all % 1_000);
    let fraction = if ms == 0 { String::new() } else { format!(".{ms:03}") };
    let text = match (from, to) {
        (TimeUnit::Year, TimeUnit::Year) => format!("{}", all / 12),
        (TimeUnit::Year, _) => format!("{}-{:02}", all / 12, all % 12),
        (TimeUnit::Month, _) => format!("{all}"),
        (TimeUnit::Day, TimeUnit::Day) => format!("{}", seconds / 86_400),
        (TimeUnit::Day, TimeUnit::Hour) => format!("{} {:02}", seconds / 86_400, seconds / 3_600 % 24),
        (TimeUnit::Day, TimeUnit::Minute) => {
            format!("{} {:02}:{:02}", seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60)
        }
        (TimeUnit::Day, _) => {
            let (days, of_day) = (seconds / 86_400, seconds % 86_400);
            format!("{days} {:02}:{:02}:{:02}{fraction}", of_day / 3_600, of_day / 60 % 60, of_day % 60)
        }
        (TimeUnit::Hour, TimeUnit::Hour) => format!("{}", seconds / 3_600),
        (TimeUnit::Hour, TimeUnit::Minute) => format!("{}:{:02}", seconds / 3_600, seconds / 60 % 60),
        (TimeUnit::Hour, _) => {
            format!("{}:{:02}:{:02}{fraction}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
        }
        (TimeUnit::Minute, TimeUnit::Minute) => format!("{}", seconds / 60),
        (TimeUnit::Minute, _) => format!("{}:{:02}{fraction}", seconds / 60, seconds % 60),
        _ => format!("{seconds}{fraction}"),
    };
    format!("{sign}{text}")
}

fn finite(number: f64) -> Outcome {
    if number.is_finite() { Ok(Value::Double(number)) } else { Err(Overflow) }
}

fn logarithm(number: f64, of: fn(f64) -> f64) -> Outcome {
    if number > 0.0 { Ok(Value::Double(of(number))) } else { Err(InvalidArgument) }
}

fn power(base: f64, exponent: f64) -> Outcome {
    let power = base.powf(exponent);
    if base == 0.0 && exponent < 0.0 {
        return Err(DivideByZero);
    }
    if power.is_nan() {
        return Err(InvalidArgument);
    }
    finite(power)
}

fn absolute(value: &Value, data_type: DataType) -> Outcome {
    Ok(match value {
        Value::Integer(number) => Value::Integer(fits(i128::from(*number).abs(), data_type)?),
        Value::Decimal(digits, scale) => Value::Decimal(digits.abs(), *scale),
        Value::Real(number) => Value::Real(number.abs()),
        other => Value::Double(other.double().abs()),
    })
}

/// The rest of a division, with the sign of the first number.
fn modulo(one: &Value, two: &Value) -> Outcome {
    Ok(match (one, two) {
        (Value::Integer(_), Value::Integer(0)) | (Value::Decimal(..), Value::Decimal(0, _)) => {
            return Err(DivideByZero);
        }
        (Value::Integer(one), Value::Integer(two)) => Value::Integer(one.wrapping_rem(*two)),
        (Value::Decimal(one, scale), Value::Decimal(two, _)) => Value::Decimal(one % two, *scale),
        (_, two) if two.double() == 0.0 => return Err(DivideByZero),
        (Value::Real(one), Value::Real(two)) => Value::Real(one % two),
        (one, two) => Value::Double(one.double() % two.double()),
    })
}

fn pattern(text: &str) -> Result<patterns::DatePattern, ErrorName> {
    patterns::DatePattern::parse(text, nowhere()).map_err(|_| InvalidArgument)
}

/// An instant read with a Java pattern. The century of two digits depends on the present year.
fn read_instant(written: &str, text: &str, data_type: DataType, now: i64) -> Outcome {
    let (year, _, _) = calendar::civil(now.div_euclid(DAY_MS));
    let this_year = i16::try_from(year).expect("tests are of our time");
    let in_years = |ms: &i64| (1..=9_999).contains(&calendar::civil(ms.div_euclid(DAY_MS)).0);
    let ms = pattern(written)?.read(text, this_year).filter(in_years).ok_or(Coercion)?;
    Ok(match data_type {
        DataType::Date => Value::Date(ms.div_euclid(DAY_MS)),
        DataType::Time => Value::Time(ms.rem_euclid(DAY_MS)),
        _ => Value::Timestamp(ms),
    })
}

fn on_text(function: Function, values: &[Value]) -> Outcome {
    let text = values[0].text();
    let characters: Vec<char> = text.chars().collect();
    let count = |count: usize| Value::Integer(i64::try_from(count).expect("texts are short"));
    Ok(match function {
        Function::CharLength => count(characters.len()),
        Function::Lower => Value::Text(text.to_lowercase()),
        Function::Upper => Value::Text(text.to_uppercase()),
        Function::InitCap => Value::Text(capitals(text)),
        Function::Position => {
            let within = values[1].text();
            count(within.find(text).map_or(0, |at| within[..at].chars().count() + 1))
        }
        Function::Substring => {
            Value::Text(substring(&characters, values[1].integer(), values.get(2).map(Value::integer))?)
        }
        Function::Overlay => {
            let placing = values[1].text();
            let from = values[2].integer();
            let length = values.get(3).map_or(i64::try_from(placing.chars().count()).expect("short"), Value::integer);
            if length < 0 {
                return Err(InvalidArgument);
            }
            let behind = from.saturating_add(length);
            let places = || (1_i64..).zip(&characters);
            let head: String = places().filter(|(place, _)| *place < from).map(|(_, character)| *character).collect();
            let tail: String =
                places().filter(|(place, _)| *place >= behind).map(|(_, character)| *character).collect();
            Value::Text(format!("{head}{placing}{tail}"))
        }
        Function::SubstringPattern if values.len() == 3 => {
            let parts = patterns::three_parts(values[1].text(), values[2].text(), nowhere());
            let regex = regex::Regex::new(&parts.map_err(|_| InvalidArgument)?).map_err(|_| InvalidArgument)?;
            let found = regex.captures(text).and_then(|found| found.name(patterns::MIDDLE));
            found.map_or(Value::Null, |found| Value::Text(found.as_str().to_owned()))
        }
        Function::SubstringPattern => match searched(values[1].text())?.find(text).map_err(|_| InvalidArgument)? {
            Some(found) => Value::Text(found.to_owned()),
            None => Value::Null,
        },
        Function::RegexReplace => Value::Text(replace(values)?),
        other => panic!("{other:?} is no function of texts"),
    })
}

fn regex(pattern: &str) -> Result<patterns::JavaRegex, ErrorName> {
    patterns::JavaRegex::parse(pattern, nowhere()).map_err(|_| InvalidArgument)
}

fn searched(pattern: &str) -> Result<patterns::JavaRegex, ErrorName> {
    patterns::JavaRegex::parse_without_groups(pattern, nowhere()).map_err(|_| InvalidArgument)
}

/// Each word's first letter large, the others small. Words stand between spaces.
fn capitals(text: &str) -> String {
    let mut out = String::new();
    let mut within = false;
    for character in text.chars() {
        if within {
            out.extend(character.to_lowercase());
        } else {
            out.extend(character.to_uppercase());
        }
        within = character != ' ';
    }
    out
}

/// Places before the first character count, though nothing stands there.
fn substring(characters: &[char], from: i64, length: Option<i64>) -> Result<String, ErrorName> {
    let end = match length {
        Some(length) if length < 0 => return Err(InvalidArgument),
        Some(length) => from.saturating_add(length),
        None => i64::MAX,
    };
    let places = 1_i64..;
    Ok(places
        .zip(characters)
        .filter(|(place, _)| (from..end).contains(place))
        .map(|(_, character)| *character)
        .collect())
}

/// `REGEX_REPLACE (text, pattern, replacement, start, occurrence)`.
fn replace(values: &[Value]) -> Result<String, ErrorName> {
    let (text, regex, replacement) = (values[0].text(), regex(values[1].text())?, values[2].text());
    let start = values.get(3).map_or(1, Value::integer);
    let occurrence = values.get(4).map_or(0, Value::integer);
    if start < 1 || occurrence < 0 {
        return Err(InvalidArgument);
    }
    let Some((skipped, _)) = text.char_indices().nth(usize::try_from(start - 1).map_err(|_| InvalidArgument)?) else {
        return Ok(text.to_owned());
    };
    let (mut out, mut last, mut at) = (String::new(), 0, Some(skipped));
    for index in 1_i64.. {
        let Some(from) = at else { break };
        let Some(found) = regex.captures_at(text, from).map_err(|_| InvalidArgument)? else { break };
        let whole = found.place();
        // Behind an empty match it goes on one character further.
        let further = text[whole.end..].chars().next().map(|next| whole.end + next.len_utf8());
        at = if whole.is_empty() { further } else { Some(whole.end) };
        if occurrence == 0 || occurrence == index {
            out.push_str(&text[last..whole.start]);
            java_replacement(replacement, &found, &mut out)?;
            last = whole.end;
        }
    }
    out.push_str(&text[last..]);
    Ok(out)
}

/// `$1` is a group, a backslash takes the next character as it is.
fn java_replacement(replacement: &str, found: &patterns::Found<'_, '_>, out: &mut String) -> Result<(), ErrorName> {
    let mut characters = replacement.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => out.push(characters.next().ok_or(InvalidArgument)?),
            '$' => {
                let group = match characters.next() {
                    Some('{') => {
                        let name: String = characters.by_ref().take_while(|character| *character != '}').collect();
                        found.named(&name).ok_or(InvalidArgument)?
                    }
                    Some(digit) => usize::try_from(digit.to_digit(10).ok_or(InvalidArgument)?).expect("one digit"),
                    None => return Err(InvalidArgument),
                };
                if group >= found.count() {
                    return Err(InvalidArgument);
                }
                out.push_str(found.get(group).unwrap_or_default());
            }
            other => out.push(other),
        }
    }
    Ok(())
}
