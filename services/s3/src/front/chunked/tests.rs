//! Framings, whole and broken, in pieces of every size.

use super::*;

const PLAIN: Framing = Framing { is_signed: false, has_trailer: true };
const SIGNED: Framing = Framing { is_signed: true, has_trailer: false };
const SEED: &str = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";

fn decode(mut chunks: Chunks, wire: &[u8], step: usize) -> Result<(Vec<u8>, HeaderMap), String> {
    let code = |error: S3Error| error.code().as_str().to_owned();
    let mut out = Vec::new();
    for piece in wire.chunks(step) {
        let mut input = Bytes::copy_from_slice(piece);
        while let Some(data) = chunks.decode(&mut input).map_err(code)? {
            out.extend_from_slice(&data);
        }
    }
    chunks.finish().map_err(code).map(|trailing| (out, trailing))
}

fn plain(wire: &[u8], length: u64) -> Result<(Vec<u8>, HeaderMap), String> {
    decode(Chunks::new(PLAIN, length, vec!["x-amz-checksum-crc32".to_owned()], None), wire, wire.len().max(1))
}

fn key() -> SigningKey {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    SigningKey::new(secret, "20130524/us-east-1/s3/aws4_request", "20130524T000000Z".to_owned())
}

/// The example of AWS's page on signed chunks.
fn signed_wire() -> Vec<u8> {
    let mut wire = Vec::new();
    let chunks: [(usize, &str); 3] = [
        (65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
        (1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
        (0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
    ];
    for (size, signature) in chunks {
        wire.extend_from_slice(format!("{size:x};chunk-signature={signature}\r\n").as_bytes());
        wire.extend(std::iter::repeat_n(b'a', size));
        wire.extend_from_slice(b"\r\n");
    }
    wire
}

#[test]
fn a_body_with_a_trailer_is_read_in_pieces_of_any_size() {
    let wire = b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n";
    for step in 1..wire.len() + 1 {
        let chunks = Chunks::new(PLAIN, 3, vec!["x-amz-checksum-crc32".to_owned()], None);
        let (data, trailing) = decode(chunks, wire, step).expect("a whole body");
        assert_eq!(data, b"abc");
        assert_eq!(trailing["x-amz-checksum-crc32"], "NSRBwg==");
    }
}

#[test]
fn signed_chunks_are_checked() {
    let check = || Some((key(), SEED.to_owned()));
    let wire = signed_wire();
    let (data, _) = decode(Chunks::new(SIGNED, 66_560, Vec::new(), check()), &wire, 1000).expect("AWS's example");
    assert_eq!(data.len(), 66_560);
    let mut changed = wire.clone();
    changed[500] = b'b';
    let refused = decode(Chunks::new(SIGNED, 66_560, Vec::new(), check()), &changed, 1000);
    assert_eq!(refused.expect_err("another byte"), "SignatureDoesNotMatch");
    // Where nothing is checked the framing still is.
    assert!(decode(Chunks::new(SIGNED, 66_560, Vec::new(), None), &changed, 1000).is_ok());
}

#[test]
fn what_is_wrong_with_a_body_is_told() {
    let check = |wire: &[u8], length: u64, code: &str| assert_eq!(plain(wire, length).expect_err(code), code);
    check(b"", 3, "IncompleteBody");
    check(b"3\r\nab", 3, "IncompleteBody");
    check(b"3\r\nabc\r\n0\r\n", 3, "IncompleteBody");
    check(b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:A\r\n\r\n", 4, "IncompleteBody");
    check(b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:A\r\n\r\n", 2, "IncompleteBody");
    check(b"3\r\nabcd\r\n0\r\n\r\n", 3, "IncompleteBody");
    check(b"xyz\r\nabc\r\n", 3, "InvalidRequest");
    check(b"-3\r\nabc\r\n", 3, "InvalidRequest");
    check(b"ffffffffffffffff0\r\nabc\r\n", 3, "InvalidRequest");
    check(b"ffffffffffffffff\r\nabc\r\n", 3, "IncompleteBody");
    check(b"3\r\nabc\r\n0\r\n\r\n", 3, "MalformedTrailerError");
    check(b"3\r\nabc\r\n0\r\nnonsense\r\n\r\n", 3, "MalformedTrailerError");
    check(b"1\r\na\r\n2\r\nbc\r\n0\r\nx-amz-checksum-crc32:A\r\n\r\n", 3, "InvalidChunkSizeError");
    check(&vec![b'1'; 5000], 3, "InvalidRequest");
    let unsigned = decode(Chunks::new(SIGNED, 3, Vec::new(), None), b"3\r\nabc\r\n0\r\n\r\n", 100);
    assert_eq!(unsigned.expect_err("no signatures"), "InvalidRequest");
}
