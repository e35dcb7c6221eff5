//! Random documents are read as serde_json reads them, and random damage is no reason to panic.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9_f64).prop_map(Value::from),
        "[a-z\"\\\\\n\u{1}äß😀 ]{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-d\\\\]|long key", inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    value().prop_map(|value| match value {
        Value::Object(_) => value,
        other => serde_json::json!({ "a": other }),
    })
}

/// A document with more or less white space in it.
fn written(value: &Value, pretty: bool) -> String {
    let text = if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    text.expect("values can be written")
}

const POINTERS: [(&str, &str); 5] = [
    ("$.a", "/a"),
    ("$.b.c", "/b/c"),
    ("$.a[1]", "/a/1"),
    ("$['long key'].a[0].b", "/long key/a/0/b"),
    ("$['\\']", "/\\"),
];

/// What a text column makes of a value.
fn text_of(value: Option<&Value>) -> Option<String> {
    match value {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    }
}

fn decoder() -> (Decoder, Vec<bool>) {
    let columns = POINTERS.iter().map(|(path, _)| column(path, DataType::Varchar(60_000), path));
    (Decoder::new(&json("$", columns.collect())).expect("a mapping"), vec![true; POINTERS.len()])
}

proptest! {
    #[test]
    fn random_documents_are_read_as_serde_json_reads_them(
        documents in prop::collection::vec((object(), any::<bool>()), 1..6),
    ) {
        let (mut decoder, needed) = decoder();
        let records: Vec<Record> =
            documents.iter().map(|(value, pretty)| record(written(value, *pretty).as_bytes())).collect();
        let decoded = decoder.decode(&records, &needed);
        prop_assert_eq!(&decoded.errors, &[]);
        prop_assert_eq!(decoded.records.len(), documents.len());
        for (row, (document, _)) in documents.iter().enumerate() {
            for (array, (path, pointer)) in decoded.columns.iter().zip(POINTERS) {
                let texts = arrow_array::cast::AsArray::as_string_view(array);
                let found = (!texts.is_null(row)).then(|| texts.value(row));
                let expected = text_of(document.pointer(pointer));
                let same = match (found, &expected) {
                    // Nested values are the document's own text, white space and all.
                    (Some(found), Some(expected)) if expected.starts_with(['{', '[']) => {
                        serde_json::from_str::<Value>(found).ok() == serde_json::from_str(expected).ok()
                    }
                    (found, expected) => found == expected.as_deref(),
                };
                prop_assert!(same, "{} of {}: {:?}", path, document, found);
            }
        }
    }

    #[test]
    fn damaged_documents_do_no_harm(document in object(), pretty: bool, cut in 0..400_usize, byte: u8, at in 0..400_usize) {
        let (mut decoder, needed) = decoder();
        let mut bytes = written(&document, pretty).into_bytes();
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.truncate(length - cut % length);
        let decoded = decoder.decode(&[record(&bytes)], &needed);
        let is_object = matches!(serde_json::from_slice(&bytes), Ok(Value::Object(_)));
        prop_assert!(!is_object || (decoded.records.len(), decoded.errors.len()) == (1, 0));
        prop_assert!(decoded.records.len() + decoded.errors.len() > 0 || bytes.iter().all(u8::is_ascii_whitespace));
        let _discovered = discover(&[Bytes::from(bytes)]);
    }

    #[test]
    fn random_lines_do_no_harm(text in "[a\",|\n\r ]{0,60}", size in 1..9_usize) {
        let mapping = csv(&[TEXT, TEXT]);
        let mut decoder = Decoder::new(&mapping).expect("a mapping");
        let whole = decoder.decode(&[record(text.as_bytes())], &[true, true]);
        let mut pieces = ReferenceReader::new(&mapping).expect("a mapping").with_pieces_of(size);
        text.as_bytes().chunks(size).for_each(|piece| pieces.push(piece).expect("small"));
        let (rows, errors) = pieces.finish();
        prop_assert_eq!((rows.len(), errors.len()), (whole.records.len(), whole.errors.len()));
        let _discovered = discover(&[Bytes::from(text)]);
    }
}
