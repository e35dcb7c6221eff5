//! The decoders, each with what must hold of its outcome.

use aws::Codec;

use crate::Target;
use crate::probe::{Probe, sample};
use crate::stream_sql::{CSV_RECORDS, JSON_RECORDS, PROGRAMS, STATES, WORDS};

/// All targets.
pub const ALL: &[Target] = &[
    JSON,
    CBOR,
    QUERY,
    AUTHORIZATION,
    ITERATOR,
    SEQUENCE_NUMBER,
    PUT_RECORDS,
    PROGRAMS,
    WORDS,
    JSON_RECORDS,
    CSV_RECORDS,
    STATES,
];

/// JSON bodies.
pub const JSON: Target = Target { name: "json", run: json, seeds: json_seeds, rounds: 300_000 };
/// CBOR bodies.
pub const CBOR: Target = Target { name: "cbor", run: cbor, seeds: cbor_seeds, rounds: 300_000 };
/// Form-encoded bodies.
pub const QUERY: Target = Target { name: "query", run: query, seeds: query_seeds, rounds: 200_000 };
/// `Authorization` headers and presigned queries.
pub const AUTHORIZATION: Target =
    Target { name: "authorization", run: gateway::fuzzing::authorization, seeds: authorization_seeds, rounds: 200_000 };
/// Shard iterators.
pub const ITERATOR: Target = Target {
    name: "iterator",
    run: kinesis::fuzzing::iterator,
    seeds: kinesis::fuzzing::iterator_seeds,
    rounds: 200_000,
};
/// Sequence numbers.
pub const SEQUENCE_NUMBER: Target =
    Target { name: "sequence number", run: kinesis::fuzzing::sequence_number, seeds: sequence_seeds, rounds: 300_000 };

/// Bodies of PutRecords, taken apart the quick way.
pub const PUT_RECORDS: Target = Target {
    name: "put records",
    run: kinesis::fuzzing::put_records,
    seeds: kinesis::fuzzing::put_records_seeds,
    rounds: 300_000,
};

/// What is refused must be refused as AWS refuses it.
fn refused_well(outcome: Result<Probe, aws::ServiceError>) {
    if let Err(error) = outcome {
        assert_eq!(error.code().name, "SerializationException");
    }
}

fn json(input: &[u8]) {
    refused_well(Codec::Json11.decode(input));
}

fn cbor(input: &[u8]) {
    refused_well(Codec::Cbor.decode(input));
}

fn query(input: &[u8]) {
    // The query protocol has words of its own for what it cannot read; it must only not break.
    drop(Codec::Query { namespace: "https://example.com/" }.decode::<Probe>(input));
}

fn encoded(codec: Codec) -> Vec<u8> {
    codec.encode("Probe", &sample(), "0").expect("the sample is well formed").to_vec()
}

fn json_seeds() -> Vec<Vec<u8>> {
    let entries =
        br#"{"Name":"s","Entries":[{"Data":"aGVsbG8=","PartitionKey":"p"},{"Data":null}],"Long":9223372036854775807}"#;
    vec![encoded(Codec::Json11), entries.to_vec(), b"{}".to_vec(), b"null".to_vec()]
}

fn cbor_seeds() -> Vec<Vec<u8>> {
    // The second is what Jackson sends: indefinite lengths, a string in chunks, tag 1 around milliseconds.
    let jackson = b"\xbf\x64Name\x7f\x61a\x61b\xff\x64Data\x5f\x42hi\x41!\xff\x62At\xc1\x1b\x00\x00\x01\x8b\xcf\xe5\x68\x7b\x65Names\x9f\x61x\xff\xff";
    vec![encoded(Codec::Cbor), jackson.to_vec(), vec![0xa0]]
}

fn query_seeds() -> Vec<Vec<u8>> {
    let full = b"Action=Probe&Version=2011-06-15&Name=a%20b&Count=5&Names.member.1=x&Names.member.2=y&Tags.entry.1.key=k&Tags.entry.1.value=v&Entries.member.1.Data=aGk%3D";
    vec![full.to_vec(), b"Action=Probe".to_vec()]
}

fn authorization_seeds() -> Vec<Vec<u8>> {
    let header = b"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/kinesis/aws4_request, SignedHeaders=host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
    let query = b"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fkinesis%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=300&X-Amz-SignedHeaders=host&X-Amz-Signature=00ff";
    vec![header.to_vec(), query.to_vec()]
}

fn sequence_seeds() -> Vec<Vec<u8>> {
    let aws = b"49590338271490256608559692538361571095921575989136588898";
    vec![aws.to_vec(), b"0".to_vec(), vec![b'9'; 129]]
}
