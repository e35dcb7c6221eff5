//! Ways to spoil an input.

use fastrand::Rng;

/// Values that sit on the edges of decoders: lengths, signs, terminators, CBOR majors with indefinite lengths.
const EDGES: &[u8] =
    &[0x00, 0x01, 0x1f, 0x3b, 0x5b, 0x5f, 0x7b, 0x7f, 0x80, 0x9b, 0x9f, 0xbb, 0xbf, 0xc1, 0xdb, 0xf6, 0xfb, 0xff];
/// Pieces of text that decoders treat specially.
const WORDS: &[&[u8]] = &[
    b"null",
    b"true",
    b"\\u0000",
    b"\\ud800",
    b"1e999",
    b"-0",
    b"99999999999999999999999999",
    b"\"",
    b"[[[[",
    b"{\"a\":",
    b"==",
    b"%",
    b"%00",
    b"+",
    b"&",
    b".member.",
    b".1",
    b"4294967296",
    b"Credential=",
    b"/",
    b",",
    b"=",
    b"\xf0\x9f\x98\x80",
];

/// Spoils `input` in one way, possibly with a piece of `other`.
pub(crate) fn once(input: &mut Vec<u8>, other: &[u8], random: &mut Rng) {
    let at = random.usize(..=input.len());
    match random.u8(..9) {
        0 if at < input.len() => input[at] ^= 1 << random.u8(..8),
        1 if at < input.len() => input[at] = random.u8(..),
        2 if at < input.len() => input[at] = EDGES[random.usize(..EDGES.len())],
        3 => insert(input, at, WORDS[random.usize(..WORDS.len())]),
        4 => input.truncate(at),
        5 => {
            let end = (at + random.usize(..16)).min(input.len());
            input.drain(at..end);
        }
        6 if !other.is_empty() => {
            let from = random.usize(..other.len());
            let to = (from + random.usize(..64)).min(other.len());
            insert(input, at, &other[from..to]);
        }
        7 => {
            let end = (at + random.usize(..32)).min(input.len());
            let copy = input[at..end].to_vec();
            for _ in 0..random.u8(1..=8) {
                insert(input, at, &copy);
            }
        }
        _ => insert(input, at, &[EDGES[random.usize(..EDGES.len())]]),
    }
}

fn insert(input: &mut Vec<u8>, at: usize, piece: &[u8]) {
    input.splice(at..at, piece.iter().copied());
}
