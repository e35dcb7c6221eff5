//! CBOR vectors of the Kinesis clients, and what no client sends.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::{Blob, ErrorCode, Required, Timestamp};

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct PutRecord {
    data: Required<Blob>,
    partition_key: Required<String>,
    stream_name: Option<String>,
}

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Probe {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    small: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    flag: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Blob>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    map: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inner: Option<Box<Probe>>,
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("digits"), 16).expect("digits");
    digits.chunks(2).map(byte).collect()
}

#[test]
fn the_vector_of_the_java_sdk() {
    let vector = bytes("a364446174614568656c6c6f6c506172746974696f6e4b657961706a53747265616d4e616d656173");
    let expected = PutRecord {
        data: Required::new(Blob("hello".into())),
        partition_key: Required::new("p".to_owned()),
        stream_name: Some("s".to_owned()),
    };
    assert_eq!(decode::<PutRecord>(&vector).expect("a request"), expected);
    assert_eq!(encode(&expected).expect("encodes"), vector);
}

#[test]
fn what_clients_may_send_is_read() {
    let text = |text: &str| Probe { text: Some(text.to_owned()), ..Probe::default() };
    let at = |ms: i64| Probe { at: Some(Timestamp { ms }), ..Probe::default() };
    let data = |data: &'static [u8]| Probe { data: Some(Blob(data.into())), ..Probe::default() };
    let list = |items: &[&str]| Probe { list: Some(items.iter().map(|&i| i.to_owned()).collect()), ..Probe::default() };
    for (hex, expected) in [
        ("a0", Probe::default()),
        ("bf ff", Probe::default()),
        ("a1 64 54657874 61 61", text("a")),
        ("bf 64 54657874 61 61 ff", text("a")),
        ("bf 64 54657874 7f 61 61 62 6263 60 ff ff", text("abc")),
        ("bf 7f 62 5465 62 7874 ff 61 61 ff", text("a")),
        ("a1 64 54657874 f6", Probe::default()),
        ("a1 64 44617461 f6", Probe::default()),
        ("a1 62 4174 f6", Probe::default()),
        ("a1 64 44617461 40", data(b"")),
        ("a1 64 44617461 5f 42 6869 41 21 ff", data(b"hi!")),
        ("a1 62 4174 c1 1b 0000018bcfe5687b", at(1_700_000_000_123)),
        ("a1 62 4174 1b 0000018bcfe5687b", at(1_700_000_000_123)),
        ("a1 62 4174 c1 00", at(0)),
        ("a1 62 4174 c1 20", at(-1)),
        ("a1 64 4c697374 80", list(&[])),
        ("a1 64 4c697374 9f 61 61 61 62 ff", list(&["a", "b"])),
        ("a1 64 4c697374 82 61 61 61 62", list(&["a", "b"])),
        ("a1 65 436f756e74 1b 7fffffffffffffff", Probe { count: Some(i64::MAX), ..Probe::default() }),
        ("a1 65 436f756e74 3b 7fffffffffffffff", Probe { count: Some(i64::MIN), ..Probe::default() }),
        ("a1 65 526174696f f9 3c00", Probe { ratio: Some(1.0), ..Probe::default() }),
        ("a1 65 526174696f fa 3fc00000", Probe { ratio: Some(1.5), ..Probe::default() }),
        ("a1 65 526174696f fb bff8000000000000", Probe { ratio: Some(-1.5), ..Probe::default() }),
        ("a1 64 466c6167 f5", Probe { flag: Some(true), ..Probe::default() }),
        // Members nobody knows, of every kind.
        ("bf 61 78 bf 61 79 9f 01 20 41 00 f4 f6 f7 fb 3ff8000000000000 c1 00 ff ff 64 54657874 61 61 ff", text("a")),
    ] {
        assert_eq!(decode::<Probe>(&bytes(hex)).expect(hex), expected, "{hex}");
    }
    let long = "x".repeat(100_000);
    let mut body = bytes("a1 64 54657874 7a 000186a0");
    body.extend_from_slice(long.as_bytes());
    assert_eq!(decode::<Probe>(&body).expect("long text"), text(&long));
    let mut body = bytes("a1 64 44617461 5a 000186a0");
    body.extend_from_slice(long.as_bytes());
    assert_eq!(decode::<Probe>(&body).expect("long bytes").data.expect("there").len(), 100_000);
}

