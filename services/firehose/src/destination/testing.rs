//! Small servers that obey the published contracts of destinations, and misbehave when told to.

pub(crate) mod http;
pub(crate) mod postgres;

use std::sync::Arc;

use bytes::Bytes;
use host::Host;
use host::simulated::{Ended, SimulatedNetwork, Simulation};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use super::{Batch, Delivered, FailedRecord, Outcome, Outgoing};
use crate::configuration::{Hints, Logging, Retry, S3Output};
use crate::http_client::HttpClient;
use crate::shapes::CompressionFormat;

/// Runs a program on a simulated machine and network.
pub(crate) fn simulate<T, F: Future<Output = T>>(program: impl FnOnce(Host, SimulatedNetwork) -> F) -> T {
    let simulation = Simulation::new(5);
    let network = simulation.network().clone();
    match simulation.boot(|host| program(host, network)) {
        Ended::Finished(result) => result,
        _ => panic!("nobody ended the program"),
    }
}

/// A certificate for these names, as PEM, and a server's configuration with it.
pub(crate) fn certificate(names: &[&str]) -> (String, TlsAcceptor) {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
    (made.cert.pem(), TlsAcceptor::from(Arc::new(config)))
}

/// The way out of that machine.
pub(crate) fn outgoing(host: &Host) -> Outgoing {
    Outgoing::new(host, None).unwrap()
}

/// A client on that machine.
pub(crate) fn client(host: &Host) -> Arc<HttpClient> {
    outgoing(host).client
}

/// A batch of these records, which arrived at 2016-02-25T13:00:00Z, one millisecond after the other.
pub(crate) fn batch(records: &[&str]) -> Batch {
    let one = |(index, data): (usize, &&str)| Delivered {
        data: Bytes::copy_from_slice(data.as_bytes()),
        arrival_ms: 1_456_405_200_000 + index as u64,
        sequence: format!("4958{index}").into(),
        sub_sequence: 0,
    };
    let records = records.iter().enumerate().map(one).collect();
    Batch { request_id: "ed4acda5-034f-9f42-bba1-f29aea6d7d8f".to_owned(), records }
}

/// What failed of a settled batch.
pub(crate) fn failed(outcome: Outcome) -> Vec<FailedRecord> {
    match outcome {
        Outcome::Settled { failed, dropped: 0 } => failed,
        other => panic!("{other:?}"),
    }
}

/// What every destination has but none of these tests looks at.
pub(crate) fn hints() -> Hints {
    Hints { size_mib: 5, interval_s: 300 }
}

/// The same.
pub(crate) fn logging() -> Logging {
    Logging::default()
}

/// A retry duration.
pub(crate) fn retry(duration_s: u32) -> Retry {
    Retry { duration_s }
}

/// A backup bucket.
pub(crate) fn bucket() -> S3Output {
    S3Output {
        role_arn: "arn:aws:iam::000000000000:role/firehose".to_owned(),
        bucket_arn: "arn:aws:s3:::backup".to_owned(),
        prefix: None,
        error_prefix: None,
        hints: hints(),
        compression: CompressionFormat::Uncompressed,
        kms_key_arn: None,
        logging: logging(),
    }
}
