//! The values of one column, coerced to its type as they come.
//!
//! Which value becomes what: <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/sch-mapping.html>.

use std::sync::Arc;

use arrow_array::builder::{BinaryViewBuilder, StringViewBuilder};
use arrow_array::types::{ArrowPrimitiveType, Time32MillisecondType, TimestampMillisecondType};
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::{ArrayRef, BooleanArray, PrimitiveArray};
use arrow_buffer::{BooleanBufferBuilder, Buffer, NullBufferBuilder};

use super::token::{Kind, Token};
use super::{instant, number, scan};
use crate::rows::arrow_type;
use crate::types::DataType;

/// A text of at least this many bytes is not copied: the column refers to the record's memory. Shorter ones are copied,
/// because each record that is referred to costs the array a buffer.
const LONG_TEXT_BYTES: usize = 1024;

/// A value that cannot become the column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Misfit;

/// The text that tokens point into.
#[derive(Clone, Copy)]
pub(super) struct Source<'t> {
    /// All of it.
    pub(super) text: &'t str,
    /// The same bytes to refer to; none where values must not keep them alive.
    pub(super) bytes: Option<&'t bytes::Bytes>,
    /// Different for each text of a batch.
    pub(super) number: usize,
}

/// A column in the making.
#[derive(Debug)]
pub(super) struct Column {
    data_type: DataType,
    values: Values,
    nulls: NullBufferBuilder,
    scratch: String,
    /// The text that was referred to last, and its buffer in the array.
    block: Option<(usize, u32)>,
}

#[derive(Debug)]
enum Values {
    Boolean(BooleanBufferBuilder),
    TinyInt(Vec<i8>),
    SmallInt(Vec<i16>),
    Integer(Vec<i32>),
    BigInt(Vec<i64>),
    Decimal(Vec<i128>),
    Real(Vec<f32>),
    Double(Vec<f64>),
    Text(StringViewBuilder),
    Binary(BinaryViewBuilder),
    Date(Vec<i32>),
    Time(Vec<i32>),
    Timestamp(Vec<i64>),
}

