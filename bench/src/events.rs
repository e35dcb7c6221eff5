//! Events of 200 bytes as programs read them: trades of 10,000 tickers, and orders that are filled once each.

use bytes::Bytes;
use flow::formats::{Format, MappedColumn, Mapping, Record};
use flow::types::DataType;

use crate::kinesis::Noise;

/// Bytes of each event.
pub(crate) const EVENT_BYTES: usize = 200;
/// Different keys.
pub(crate) const KEYS: u64 = 10_000;
/// Events of a batch: what one poll gives.
pub(crate) const BATCH_EVENTS: usize = 5_000;

/// How events become rows.
pub(crate) fn mapping() -> Mapping {
    let columns = [
        ("EVENT_TIME", DataType::Timestamp),
        ("TICKER", DataType::Varchar(16)),
        ("PRICE", DataType::Double),
        ("QUANTITY", DataType::Integer),
        ("SECTOR", DataType::Varchar(16)),
        ("ORDER_ID", DataType::BigInt),
        ("NOTE", DataType::Varchar(128)),
    ];
    let column = |(name, data_type): (&str, DataType)| MappedColumn {
        name: name.to_owned(),
        data_type,
        path: Some(format!("$.{}", name.to_lowercase())),
    };
    let format = Format::Json { row_path: "$".to_owned() };
    Mapping { format, columns: columns.map(column).to_vec(), hidden: Vec::new() }
}

/// A batch of records whose data lie behind one another in memory, as those of a shard do. Orders are numbered from
/// `first_order` on.
pub(crate) fn batch(noise: &mut Noise, first_order: u64) -> Vec<Record> {
    const SECTORS: [&str; 5] = ["TECHNOLOGY", "HEALTHCARE", "FINANCIAL", "ENERGY", "RETAIL"];
    let mut text = String::with_capacity(BATCH_EVENTS * EVENT_BYTES);
    for order in (first_order..).take(BATCH_EVENTS) {
        let start = text.len();
        let (key, cents, quantity) = (noise.next() % KEYS, noise.next() % 10_000, noise.next() % 1000);
        let (seconds, millis) = (order / 1000 % 60, order % 1000);
        let sector = SECTORS[(key % 5) as usize];
        text.push_str(&format!(
            r#"{{"event_time":"2026-11-21 07:30:{seconds:02}.{millis:03}","ticker":"TICK{key:05}","price":{}.{:02},"#,
            cents / 100,
            cents % 100
        ));
        text.push_str(&format!(r#""quantity":{quantity},"sector":"{sector}","order_id":{order},"note":""#));
        let room = EVENT_BYTES - (text.len() - start) - 2;
        text.extend(std::iter::repeat_n("lorem ipsum dolor sit amet ", 5).flat_map(str::chars).take(room));
        text.push_str("\"}");
        assert_eq!(text.len() - start, EVENT_BYTES, "all events are as long");
    }
    let text = Bytes::from(text);
    let record = |start: usize| Record { data: text.slice(start..start + EVENT_BYTES), ..Record::default() };
    (0..text.len()).step_by(EVENT_BYTES).map(record).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_rows() {
        let records = batch(&mut Noise::new(1), 59_998);
        let mapping = mapping();
        let mut decoder = flow::formats::Decoder::new(&mapping).expect("a mapping");
        let decoded = decoder.decode(&records, &[true; 7]);
        assert_eq!((decoded.records.len(), decoded.errors.len()), (BATCH_EVENTS, 0));
        assert!(decoded.columns.iter().all(|column| column.null_count() == 0));
    }
}
