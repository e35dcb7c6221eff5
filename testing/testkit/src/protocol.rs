//! Requests and answers of each service's protocol: AWS JSON, or query with XML.

use form_urlencoded::Serializer;
use quick_xml::events::Event;
use serde_json::{Map, Value};

use crate::Body;

/// How a service is spoken to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Protocol {
    /// AWS JSON 1.1 with this target prefix.
    Json(&'static str),
    /// Query with this API version.
    Query(&'static str),
}

/// The protocol of a service by the name botocore gives it.
pub(crate) fn of(service: &str) -> Option<Protocol> {
    match service {
        "firehose" => Some(Protocol::Json("Firehose_20150804")),
        "kinesis" => Some(Protocol::Json("Kinesis_20131202")),
        "kinesisanalytics" => Some(Protocol::Json("KinesisAnalytics_20150814")),
        "kinesisanalyticsv2" => Some(Protocol::Json("KinesisAnalytics_20180523")),
        "kms" => Some(Protocol::Json("TrentService")),
        "sts" => Some(Protocol::Query("2011-06-15")),
        _ => None,
    }
}

impl Protocol {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Json(_) => "application/x-amz-json-1.1",
            Self::Query(_) => "application/x-www-form-urlencoded; charset=utf-8",
        }
    }

    pub(crate) fn target(self, operation: &str) -> Option<String> {
        match self {
            Self::Json(prefix) => Some(format!("{prefix}.{operation}")),
            Self::Query(_) => None,
        }
    }

    pub(crate) fn encode(self, operation: &str, request: &Value) -> String {
        match self {
            Self::Json(_) => request.to_string(),
            Self::Query(version) => {
                let mut form = Serializer::new(String::new());
                form.append_pair("Action", operation).append_pair("Version", version);
                flatten(&mut form, "", request);
                form.finish()
            }
        }
    }
}

/// Members as `A.B`, list elements as `A.member.1`.
fn flatten(form: &mut Serializer<'_, String>, path: &str, value: &Value) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| flatten(form, &below(name), value)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(form, &below(&format!("member.{}", index + 1)), item);
            }
        }
        Value::Null => {}
        Value::String(text) => {
            form.append_pair(path, text);
        }
        scalar => {
            form.append_pair(path, &scalar.to_string());
        }
    }
}

/// Decodes a body by its content type.
pub(crate) fn decode(content_type: &str, bytes: &[u8]) -> Body {
    let text = String::from_utf8_lossy(bytes).into_owned();
    if bytes.is_empty() {
        Body::Empty
    } else if content_type.contains("json") {
        serde_json::from_slice(bytes).map_or(Body::Text(text), Body::Json)
    } else if content_type.contains("xml") {
        xml(&text).map_or(Body::Text(text), |value| Body::Json(result(value)))
    } else {
        Body::Text(text)
    }
}

/// The code and the message of an error's body.
pub(crate) fn error(body: &Body) -> (Option<String>, Option<String>) {
    let Body::Json(value) = body else { return (None, None) };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let error = value.get("Error").unwrap_or(value);
    let code = error.get("__type").or_else(|| error.get("Code")).and_then(text);
    let code = code.map(|code| code.rsplit('#').next().unwrap_or_default().to_owned());
    (code, error.get("message").or_else(|| error.get("Message")).and_then(text))
}

/// Of `<XResponse><XResult>…`, what stands in the result.
fn result(response: Value) -> Value {
    let Value::Object(members) = &response else { return response };
    let found = members.iter().find(|(name, _)| name.ends_with("Result"));
    found.map(|(_, value)| value.clone()).unwrap_or(response)
}

/// An element that is still open.
struct Open {
    name: String,
    children: Vec<(String, Value)>,
    text: String,
}

/// An XML document as JSON: elements with children as objects, `member` children as lists, text as strings. The root
/// element's name is dropped.
fn xml(text: &str) -> Option<Value> {
    let mut reader = quick_xml::Reader::from_str(text);
    let mut open: Vec<Open> = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                open.push(Open { name: start.local_name().as_ref().to_owned(), children: vec![], text: String::new() });
            }
            Event::Empty(empty) => {
                let name = empty.local_name().as_ref().to_owned();
                open.last_mut()?.children.push((name, Value::String(String::new())));
            }
            Event::Text(part) => {
                // Between the elements of the root there may be space.
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&part);
                }
            }
            Event::GeneralRef(reference) => {
                let letter = match reference.resolve_char_ref().ok()? {
                    Some(letter) => letter.to_string(),
                    None => quick_xml::escape::resolve_predefined_entity(&reference)?.to_owned(),
                };
                open.last_mut()?.text.push_str(&letter);
            }
            Event::End(_) => {
                let Open { name, children, text } = open.pop()?;
                let value = element(children, text);
                match open.last_mut() {
                    Some(parent) => parent.children.push((name, value)),
                    None => return Some(value),
                }
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

fn element(children: Vec<(String, Value)>, text: String) -> Value {
    if children.is_empty() {
        return Value::String(text);
    }
    if children.iter().all(|(name, _)| name == "member") {
        return Value::Array(children.into_iter().map(|(_, value)| value).collect());
    }
    Value::Object(children.into_iter().collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn query_requests_are_flat() {
        let request = json!({"RoleArn": "a b", "Tags": [{"Key": "k"}], "DurationSeconds": 900});
        let encoded = Protocol::Query("2011-06-15").encode("AssumeRole", &request);
        assert_eq!(encoded, "Action=AssumeRole&Version=2011-06-15&DurationSeconds=900&RoleArn=a+b&Tags.member.1.Key=k");
    }

    #[test]
    fn query_answers_read_as_json() {
        let text = "<R xmlns=\"x\"><GetResult><Arn>a&amp;b</Arn><List><member>1</member></List></GetResult></R>";
        assert_eq!(decode("text/xml", text.as_bytes()), Body::Json(json!({"Arn": "a&b", "List": ["1"]})));
    }

    #[test]
    fn errors_read_alike_in_both_protocols() {
        let xml = "<ErrorResponse><Error><Code>X</Code><Message>m</Message></Error></ErrorResponse>";
        for body in [
            decode("text/xml", xml.as_bytes()),
            decode("application/x-amz-json-1.1", br#"{"__type": "ns#X", "message": "m"}"#),
            decode("application/x-amz-json-1.1", br#"{"__type": "X", "Message": "m"}"#),
        ] {
            assert_eq!(error(&body), (Some("X".to_owned()), Some("m".to_owned())));
        }
    }
}
