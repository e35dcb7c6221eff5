//! Records ↔ rows: JSON and CSV are decoded into columns, and rows are written as records.
//!
//! A [`Mapping`] says how records of a source become rows; [`Decoder`] carries it out, [`Encoder`] does the way back.
//! [`discover()`] guesses a mapping from samples, and [`ReferenceReader`] loads a whole object as a table.

mod batch;
mod column;
mod csv;
mod decode;
mod discover;

mod encode;
mod instant;
mod json;
mod mapping;
mod number;
mod path;
mod reference;
mod scan;
mod token;

#[cfg(test)]
mod tests;

pub use decode::{Decoded, Decoder, Record, RecordError};
pub use discover::{Discovered, Undiscovered, discover};
pub(crate) use encode::write_decimal;
pub use encode::{Encoder, OutputFormat};
pub(crate) use instant::{write_date, write_time};
pub use mapping::{Format, Hidden, MappedColumn, Mapping, MappingError, schema};
pub use reference::{REFERENCE_BYTES_MAX, ReferenceError, ReferenceReader};
