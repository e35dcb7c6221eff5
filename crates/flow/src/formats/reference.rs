//! A whole object as a table.

use bytes::BytesMut;

use super::decode::{Decoder, RecordError};
use super::mapping::{Format, Mapping, MappingError, schema};
use crate::row_error::ErrorName;
use crate::rows::Rows;

/// The largest object that can be a table, in bytes: AWS's limit.
pub const REFERENCE_BYTES_MAX: usize = 1 << 30;
/// Rows are decoded when at least this many bytes wait.
const PIECE_BYTES: usize = 4 << 20;

/// An object that cannot be a table.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// It is too large.
    #[error("the object is larger than {limit_bytes} bytes")]
    Full {
        /// How large it may be.
        limit_bytes: usize,
    },
    /// A row cannot be read.
    #[error("at byte {at}: {message}")]
    Row {
        /// Where it begins.
        at: usize,
        /// What is wrong with it.
        message: String,
    },
}

impl ReferenceError {
    /// Whether it is about what the object begins with: headings are no row.
    pub fn is_of_first_row(&self) -> bool {
        matches!(self, Self::Row { at: 0, .. })
    }
}

/// Reads an object piece by piece. Beside the rows only what waits to be decoded is in memory.
#[derive(Debug)]
pub struct ReferenceReader {
    decoder: Decoder,
    mapping: Mapping,
    waiting: BytesMut,
    /// How much must wait before decoding is tried again; more after rows that are longer than that.
    enough_bytes: usize,
    piece_bytes: usize,
    bytes: usize,
    decoded_bytes: usize,
    parts: Vec<Rows>,
    errors: Vec<ReferenceError>,
    /// Whether it is lost where the next row begins.
    lost: bool,
}

impl ReferenceReader {
    /// A reader for objects that are mapped so. Hidden columns are not for tables.
    pub fn new(mapping: &Mapping) -> Result<Self, MappingError> {
        let mapping = Mapping { hidden: Vec::new(), ..mapping.clone() };
        Ok(Self {
            decoder: Decoder::new(&mapping)?.copying(),
            mapping,
            waiting: BytesMut::new(),
            enough_bytes: PIECE_BYTES,
            piece_bytes: PIECE_BYTES,
            bytes: 0,
            decoded_bytes: 0,
            parts: Vec::new(),
            errors: Vec::new(),
            lost: false,
        })
    }

    /// Decodes as soon as so many bytes wait.
    #[cfg(test)]
    pub(super) fn with_pieces_of(self, bytes: usize) -> Self {
        Self { piece_bytes: bytes, enough_bytes: bytes, ..self }
    }

    /// Takes the next bytes of the object.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), ReferenceError> {
        self.bytes += piece.len();
        if self.bytes > REFERENCE_BYTES_MAX {
            return Err(ReferenceError::Full { limit_bytes: REFERENCE_BYTES_MAX });
        }
        if self.lost {
            return Ok(());
        }
        self.waiting.extend_from_slice(piece);
        if self.waiting.len() >= self.enough_bytes {
            let rows = self.decode(false);
            self.enough_bytes = if rows == 0 { self.waiting.len() * 2 } else { self.piece_bytes };
        }
        Ok(())
    }

    /// The table, and the rows that were left out because they cannot be read: the first thousand.
    pub fn finish(mut self) -> (Rows, Vec<ReferenceError>) {
        self.decode(true);
        let rows = match self.parts.is_empty() {
            true => Rows::none(&schema(&self.mapping)),
            false => Rows::concat(&self.parts),
        };
        (rows, self.errors)
    }

    /// Decodes what is complete, and says how many rows that were.
    fn decode(&mut self, last: bool) -> usize {
        const ERRORS_MAX: usize = 1000;
        let text = std::mem::take(&mut self.waiting).freeze();
        let start = self.decoded_bytes;
        let (errors, used, rows) = match self.decoder.text(&text, last) {
            Ok((decoded, used)) => {
                let rows = decoded.records.len();
                if rows > 0 {
                    self.parts.push(Rows::new(vec![0; rows].into(), decoded.columns));
                }
                let is_json = matches!(self.mapping.format, Format::Json { .. });
                self.lost = is_json && decoded.errors.iter().any(|one| one.error.name == ErrorName::Format);
                (decoded.errors, used, rows)
            }
            Err(error) => {
                self.lost = true;
                (vec![error], text.len(), 0)
            }
        };
        let error = |one: RecordError| ReferenceError::Row { at: start + one.part.start, message: one.error.message };
        let room = ERRORS_MAX - self.errors.len();
        self.errors.extend(errors.into_iter().take(room).map(error));
        self.decoded_bytes += used;
        self.waiting.extend_from_slice(&text[used..]);
        rows
    }
}
