//! Which service, operation and codec a request means: the one place that decides.
//!
//! | the request has | then |
//! |---|---|
//! | `Content-Type: application/x-www-form-urlencoded` | query protocol: `Action` and `Version` of the body |
//! | `Action` in its query string, and no body | query protocol, as presigned requests use it |
//! | `X-Amz-Target` and a JSON or CBOR type | prefix and operation of the target, codec of the type |
//! | anything else | a refusal of the front door, in AWS's order of checks |

use std::borrow::Cow;
use std::collections::HashMap;

use aws::{Codec, Face, ServiceError};
use http::header::{CONTENT_TYPE, HeaderName};
use http::request::Parts;
use http::{HeaderMap, Method};

use crate::metrics::OperationCounts;

/// The most bytes of a body whose operation is not known (yet).
pub(crate) const UNKNOWN_BODY_BYTES_MAX: usize = 1 << 20;
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
/// The namespace of query errors that belong to no service.
const FAULT_NAMESPACE: &str = "http://webservices.amazon.com/AWSFault/2005-15-09";

/// One operation of one service.
pub(crate) struct Row {
    pub(crate) face: Face,
    pub(crate) operation: &'static str,
    /// Where the face has it, if it runs.
    pub(crate) place: Option<usize>,
    /// The body limit, or the reason why the operation is refused.
    pub(crate) body_bytes_max: Option<usize>,
    pub(crate) answer_bytes_max: usize,
    pub(crate) counts: OperationCounts,
}

/// Every operation of every service.
pub(crate) struct Routes {
    rows: Vec<Row>,
    by_target: HashMap<Vec<u8>, usize>,
    by_action: HashMap<&'static str, Vec<usize>>,
}

/// What the headers say.
pub(crate) enum Choice<'r> {
    /// An operation of the JSON or CBOR protocol.
    Operation(&'r Row, Codec),
    /// The query protocol; the body knows more.
    Query,
    /// A refusal; the body decides between this one and a complaint about itself.
    Refused(Misfit),
}

/// Why a request means no operation, in the order AWS checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// Neither POST nor a presigned query.
    NotPost,
    /// A content type of no protocol, and no target.
    Nothing,
    /// A target with a content type of no protocol.
    ForeignType {
        /// Whether the target names an operation.
        known: bool,
    },
    /// `application/json`, which no SDK sends.
    PlainJson {
        /// Whether the target names an operation.
        known: bool,
    },
    /// A protocol we speak, a target we do not know.
    Unknown(Codec),
}

/// What a query request's parameters name.
pub(crate) enum QueryChoice<'r> {
    /// An operation, with the codec of its service.
    Operation(&'r Row, Codec),
    /// A refusal.
    Refused(ServiceError, Codec),
}

impl Routes {
    pub(crate) fn new(faces: &[Face]) -> Self {
        let mut routes = Self { rows: Vec::new(), by_target: HashMap::new(), by_action: HashMap::new() };
        for face in faces {
            let missing = face.protocol().not_implemented.iter().copied();
            for operation in face.operations().into_iter().chain(missing) {
                routes.add(face, operation);
            }
        }
        routes
    }