#[test]
fn what_no_client_sends_is_refused() {
    for hex in [
        "",
        "80",
        "f6",
        "01",
        "a1",
        "a1 64 54657874",
        "a1 64 54657874 61",
        "bf 64 54657874 61 61",
        "a1 64 54657874 01",
        "a1 64 54657874 41 61",
        "a1 64 54657874 62 ff ff",
        "a1 64 54657874 80",
        "a1 64 44617461 61 61",
        "a1 64 44617461 80",
        "a1 65 536d616c6c 1b 0000000100000000",
        "a1 65 436f756e74 1b ffffffffffffffff",
        "a1 65 436f756e74 fb 3ff8000000000000",
        "a1 62 4174 fb 41d954fc40000000",
        "a1 62 4174 c1 fb 41d954fc40000000",
        "a1 64 4c697374 a0",
        "a1 65 496e6e6572 80",
        "ff",
        "a0 00",
        // Lengths that are promised and not kept.
        "bb ffffffffffffffff",
        "a1 64 54657874 7b 7fffffffffffffff",
        "a1 64 44617461 5b 7fffffffffffffff",
        "a1 64 4c697374 9b 7fffffffffffffff",
        "a1 64 4c697374 9b 0000000010000000",
    ] {
        let error = decode::<Probe>(&bytes(hex)).expect_err(hex);
        assert_eq!((error.code().name, error.message()), ("SerializationException", None), "{hex}");
    }
}

#[test]
fn hostile_nesting_is_refused() {
    for open in ["81", "9f", "a1 65 496e6e6572", "bf 65 496e6e6572", "a1 61 78", "c1", "a1 61 78 9f", "a1 61 78 c1"] {
        let open = bytes(open);
        assert!(decode::<Probe>(&open.repeat(400_000 / open.len())).is_err());
    }
}

#[test]
fn answers_and_errors_are_definite() {
    let probe =
        Probe { at: Some(Timestamp { ms: 1_700_000_000_123 }), data: Some(Blob("hi".into())), ..Probe::default() };
    assert_eq!(encode(&probe).expect("encodes"), bytes("a2 62 4174 c1 1b 0000018bcfe5687b 64 44617461 42 6869"));
    assert_eq!(encode(&()).expect("encodes"), Bytes::new());
    let error = ErrorCode::sender("Bad").with("no");
    assert_eq!(encode_error(&error), bytes("a2 66 5f5f74797065 63 426164 67 6d657373616765 62 6e6f"));
}

fn probes() -> impl Strategy<Value = Probe> {
    let text = || proptest::option::of("\\PC{0,300}");
    let leaf = (
        (text(), any::<Option<i64>>(), any::<Option<i32>>(), any::<Option<bool>>(), any::<Option<i32>>()),
        proptest::option::of(proptest::collection::vec(any::<u8>(), 0..600)),
        proptest::option::of(proptest::collection::vec("\\PC{0,20}", 0..5)),
        proptest::option::of(proptest::collection::btree_map("\\PC{0,9}", "\\PC{0,9}", 0..5)),
    );
    let probe = leaf.prop_map(|((text, count, small, flag, at), data, list, map)| Probe {
        text,
        count,
        small,
        flag,
        ratio: small.map(f64::from),
        at: at.map(|at| Timestamp { ms: i64::from(at) * 1_001 }),
        data: data.map(|data| Blob(data.into())),
        list,
        map,
        inner: None,
    });
    (probe.clone(), probe).prop_map(|(outer, inner)| Probe { inner: Some(Box::new(inner)), ..outer })
}

proptest! {
    #[test]
    fn everything_survives_both_codecs(probe in probes()) {
        let cbor = encode(&probe).expect("encodes");
        prop_assert_eq!(&decode::<Probe>(&cbor).expect("decodes"), &probe);
        let json = crate::Codec::Json11.encode_plain(&probe).expect("encodes");
        prop_assert_eq!(&crate::Codec::Json11.decode::<Probe>(&json).expect("decodes"), &probe);
    }

    #[test]
    fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode::<Probe>(&body);
        let _ = crate::Codec::Json11.decode::<Probe>(&body);
    }
}
