//! Tests of `eventstream`.

use super::*;

#[test]
fn the_initial_response_is_byte_for_byte_that_of_aws() {
    let expected = "0000007200000060ab820d9e0b3a6576656e742d74797065070010696e697469616c2d726573706f6e73650d3a636f\
                    6e74656e742d7479706507001a6170706c69636174696f6e2f782d616d7a2d6a736f6e2d312e310d3a6d6573736167\
                    652d747970650700056576656e747b7dacae6b7d";
    let printed: String = initial_response(Codec::Json11).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(printed, expected);
}

#[test]
fn the_other_order_of_headers_is_the_other_vector() {
    let expected = "0000007200000060ab820d9e0d3a6d6573736167652d747970650700056576656e740b3a6576656e742d7479706507\
                    0010696e697469616c2d726573706f6e73650d3a636f6e74656e742d7479706507001a6170706c69636174696f6e2f\
                    782d616d7a2d6a736f6e2d312e317b7de16e66e4";
    let headers = [
        (":message-type", "event"),
        (":event-type", "initial-response"),
        (":content-type", "application/x-amz-json-1.1"),
    ];
    let printed: String = frame(&headers, b"{}").iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(printed, expected);
}

#[test]
fn errors_are_exception_frames() {
    let error = crate::ErrorCode::sender("ResourceInUseException").with("somebody else");
    for (codec, payload) in
        [(Codec::Json11, &br#"{"message":"somebody else"}"#[..]), (Codec::Cbor, b"\xa1\x67message\x6dsomebody else")]
    {
        let (headers, found) = read(&exception(codec, &error));
        let expected = [
            (":exception-type", "ResourceInUseException"),
            (":content-type", codec.content_type()),
            (":message-type", "exception"),
        ];
        assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(found, payload);
    }
}

/// Reads a frame as a client does, with its lengths and checksums.
fn read(frame: &[u8]) -> (Vec<(String, String)>, Vec<u8>) {
    let number = |at: usize| u32::from_be_bytes(frame[at..at + 4].try_into().expect("four bytes"));
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    let (total, headers_len) = (number(0) as usize, number(4) as usize);
    assert_eq!(total, frame.len());
    assert_eq!(number(8), crc32fast::hash(&frame[..8]));
    assert_eq!(number(total - 4), crc32fast::hash(&frame[..total - 4]));
    let mut rest = &frame[12..12 + headers_len];
    let mut headers = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest[1..].split_at(usize::from(rest[0]));
        assert_eq!(after[0], STRING);
        let (value, after) = after[3..].split_at(usize::from(u16::from_be_bytes([after[1], after[2]])));
        headers.push((text(name), text(value)));
        rest = after;
    }
    (headers, frame[12 + headers_len..total - 4].to_vec())
}

proptest::proptest! {
    #[test]
    fn every_frame_reads_back(
        headers in proptest::collection::vec(("[a-z:-]{1,40}", "\\PC{0,80}"), 0..6),
        payload in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..2_000),
    ) {
        let borrowed: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        proptest::prop_assert_eq!(read(&frame(&borrowed, &payload)), (headers, payload));
    }
}
