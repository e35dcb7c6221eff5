//! What a collector's answers mean, by their status and by Splunk's own codes.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::http_client::tls::TlsError;
use crate::http_client::{Answer, Error};

/// Why a batch was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Behind a proxy that does not send us to the same collector each time.
    LostChannel,
    DisabledToken,
    InvalidToken,
    InvalidDataFormat,
    InvalidIndex,
    ServerError(String),
    DisabledAck,
    AckTimeout,
    ConnectionTimeout,
    InvalidEndpoint,
    ConnectionClosed,
    /// The certificate is another machine's.
    Unverified,
    Handshake,
}

impl Trouble {
    /// AWS's code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::LostChannel => "Splunk.ProxyWithoutStickySessions",
            Self::DisabledToken => "Splunk.DisabledToken",
            Self::InvalidToken => "Splunk.InvalidToken",
            Self::InvalidDataFormat => "Splunk.InvalidDataFormat",
            Self::InvalidIndex => "Splunk.InvalidIndex",
            Self::ServerError(_) => "Splunk.ServerError",
            Self::DisabledAck => "Splunk.DisabledAck",
            Self::AckTimeout => "Splunk.AckTimeout",
            Self::ConnectionTimeout => "Splunk.ConnectionTimeout",
            Self::InvalidEndpoint => "Splunk.InvalidEndpoint",
            Self::ConnectionClosed => "Splunk.ConnectionClosed",
            Self::Unverified => "Splunk.SSLUnverified",
            Self::Handshake => "Splunk.SSLHandshake",
        }
    }

    /// What the line of a failed record says; AWS's sentences where there are any.
    pub(super) fn message(&self) -> String {
        let sentence = match self {
            Self::LostChannel => {
                "If you have a proxy (ELB or other) between Amazon Data Firehose and the HEC node, you must enable \
                 sticky sessions to support HEC ACKs."
            }
            Self::DisabledToken => "The HEC token is disabled. Enable the token to allow data delivery to Splunk.",
            Self::InvalidToken => "The HEC token is invalid. Update Amazon Data Firehose with a valid HEC token.",
            Self::InvalidDataFormat => "The data is not formatted correctly.",
            Self::InvalidIndex => {
                "The HEC token or input is configured with an invalid index. Check your index configuration and try \
                 again."
            }
            Self::ServerError(said) => {
                return format!("Data delivery to Splunk failed due to a server error from the HEC node. {said}");
            }
            Self::DisabledAck => {
                "Indexer acknowledgement is disabled for the HEC token. Enable indexer acknowledgement and try again."
            }
            Self::AckTimeout => {
                "Did not receive an acknowledgement from HEC before the HEC acknowledgement timeout expired. Despite \
                 the acknowledgement timeout, it's possible the data was indexed successfully in Splunk. Amazon Data \
                 Firehose backs up in Amazon S3 data for which the acknowledgement timeout expired."
            }
            Self::ConnectionTimeout => {
                "The connection to Splunk timed out. This might be a transient error and the request will be retried. \
                 Amazon Data Firehose backs up the data to Amazon S3 if all retries fail."
            }
            Self::InvalidEndpoint => {
                "Could not connect to the HEC endpoint. Make sure that the HEC endpoint URL is valid and reachable \
                 from Amazon Data Firehose."
            }
            Self::ConnectionClosed => {
                "Unable to send data to Splunk due to a connection failure. This might be a transient error."
            }
            Self::Unverified => {
                "Could not connect to the HEC endpoint. The host does not match the certificate provided by the peer. \
                 Make sure that the certificate and the host are valid."
            }
            Self::Handshake => {
                "Could not connect to the HEC endpoint. Make sure that the certificate and the host are valid."
            }
        };
        sentence.to_owned()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reply {
    code: Option<u32>,
    ack_id: Option<u64>,
}

#[derive(Deserialize)]
struct Acknowledgements {
    acks: BTreeMap<String, bool>,
}

/// The number of the acknowledgement to ask for.
pub(super) fn received(answer: Result<Answer, Error>) -> Result<u64, Trouble> {
    let answer = answer.map_err(|error| lost(&error))?;
    let reply: Option<Reply> = serde_json::from_slice(&answer.body).ok();
    let code = reply.as_ref().and_then(|reply| reply.code);
    match (answer.status.as_u16(), code) {
        (200, Some(0)) => reply.and_then(|reply| reply.ack_id).ok_or(Trouble::DisabledAck),
        _ => Err(refused(&answer, code)),
    }
}

/// Whether one of the acknowledgements is there; an error only where asking again is no use.
pub(super) fn acknowledged(answer: Result<Answer, Error>) -> Result<bool, Trouble> {
    // The data is on its way whatever becomes of the question.
    let Ok(answer) = answer else { return Ok(false) };
    if answer.status.as_u16() == 200 {
        let found: Option<Acknowledgements> = serde_json::from_slice(&answer.body).ok();
        return Ok(found.is_some_and(|found| found.acks.values().any(|is_there| *is_there)));
    }
    let code = serde_json::from_slice::<Reply>(&answer.body).ok().and_then(|reply| reply.code);
    match refused(&answer, code) {
        Trouble::ServerError(_) => Ok(false),
        // The collector that we sent to knows the channel.
        Trouble::InvalidEndpoint | Trouble::InvalidDataFormat => Err(Trouble::LostChannel),
        trouble => Err(trouble),
    }
}

/// Splunk's codes: <https://help.splunk.com/splunk-enterprise/get-data-in/collect-http-event-data/troubleshoot-http-event-collector>
fn refused(answer: &Answer, code: Option<u32>) -> Trouble {
    match (code, answer.status.as_u16()) {
        (Some(1), _) => Trouble::DisabledToken,
        (Some(2..=4 | 16), _) | (None, 401 | 403) => Trouble::InvalidToken,
        (Some(5 | 6 | 12 | 13 | 15), _) | (None, 400) => Trouble::InvalidDataFormat,
        (Some(7), _) => Trouble::InvalidIndex,
        (Some(10 | 11), _) | (None, 404 | 405) => Trouble::InvalidEndpoint,
        (Some(14), _) => Trouble::DisabledAck,
        (_, status) => {
            let said: String = String::from_utf8_lossy(&answer.body).chars().take(1_000).collect();
            Trouble::ServerError(format!("{status}: {said}"))
        }
    }
}

fn lost(error: &Error) -> Trouble {
    match error {
        Error::ConnectFailed(_) => Trouble::InvalidEndpoint,
        Error::ConnectTimeout(_) | Error::AnswerTimeout(_) => Trouble::ConnectionTimeout,
        Error::Tls(TlsError::WrongHost) => Trouble::Unverified,
        Error::Tls(_) => Trouble::Handshake,
        Error::ConnectionLost => Trouble::ConnectionClosed,
        Error::InvalidAnswer | Error::AnswerTooLarge { .. } => Trouble::ServerError(error.chain()),
    }
}
