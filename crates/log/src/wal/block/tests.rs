//! Tests of `block`.

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::NewRecord;

fn block(place: Place, shards: &[(u64, u32, usize)]) -> (Vec<u8>, Vec<Entry>) {
    let mut block = vec![0; payload_start(shards.len())];
    let mut entries = Vec::new();
    for &(stream, index, value_bytes) in shards {
        let base_offset = stream * 10;
        let position = u32::try_from(block.len()).unwrap();
        let mut encoder = batch::Encoder::begin(&mut block, base_offset, 99);
        encoder.push(&NewRecord { value: Bytes::from(vec![7; value_bytes]), ..NewRecord::default() });
        let length = u32::try_from(encoder.finish()).unwrap();
        entries.push(Entry {
            shard: ShardId { stream: StreamId(stream), index },
            base_offset,
            length,
            position,
            is_padded: false,
        });
    }
    finish(&mut block, 0, place, &entries, 0);
    (block, entries)
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        generation in any::<u64>(),
        lsn in 1..u64::MAX,
        shards in proptest::collection::vec((0..1_u64 << 40, any::<u32>(), 0..2000_usize), 1..20),
        damaged_at in any::<prop::sample::Index>(),
    ) {
        let place = Place { generation, lsn, durable_lsn: lsn - 1 };
        let (bytes, entries) = block(place, &shards);
        prop_assert_eq!(bytes.len() % ALIGNMENT, 0);
        let read = head(&bytes, generation).unwrap();
        prop_assert_eq!(read.place, place);
        prop_assert_eq!(read.block_bytes, bytes.len());
        let found: Vec<Entry> = batches(&bytes, &read).unwrap().into_iter().map(|(entry, ..)| entry).collect();
        prop_assert_eq!(&found, &entries);
        prop_assert_eq!(head(&bytes, generation.wrapping_add(1)), None);

        let last = entries.last().unwrap();
        let used = (last.position + last.length) as usize;
        let at = damaged_at.index(used);
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        let intact = head(&damaged, generation).and_then(|head| batches(&damaged, &head));
        if at < payload_start(shards.len()) {
            prop_assert_eq!(intact, None);
        }
        prop_assert_eq!(head(&bytes[..used.min(bytes.len() - 1)], generation), None);
    }
}

#[test]
fn a_damaged_payload_is_noticed() {
    let place = Place { generation: 1, lsn: 1, durable_lsn: 0 };
    let (mut bytes, _) = block(place, &[(1, 0, 1000), (2, 0, 1000)]);
    let at = 1500; // In the second batch.
    bytes[at] ^= 4;
    let head = head(&bytes, 1).unwrap();
    assert_eq!(batches(&bytes, &head), None);
}
