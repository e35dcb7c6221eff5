//! The reader of `arrow-json` on the same columns of the same records: a yardstick that is not ours.

use std::sync::Arc;

use arrow_json::ReaderBuilder;
use arrow_json::reader::Decoder;
use arrow_schema::{Field, Schema};
use flow::arrow_type;
use flow::formats::{self, Record};

use crate::Error;
use crate::events::{self, BATCH_EVENTS};

/// Decodes batches into the columns that somebody looks at.
pub(super) struct ArrowJson {
    decoder: Decoder,
}

impl ArrowJson {
    pub(super) fn new(needed: &[bool]) -> Result<Self, Error> {
        let columns = formats::schema(&events::mapping()).columns;
        let needed = columns.iter().zip(needed).filter(|(_, needed)| **needed);
        // Names of columns are folded, those of the events are not.
        let field =
            needed.map(|(column, _)| Field::new(column.name.to_lowercase(), arrow_type(column.data_type), true));
        let schema = Arc::new(Schema::new(field.collect::<Vec<_>>()));
        Ok(Self { decoder: ReaderBuilder::new(schema).with_batch_size(BATCH_EVENTS).build_decoder()? })
    }

    /// Decodes a batch that [`text`] has written.
    pub(super) fn decode(&mut self, text: &[u8]) -> Result<(), Error> {
        let read = self.decoder.decode(text)?;
        let rows = self.decoder.flush()?.map_or(0, |batch| batch.num_rows());
        match (read, rows) {
            (read, BATCH_EVENTS) if read == text.len() => Ok(()),
            _ => Err(format!("{rows} events were decoded, and {read} bytes of {}", text.len()).into()),
        }
    }
}

/// A batch as that reader likes it best: all events in a row, each on a line.
pub(super) fn text(batch: &[Record]) -> Vec<u8> {
    batch.iter().flat_map(|record| record.data.iter().copied().chain([b'\n'])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinesis::Noise;

    #[test]
    fn it_reads_all_events() {
        let text = text(&events::batch(&mut Noise::new(1), 0));
        let mut all = ArrowJson::new(&[true; 7]).unwrap();
        all.decode(&text).unwrap();
        all.decode(&text).unwrap();
        ArrowJson::new(&[false, true, true, false, false, false, false]).unwrap().decode(&text).unwrap();
    }
}