    fn add(&mut self, face: &Face, operation: &'static str) {
        let index = self.rows.len();
        let body_bytes_max = face.find(operation).and_then(Result::ok);
        let answer_bytes_max = face.answer_bytes_max(operation);
        let counts = OperationCounts::default();
        let place = face.place(operation);
        self.rows.push(Row { face: face.clone(), operation, place, body_bytes_max, answer_bytes_max, counts });
        if let Some(prefix) = face.protocol().target_prefix {
            let twice = self.by_target.insert(format!("{prefix}.{operation}").into_bytes(), index);
            assert!(twice.is_none(), "two services claim {prefix}.{operation}");
        }
        if face.protocol().query_version.is_some() {
            self.by_action.entry(operation).or_default().push(index);
        }
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// What the headers say.
    pub(crate) fn choose(&self, parts: &Parts) -> Choice<'_> {
        if let Some(usual) = self.choose_usual(parts) {
            return usual;
        }
        let content_type = content_type(&parts.headers);
        let form = content_type.eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let target = parts.headers.get(TARGET).and_then(|target| target.to_str().ok()).unwrap_or_default();
        let query = parts.uri.query().unwrap_or_default();
        let presigned = || target.is_empty() && parameter(query.as_bytes(), "Action").is_some();
        if parts.method != Method::POST {
            let fits = parts.method == Method::GET && presigned();
            return if fits { Choice::Query } else { Choice::Refused(Misfit::NotPost) };
        }
        if target.is_empty() && (form || !query.is_empty() && presigned()) {
            return Choice::Query;
        }
        let row = self.by_target.get(target.as_bytes()).map(|&index| &self.rows[index]);
        let codec = match content_type {
            "application/x-amz-json-1.1" => Codec::Json11,
            "application/x-amz-json-1.0" => Codec::Json10,
            "application/x-amz-cbor-1.1" => Codec::Cbor,
            "application/json" => return Choice::Refused(Misfit::PlainJson { known: row.is_some() }),
            _ if target.split_once('.').is_none_or(|(prefix, name)| prefix.is_empty() || name.is_empty()) => {
                return Choice::Refused(Misfit::Nothing);
            }
            _ => return Choice::Refused(Misfit::ForeignType { known: row.is_some() }),
        };
        row.map_or(Choice::Refused(Misfit::Unknown(codec)), |row| Choice::Operation(row, codec))
    }

    /// What the headers say that SDKs send all day: a target that is known and a type as they all spell it.
    fn choose_usual(&self, parts: &Parts) -> Option<Choice<'_>> {
        let codec = match parts.headers.get(CONTENT_TYPE)?.as_bytes() {
            b"application/x-amz-json-1.1" => Codec::Json11,
            b"application/x-amz-json-1.0" => Codec::Json10,
            b"application/x-amz-cbor-1.1" => Codec::Cbor,
            _ => return None,
        };
        let index = *self.by_target.get(parts.headers.get(TARGET)?.as_bytes())?;
        (parts.method == Method::POST).then(|| Choice::Operation(&self.rows[index], codec))
    }

    /// What the parameters of a query request say. `signing_name` is the service of the credential scope.
    pub(crate) fn choose_query(&self, form: &[u8], signing_name: Option<&str>) -> QueryChoice<'_> {
        let version = parameter(form, "Version").unwrap_or_default();
        let version_fits = |row: &Row| row.face.protocol().query_version == Some(&*version);
        let name_fits = |row: &Row| signing_name.is_none_or(|name| row.face.signing_name() == name);
        // The namespace of an error is the service's as far as it can be told.
        let service = self.rows.iter().find(|row| name_fits(row) && version_fits(row));
        let Some(action) = parameter(form, "Action").filter(|action| !action.is_empty()) else {
            return QueryChoice::Refused(missing_action(), query_codec(service));
        };
        let candidates = self.by_action.get(&*action).map_or(&[][..], Vec::as_slice);
        let mut rows = candidates.iter().map(|&index| &self.rows[index]);
        match rows.find(|row| name_fits(row) && version_fits(row)) {
            Some(row) => QueryChoice::Operation(row, query_codec(Some(row))),
            None => QueryChoice::Refused(invalid_action(&action, &version), query_codec(service)),
        }
    }
}

/// The media type without its parameters.
fn content_type(headers: &HeaderMap) -> &str {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

/// The first value of a form parameter.
fn parameter<'f>(form: &'f [u8], name: &str) -> Option<Cow<'f, str>> {
    form_urlencoded::parse(form).find(|(key, _)| key == name).map(|(_, value)| value)
}

fn query_codec(row: Option<&Row>) -> Codec {
    let namespace = row.and_then(|row| row.face.protocol().query_namespace);
    Codec::Query { namespace: namespace.unwrap_or(FAULT_NAMESPACE) }
}

fn missing_action() -> ServiceError {
    aws::ErrorCode::sender("MissingAction").with("Missing Action")
}

fn invalid_action(action: &str, version: &str) -> ServiceError {
    aws::ErrorCode::sender("InvalidAction").with(format!(
        "Could not find operation {action} for version {}",
        if version.is_empty() { "NO_VERSION_SPECIFIED" } else { version }
    ))
}
