//! Bytes sealed and opened, in whatever pieces they come.

use host::Host;
use keys::{Keys, Scope};
use store::Store;

use super::*;

fn with_sealer(check: impl FnOnce(Arc<Sealer>, Seal)) {
    let dir = tempfile::tempdir().expect("a directory");
    let host = Host::real();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(&host, dir.path()).expect("a store");
        let keys = Keys::open(&host, store, &dir.path().join("master.key"));
        let scope = Scope { account: "111122223333", region: "us-east-1" };
        let key = keys.create(scope, "").await.expect("a key");
        let made = keys.generate_data_key(scope, &key.id).expect("a data key");
        let sealer = keys.sealer(scope, &made.wrapped).expect("a sealer");
        let seal = Seal {
            account: String::new(),
            region: String::new(),
            wrapped: String::new(),
            binding: "here".to_owned(),
            len: 0,
        };
        check(sealer, seal);
    });
}

fn seal(sealer: &Arc<Sealer>, seal: &Seal, plain: &[u8], step: usize) -> (Vec<u8>, Seal) {
    let mut sealing = Sealing::new(Arc::clone(sealer), seal.clone());
    let mut stored = Vec::new();
    plain.chunks(step).for_each(|piece| stored.extend_from_slice(&sealing.add(piece)));
    let (rest, seal) = sealing.finish();
    stored.extend_from_slice(&rest);
    (stored, seal)
}

fn open(sealer: &Arc<Sealer>, seal: &Seal, stored: &[u8], range: Range<u64>, step: usize) -> Result<Vec<u8>, Damaged> {
    let at = stored_range(seal.len, &range);
    let stored = &stored[usize::try_from(at.start).unwrap()..usize::try_from(at.end).unwrap()];
    let mut opening = Opening::new(Arc::clone(sealer), seal.clone(), &range);
    let mut plain = Vec::new();
    for piece in stored.chunks(step) {
        plain.extend_from_slice(&opening.add(piece)?);
    }
    assert!(opening.is_complete());
    Ok(plain)
}

#[test]
fn every_range_opens_as_it_was() {
    with_sealer(|sealer, empty| {
        for len in [1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES + 100] {
            let plain: Vec<u8> = (0..len).map(|at| (at * 31 + at / 251) as u8).collect();
            let (stored, seal) = seal(&sealer, &empty, &plain, 10_007);
            assert_eq!(seal.len, len as u64);
            assert!(!stored.windows(64).any(|window| window == &plain[..64.min(len)]), "nothing is readable");
            for (from, to) in [(0, len), (0, 1), (len - 1, len), (len / 2, len), (len / 3, len / 3 + 1)] {
                let opened = open(&sealer, &seal, &stored, from as u64..to as u64, 4_099).expect("as it was");
                assert_eq!(opened, plain[from..to], "{from}..{to} of {len}");
            }
        }
    });
}

#[test]
fn changed_moved_and_cut_pieces_do_not_open() {
    with_sealer(|sealer, empty| {
        let plain = vec![7; 2 * PIECE_BYTES + 10];
        let (stored, seal) = self::seal(&sealer, &empty, &plain, PIECE_BYTES);
        let whole = 0..seal.len;
        let mut flipped = stored.clone();
        flipped[100] ^= 1;
        assert!(open(&sealer, &seal, &flipped, whole.clone(), 1 << 20).is_err());
        let (first, rest) = stored.split_at(SEALED_BYTES);
        let (second, last) = rest.split_at(SEALED_BYTES);
        let swapped = [second, first, last].concat();
        assert!(open(&sealer, &seal, &swapped, whole.clone(), 1 << 20).is_err());
        let other = Seal { binding: "there".to_owned(), ..seal.clone() };
        assert!(open(&sealer, &other, &stored, whole, 1 << 20).is_err());
        let shorter = Seal { len: PIECE_BYTES as u64 + 10, ..seal };
        assert!(open(&sealer, &shorter, &[first, last].concat(), 0..shorter.len, 1 << 20).is_err());
    });
}
