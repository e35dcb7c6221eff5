//! The query protocol against cases in the manner of Smithy's protocol tests.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::{Blob, ErrorCode, ErrorMember, Lenient, Required, Timestamp};

crate::wire_enum! {
    /// An enum.
    enum Colour { Red = "RED", Blue = "BLUE" }
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Probe {
    name: Required<String>,
    count: Option<i32>,
    ratio: Option<f64>,
    flag: Option<bool>,
    data: Option<Blob>,
    at: Option<Timestamp>,
    list: Option<Vec<String>>,
    structures: Option<Vec<Inner>>,
    map: Option<BTreeMap<String, String>>,
    deep: Option<BTreeMap<String, Inner>>,
    nested: Option<Inner>,
    colour: Option<Lenient<Colour>>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Inner {
    key: Option<String>,
    value: Option<String>,
    inner: Option<Box<Inner>>,
}

fn inner(key: &str, value: &str) -> Inner {
    Inner { key: Some(key.to_owned()), value: Some(value.to_owned()), inner: None }
}

fn strings(all: &[&str]) -> Option<Vec<String>> {
    Some(all.iter().map(|&text| text.to_owned()).collect())
}

#[test]
fn forms_are_read() {
    let map = |pairs: &[(&str, &str)]| Some(pairs.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect());
    let nested = Inner { inner: Some(Box::new(inner("a", "b"))), ..Inner::default() };
    for (form, expected) in [
        ("", Probe::default()),
        ("Action=X&Version=1&Unknown.1=2", Probe::default()),
        ("Name=a%20b%2Bc+d", Probe { name: Required::new("a b+c d".to_owned()), ..Probe::default() }),
        ("Name=", Probe { name: Required::new(String::new()), ..Probe::default() }),
        (
            "Count=-5&Ratio=1.5&Flag=true",
            Probe { count: Some(-5), ratio: Some(1.5), flag: Some(true), ..Probe::default() },
        ),
        ("Data=aGVsbG8%3D", Probe { data: Some(Blob("hello".into())), ..Probe::default() }),
        ("At=2015-01-25T08%3A00%3A00Z", Probe { at: Some(Timestamp { ms: 1_422_172_800_000 }), ..Probe::default() }),
        ("At=1422172800.5", Probe { at: Some(Timestamp { ms: 1_422_172_800_500 }), ..Probe::default() }),
        ("List.member.1=a&List.member.2=b", Probe { list: strings(&["a", "b"]), ..Probe::default() }),
        ("List.10=z&List.9=y&List.1=x", Probe { list: strings(&["x", "y", "z"]), ..Probe::default() }),
        ("List=", Probe { list: strings(&[]), ..Probe::default() }),
        (
            "Structures.member.1.Key=a&Structures.member.1.Value=b&Structures.member.2.Key=c&Structures.member.2.Value=d",
            Probe { structures: Some(vec![inner("a", "b"), inner("c", "d")]), ..Probe::default() },
        ),
        (
            "Map.entry.1.key=a&Map.entry.1.value=b&Map.entry.2.key=c&Map.entry.2.value=d",
            Probe { map: map(&[("a", "b"), ("c", "d")]), ..Probe::default() },
        ),
        ("Map.1.key=a.b&Map.1.value=c", Probe { map: map(&[("a.b", "c")]), ..Probe::default() }),
        (
            "Deep.entry.1.key=k&Deep.entry.1.value.Key=a&Deep.entry.1.value.Value=b",
            Probe { deep: Some(BTreeMap::from([("k".to_owned(), inner("a", "b"))])), ..Probe::default() },
        ),
        ("Nested.Inner.Key=a&Nested.Inner.Value=b", Probe { nested: Some(nested), ..Probe::default() }),
        ("Colour=BLUE", Probe { colour: Some(Lenient::Known(Colour::Blue)), ..Probe::default() }),
        ("Colour=GREY", Probe { colour: Some(Lenient::Unknown("GREY".to_owned())), ..Probe::default() }),
    ] {
        assert_eq!(decode::<Probe>(form.as_bytes()).expect(form), expected, "{form}");
    }
}

#[test]
fn forms_of_the_wrong_type_are_refused() {
    let deep = "Nested".to_owned() + &".Inner".repeat(100) + "=x";
    for (form, expected) in [
        ("Count=x", "'x' can not be converted to an Integer"),
        ("Count=99999999999", "'99999999999' can not be converted to an Integer"),
        ("Flag=yes", "'yes' can not be converted to a Boolean"),
        ("At=soon", "'soon' can not be converted to a number or time"),
        (
            "Data=abc",
            "'abc' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 3",
        ),
        ("List.member.x=1", "'x' is no list index"),
        ("List.member.1=1&List.2=2", "a list has both 'member' and other names"),
        (deep.as_str(), "a parameter is nested too deeply"),
    ] {
        let error = decode::<Probe>(form.as_bytes()).expect_err(form);
        assert_eq!(error.message(), Some(expected), "{form}");
    }
}

#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Output {
    text: Option<String>,
    number: Option<i64>,
    at: Option<Timestamp>,
    data: Option<Blob>,
    list: Option<Vec<String>>,
    map: Option<BTreeMap<String, i32>>,
    colour: Option<Colour>,
    nested: Option<Box<Output>>,
}

#[test]
fn answers_are_xml() {
    let plain = Output::default;
    for (output, expected) in [
        (plain(), ""),
        (
            Output { text: Some("a<b>&\"c\"\r\u{1}é".to_owned()), ..plain() },
            "<Text>a&lt;b&gt;&amp;&quot;c&quot;&#xD;\u{fffd}é</Text>",
        ),
        (Output { number: Some(-7), colour: Some(Colour::Red), ..plain() }, "<Number>-7</Number><Colour>RED</Colour>"),
        (Output { at: Some(Timestamp { ms: 1_422_172_800_000 }), ..plain() }, "<At>2015-01-25T08:00:00Z</At>"),
        (Output { at: Some(Timestamp { ms: 1_422_172_800_123 }), ..plain() }, "<At>2015-01-25T08:00:00.123Z</At>"),
        (Output { data: Some(Blob("hello".into())), ..plain() }, "<Data>aGVsbG8=</Data>"),
        (Output { list: strings(&["a", "b"]), ..plain() }, "<List><member>a</member><member>b</member></List>"),
        (Output { list: strings(&[]), ..plain() }, "<List></List>"),
        (
            Output { map: Some(BTreeMap::from([("k".to_owned(), 1)])), ..plain() },
            "<Map><entry><key>k</key><value>1</value></entry></Map>",
        ),
        (
            Output { nested: Some(Box::new(Output { number: Some(1), ..plain() })), ..plain() },
            "<Nested><Number>1</Number></Nested>",
        ),
    ] {
        let made = encode("Try", "urn:x", &output, "id-1").expect("encodes");
        let expected = format!(
            "<TryResponse xmlns=\"urn:x\">\n<TryResult>{expected}</TryResult>\n\
             <ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata>\n</TryResponse>\n"
        );
        assert_eq!(String::from_utf8_lossy(&made), expected);
    }
    let empty = encode("Try", "urn:x", &(), "id-1").expect("encodes");
    assert!(!String::from_utf8_lossy(&empty).contains("TryResult"));
}

#[test]
fn errors_are_xml() {
    let error = ErrorCode::sender("Bad").with("a < b");
    let expected = "<ErrorResponse xmlns=\"urn:x\">\n<Error><Type>Sender</Type><Code>Bad</Code>\
                    <Message>a &lt; b</Message></Error>\n<RequestId>id-1</RequestId>\n</ErrorResponse>\n";
    assert_eq!(String::from_utf8_lossy(&encode_error(&error, "urn:x", "id-1")), expected);
    let samples = ErrorMember::Texts(vec!["<".to_owned(), "b".to_owned()]);
    let error = ErrorCode::sender("Bad")
        .bare()
        .with_member("Samples", samples)
        .with_member("code", ErrorMember::Text("c".into()));
    let shown = String::from_utf8_lossy(&encode_error(&error, "urn:x", "id-1")).into_owned();
    assert!(shown.contains("<Samples><member>&lt;</member><member>b</member></Samples><code>c</code></Error>"));
    let internal = encode_error(&ServiceError::internal("a cause"), "urn:x", "id-1");
    let internal = String::from_utf8_lossy(&internal).into_owned();
    assert!(internal.contains("<Type>Receiver</Type><Code>InternalFailure</Code>") && !internal.contains("cause"));
    let invalid = encode_error(&ServiceError::validation("x".to_owned()), "urn:x", "id-1");
    assert!(String::from_utf8_lossy(&invalid).contains("<Code>ValidationError</Code>"));
}

proptest! {
    #[test]
    fn no_form_panics(form in "[A-Za-z.0-9=&%+]{0,200}") {
        let _ = decode::<Probe>(form.as_bytes());
    }

    #[test]
    fn any_text_survives_a_form(name in "\\PC{0,60}", items in proptest::collection::vec("\\PC{0,20}", 1..12)) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Name", &name);
        for (index, item) in items.iter().enumerate() {
            form.append_pair(&format!("List.member.{}", index + 1), item);
        }
        let read = decode::<Probe>(form.finish().as_bytes()).expect("a valid form");
        prop_assert_eq!(read, Probe { name: Required::new(name), list: Some(items), ..Probe::default() });
    }
}