/// A value with its escapes undone.
#[derive(Clone, Copy)]
enum Cell<'c> {
    Null,
    Boolean(bool),
    Number(&'c str),
    Text(&'c str),
    Nested(&'c str),
}

impl Column {
    /// An empty column of a type that columns can have.
    pub(super) fn new(data_type: DataType) -> Self {
        let values = match data_type {
            DataType::Boolean => Values::Boolean(BooleanBufferBuilder::new(0)),
            DataType::TinyInt => Values::TinyInt(Vec::new()),
            DataType::SmallInt => Values::SmallInt(Vec::new()),
            DataType::Integer => Values::Integer(Vec::new()),
            DataType::BigInt | DataType::Interval | DataType::MonthInterval | DataType::Null => {
                Values::BigInt(Vec::new())
            }
            DataType::Decimal { .. } => Values::Decimal(Vec::new()),
            DataType::Real => Values::Real(Vec::new()),
            DataType::Double => Values::Double(Vec::new()),
            DataType::Char(_) | DataType::Varchar(_) => Values::Text(StringViewBuilder::new()),
            DataType::Binary(_) | DataType::Varbinary(_) => Values::Binary(BinaryViewBuilder::new()),
            DataType::Date => Values::Date(Vec::new()),
            DataType::Time => Values::Time(Vec::new()),
            DataType::Timestamp => Values::Timestamp(Vec::new()),
        };
        Self { data_type, values, nulls: NullBufferBuilder::new(0), scratch: String::new(), block: None }
    }

    /// Appends a value; when it does not fit, NULL is appended.
    #[inline]
    pub(super) fn append(&mut self, token: Token, source: Source<'_>) -> Result<(), Misfit> {
        if let Values::Text(texts) = &mut self.values
            && token.kind == Kind::Text
            && let Some(text) = short_text(self.data_type, token.text(source.text))
        {
            texts.append_value(text);
            return Ok(());
        }
        let whole = cell(token, source.text, &mut self.scratch);
        let cell = whole.unwrap_or(Cell::Null);
        let nulls = &mut self.nulls;
        let fits = match &mut self.values {
            Values::Boolean(values) => {
                let value = boolean(cell);
                values.append(value == Ok(Some(true)));
                nulls.append(matches!(value, Ok(Some(_))));
                value.map(|_| ())
            }
            Values::TinyInt(values) => push(values, nulls, integer(cell)),
            Values::SmallInt(values) => push(values, nulls, integer(cell)),
            Values::Integer(values) => push(values, nulls, integer(cell)),
            Values::BigInt(values) => push(values, nulls, integer(cell)),
            Values::Decimal(values) => push(values, nulls, decimal(cell, self.data_type)),
            Values::Real(values) => push(values, nulls, real(cell)),
            Values::Double(values) => push(values, nulls, double(cell)),
            Values::Date(values) => push(values, nulls, date(cell)),
            Values::Time(values) => push(values, nulls, time(cell)),
            Values::Timestamp(values) => push(values, nulls, instant_of(cell, instant::timestamp)),
            Values::Binary(values) => binary(cell, self.data_type)
                .map(|value| values.append_option(value))
                .inspect_err(|_| values.append_null()),
            Values::Text(texts) => {
                text(cell, token, self.data_type, source, &mut self.block, texts);
                Ok(())
            }
        };
        if whole.is_none() { Err(Misfit) } else { fits }
    }

    /// Whether a value fits, for a column that nobody reads.
    #[inline]
    pub(super) fn check(&mut self, token: Token, source: Source<'_>) -> Result<(), Misfit> {
        // Whatever is no broken text can become a text.
        if token.kind == Kind::Null || self.data_type.is_text() && token.kind != Kind::Escaped {
            return Ok(());
        }
        let cell = cell(token, source.text, &mut self.scratch).ok_or(Misfit)?;
        match &self.values {
            Values::Boolean(_) => boolean(cell).map(drop),
            Values::TinyInt(_) => integer::<i8>(cell).map(drop),
            Values::SmallInt(_) => integer::<i16>(cell).map(drop),
            Values::Integer(_) => integer::<i32>(cell).map(drop),
            Values::BigInt(_) => integer::<i64>(cell).map(drop),
            Values::Decimal(_) => decimal(cell, self.data_type).map(drop),
            Values::Real(_) => real(cell).map(drop),
            Values::Double(_) => double(cell).map(drop),
            Values::Date(_) => date(cell).map(drop),
            Values::Time(_) => time(cell).map(drop),
            Values::Timestamp(_) => instant_of(cell, instant::timestamp).map(drop),
            Values::Binary(_) => binary(cell, self.data_type).map(drop),
            Values::Text(_) => Ok(()),
        }
    }

    /// The values so far; the column is empty then.
    pub(super) fn finish(&mut self) -> ArrayRef {
        self.block = None;
        let nulls = match &self.values {
            Values::Text(_) | Values::Binary(_) => None,
            _ => self.nulls.finish(),
        };
        match &mut self.values {
            Values::Boolean(values) => Arc::new(BooleanArray::new(values.finish(), nulls)),
            Values::TinyInt(values) => primitive::<Int8Type>(values, nulls),
            Values::SmallInt(values) => primitive::<Int16Type>(values, nulls),
            Values::Integer(values) => primitive::<Int32Type>(values, nulls),
            Values::BigInt(values) => primitive::<Int64Type>(values, nulls),
            Values::Decimal(values) => {
                let array = PrimitiveArray::<Decimal128Type>::new(std::mem::take(values).into(), nulls);
                Arc::new(array.with_data_type(arrow_type(self.data_type)))
            }
            Values::Real(values) => primitive::<Float32Type>(values, nulls),
            Values::Double(values) => primitive::<Float64Type>(values, nulls),
            Values::Text(texts) => Arc::new(texts.finish()),
            Values::Binary(values) => Arc::new(values.finish()),
            Values::Date(values) => primitive::<Date32Type>(values, nulls),
            Values::Time(values) => primitive::<Time32MillisecondType>(values, nulls),
            Values::Timestamp(values) => primitive::<TimestampMillisecondType>(values, nulls),
        }
    }
}

fn primitive<T: ArrowPrimitiveType>(values: &mut Vec<T::Native>, nulls: Option<arrow_buffer::NullBuffer>) -> ArrayRef {
    // The next batch is about as long.
    let next = Vec::with_capacity(values.len());
    Arc::new(PrimitiveArray::<T>::new(std::mem::replace(values, next).into(), nulls))
}

#[inline]
fn push<T: Default>(
    values: &mut Vec<T>,
    nulls: &mut NullBufferBuilder,
    value: Result<Option<T>, Misfit>,
) -> Result<(), Misfit> {
    match value {
        Ok(Some(value)) => {
            values.push(value);
            nulls.append_non_null();
            Ok(())
        }
        other => {
            values.push(T::default());
            nulls.append_null();
            other.map(|_| ())
        }
    }
}

/// The value; none when its escapes are wrong.
#[inline]
fn cell<'c>(token: Token, text: &'c str, scratch: &'c mut String) -> Option<Cell<'c>> {
    let text = token.text(text);
    Some(match token.kind {
        Kind::Null => Cell::Null,
        Kind::True => Cell::Boolean(true),
        Kind::False => Cell::Boolean(false),
        Kind::Number => Cell::Number(text),
        Kind::Text => Cell::Text(text),
        Kind::Nested => Cell::Nested(text),
        Kind::Escaped => {
            scratch.clear();
            scan::unescape(text, scratch).then_some(Cell::Text(scratch))?
        }
        Kind::Doubled => {
            scratch.clear();
            for (place, part) in text.split("\"\"").enumerate() {
                scratch.push_str(if place == 0 { "" } else { "\"" });
                scratch.push_str(part);
            }
            Cell::Text(scratch)
        }
    })
}

fn boolean(cell: Cell<'_>) -> Result<Option<bool>, Misfit> {
    match cell {
        Cell::Null => Ok(None),
        Cell::Boolean(value) => Ok(Some(value)),
        Cell::Number(text) => number::double(text).map(|value| Some(value != 0.0)).ok_or(Misfit),
        Cell::Text(text) => Ok(Some(text.eq_ignore_ascii_case("true"))),
        Cell::Nested(_) => Err(Misfit),
    }
}

#[inline]
fn integer<T: TryFrom<i64>>(cell: Cell<'_>) -> Result<Option<T>, Misfit> {
    let value = match cell {
        Cell::Null => return Ok(None),
        Cell::Boolean(value) => i64::from(value),
        Cell::Number(text) => number::integer(text).ok_or(Misfit)?,
        Cell::Text(text) => number::integer(text.trim()).ok_or(Misfit)?,
        Cell::Nested(_) => return Err(Misfit),
    };
    T::try_from(value).map(Some).map_err(|_| Misfit)
}

fn decimal(cell: Cell<'_>, data_type: DataType) -> Result<Option<i128>, Misfit> {
    let DataType::Decimal { precision, scale } = data_type else { return Err(Misfit) };
    let scale = u32::from(scale);
    let value = match cell {
        Cell::Null => return Ok(None),
        Cell::Boolean(value) => i128::from(value) * 10_i128.pow(scale),
        Cell::Number(text) => number::scaled(text, scale).ok_or(Misfit)?,
        Cell::Text(text) => number::scaled(text.trim(), scale).ok_or(Misfit)?,
        Cell::Nested(_) => return Err(Misfit),
    };
    if value.unsigned_abs() < 10_u128.pow(u32::from(precision)) { Ok(Some(value)) } else { Err(Misfit) }
}

#[inline]
fn double(cell: Cell<'_>) -> Result<Option<f64>, Misfit> {
    match cell {
        Cell::Null => Ok(None),
        Cell::Boolean(value) => Ok(Some(f64::from(u8::from(value)))),
        Cell::Number(text) => number::double(text).map(Some).ok_or(Misfit),
        Cell::Text(text) => number::double(text.trim()).map(Some).ok_or(Misfit),
        Cell::Nested(_) => Err(Misfit),
    }
}

fn real(cell: Cell<'_>) -> Result<Option<f32>, Misfit> {
    let value = match cell {
        // Read as what it is, so that it is rounded once.
        Cell::Number(text) | Cell::Text(text) => {
            double(cell)?;
            text.trim().parse().map_err(|_| Misfit)?
        }
        other => return Ok(double(other)?.map(|value| value as f32)),
    };
    if f32::is_finite(value) { Ok(Some(value)) } else { Err(Misfit) }
}

fn instant_of<T>(cell: Cell<'_>, read: impl Fn(&[u8]) -> Option<T>) -> Result<Option<T>, Misfit> {
    match cell {
        Cell::Null => Ok(None),
        Cell::Text(text) => read(text.trim().as_bytes()).map(Some).ok_or(Misfit),
        _ => Err(Misfit),
    }
}

fn date(cell: Cell<'_>) -> Result<Option<i32>, Misfit> {
    instant_of(cell, |text| {
        let days = instant::timestamp(text)?.div_euclid(instant::DAY_MS);
        i32::try_from(days).ok()
    })
}

fn time(cell: Cell<'_>) -> Result<Option<i32>, Misfit> {
    instant_of(cell, |text| {
        let of_day = |millis: i64| millis.rem_euclid(instant::DAY_MS);
        let millis = instant::time(text).or_else(|| instant::timestamp(text).map(of_day))?;
        i32::try_from(millis).ok()
    })
}

fn binary(cell: Cell<'_>, data_type: DataType) -> Result<Option<Vec<u8>>, Misfit> {
    let mut value = match cell {
        Cell::Null => return Ok(None),
        Cell::Boolean(value) => vec![u8::from(value)],
        Cell::Text(text) => number::hexadecimal(text).ok_or(Misfit)?,
        Cell::Number(_) | Cell::Nested(_) => return Err(Misfit),
    };
    match data_type {
        DataType::Binary(length) | DataType::Varbinary(length) if value.len() > length as usize => return Err(Misfit),
        // "Result has lowest bit set": the byte stands at the end; other values are filled behind.
        DataType::Binary(length) if matches!(cell, Cell::Boolean(_)) => {
            value.splice(0..0, std::iter::repeat_n(0, length as usize - 1));
        }
        DataType::Binary(length) => value.resize(length as usize, 0),
        _ => {}
    }
    Ok(Some(value))
}

/// The text when it needs neither cutting nor filling nor referring to.
#[inline]
fn short_text(data_type: DataType, text: &str) -> Option<&str> {
    match data_type {
        DataType::Varchar(length) if text.len() <= length as usize && text.len() < LONG_TEXT_BYTES => Some(text),
        _ => None,
    }
}

/// The first characters of a text.
fn cut(text: &str, characters: u32) -> &str {
    let characters = characters as usize;
    if text.len() <= characters {
        return text;
    }
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

fn text(
    cell: Cell<'_>,
    token: Token,
    data_type: DataType,
    source: Source<'_>,
    block: &mut Option<(usize, u32)>,
    texts: &mut StringViewBuilder,
) {
    let whole = match cell {
        Cell::Null => return texts.append_null(),
        Cell::Boolean(true) => "true",
        Cell::Boolean(false) => "false",
        Cell::Number(text) | Cell::Text(text) | Cell::Nested(text) => text,
    };
    let length = match data_type {
        DataType::Char(length) | DataType::Varchar(length) => length,
        _ => u32::MAX,
    };
    let kept = cut(whole, length);
    if let DataType::Char(length) = data_type {
        let missing = (length as usize).saturating_sub(kept.chars().count());
        return texts.append_value(kept.to_owned() + &" ".repeat(missing));
    }
    let in_place = matches!(token.kind, Kind::Text | Kind::Nested | Kind::Number);
    if let Some(bytes) = source.bytes.filter(|_| in_place && kept.len() >= LONG_TEXT_BYTES) {
        let buffer = match *block {
            Some((number, buffer)) if number == source.number => buffer,
            _ => texts.append_block(Buffer::from(bytes.clone())),
        };
        *block = Some((source.number, buffer));
        let length = u32::try_from(kept.len()).expect("a token's places are 32 bits");
        return texts.try_append_view(buffer, token.start, length).expect("the record's own text, cut at a character");
    }
    texts.append_value(kept);
}
