//! Records through the steps.

use std::io::Write as _;

use futures::FutureExt;

use super::*;
use crate::expressions::InProcess;
use log::aggregate::close as aggregate;

fn run(pipeline: &Pipeline, records: &[&[u8]]) -> Vec<Fate> {
    let record = |(at, data): (usize, &&[u8])| SourceRecord {
        offset: at as u64,
        arrival_ms: 1_000 + at as u64,
        partition_key: Bytes::new(),
        data: Bytes::copy_from_slice(data),
        sequence_number: format!("s{at}"),
    };
    let mut fates = Vec::new();
    let work = pipeline.run(records.iter().enumerate().map(record).collect(), &mut fates);
    work.now_or_never().expect("nothing waits without a transform");
    let keys = pipeline.add_keys(&mut fates).now_or_never().expect("expressions run in this process");
    keys.expect("a sound expression");
    fates
}

fn pipeline(steps: Vec<Step>, is_data_stream: bool) -> Pipeline {
    let expressions: Arc<dyn Expressions> = Arc::new(InProcess::default());
    Pipeline::new(steps, is_data_stream, &expressions)
}

/// What is delivered, and the ids of what.
fn delivered(fates: &[Fate]) -> Vec<(String, String)> {
    let shown = |fate: &Fate| match fate {
        Fate::Deliver(record, _) => Some((record.id(), String::from_utf8_lossy(&record.data).into_owned())),
        Fate::Fail(_) => None,
    };
    fates.iter().filter_map(shown).collect()
}

fn failures(fates: &[Fate]) -> Vec<(ErrorOutputType, &'static str, Bytes)> {
    let shown = |fate: &Fate| match fate {
        Fate::Fail(failure) => Some((failure.kind, failure.code, failure.raw.clone())),
        Fate::Deliver(..) => None,
    };
    fates.iter().filter_map(shown).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(id, data)| ((*id).to_owned(), (*data).to_owned())).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn without_steps_records_stay_as_they_are() {
    let fates = run(&pipeline(Vec::new(), false), &[b"a", b"", &aggregate(&[b"x"])]);
    assert_eq!(delivered(&fates)[..2], pairs(&[("s0.0", "a"), ("s1.0", "")]));
    assert_eq!(fates.len(), 3);
}

#[test]
fn aggregates_of_a_data_stream_are_taken_apart() {
    let fates = run(&pipeline(Vec::new(), true), &[&aggregate(&[b"x", b"y"]), b"z"]);
    assert_eq!(delivered(&fates), pairs(&[("s0.0", "x"), ("s0.1", "y"), ("s1.0", "z")]));
}

#[test]
fn sub_records_get_partition_keys_of_their_own() {
    let steps = vec![Step::Split(SubRecords::Json), Step::ExtractMetadata { query: "{k:.k}".to_owned() }];
    let pipeline = pipeline(steps, false);
    let fates = run(&pipeline, &[br#"{"k":1}{"k":"two"}{"no":3}"#, b"text"]);
    assert_eq!(delivered(&fates), pairs(&[("s0.0", r#"{"k":1}"#), ("s0.1", r#"{"k":"two"}"#)]));
    let Fate::Deliver(_, keys) = &fates[1] else { panic!("the second is delivered") };
    assert_eq!(keys.query.get("k").map(String::as_str), Some("two"));
    let code = "DynamicPartitioning.MetadataExtractionFailed";
    let expected = vec![
        (ErrorOutputType::ProcessingFailed, code, Bytes::from_static(br#"{"no":3}"#)),
        (ErrorOutputType::ProcessingFailed, code, Bytes::from_static(b"text")),
    ];
    assert_eq!(failures(&fates), expected);
}

#[test]
fn log_envelopes_become_their_messages() {
    let pipeline = pipeline(vec![Step::Decompress, Step::ExtractLogMessages], false);
    let data = r#"{"messageType":"DATA_MESSAGE","owner":"1","logEvents":[{"id":"1","timestamp":1,"message":"one"},{"id":"2","timestamp":2,"message":"two"}]}"#;
    let control =
        r#"{"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE"}]}"#;
    let no_json = gzip("no json");
    let fates = run(&pipeline, &[&gzip(data), &gzip(control), b"no gzip", &no_json]);
    assert_eq!(delivered(&fates), pairs(&[("s0.0", "one\ntwo\n"), ("s1.0", "")]));
    let code = "Decompression failed.";
    let expected = vec![
        (ErrorOutputType::DecompressionFailed, code, Bytes::from_static(b"no gzip")),
        (ErrorOutputType::DecompressionFailed, code, Bytes::from(no_json)),
    ];
    assert_eq!(failures(&fates), expected);
}

#[test]
fn decompression_alone_keeps_the_envelope() {
    let pipeline = pipeline(vec![Step::Decompress], false);
    assert_eq!(delivered(&run(&pipeline, &[&gzip("{}")])), pairs(&[("s0.0", "{}")]));
}
