//! The policy of a form: what a browser may upload, and until when.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html>

use std::collections::BTreeMap;

use aws::Timestamp;
use serde::Deserialize;

use super::Denial;

/// Fields that need no condition.
const FREE: [&str; 5] = ["x-amz-signature", "file", "policy", "awsaccesskeyid", "signature"];

/// A policy whose document has been read.
#[derive(Debug, Deserialize)]
pub(super) struct Policy {
    expiration: String,
    conditions: Vec<Condition>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Condition {
    Exact(BTreeMap<String, String>),
    /// A kind, a field or a least size, a value or a greatest size.
    Simple(String, Operand, Operand),
}

/// Text, or a number, which clients also write as text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Operand {
    Number(u64),
    Text(String),
}

impl Operand {
    fn number(&self) -> Result<u64, Denial> {
        match self {
            Self::Number(value) => Ok(*value),
            Self::Text(text) => text.parse().map_err(|_| Denial::policy_document("Invalid content-length-range.")),
        }
    }

    fn text(&self) -> Result<&str, Denial> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Number(_) => Err(Denial::policy_document("Invalid Simple-Condition: value must be a string.")),
        }
    }
}

/// How large the file may be, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) min: u64,
    pub(super) max: u64,
}

impl Policy {
    /// Reads the field `policy`.
    pub(super) fn parse(field: &str) -> Result<Self, Denial> {
        let text: String = field.split_ascii_whitespace().collect();
        let document = base64_simd::STANDARD.decode_to_vec(text);
        let document = document.map_err(|_| Denial::policy_document("Invalid Base64 encoding."))?;
        serde_json::from_slice(&document).map_err(|_| Denial::policy_document("Invalid JSON."))
    }

    /// Holds the fields against the conditions; answers how large the file may be.
    pub(super) fn check(
        &self,
        fields: &BTreeMap<String, String>,
        bucket: &str,
        now: Timestamp,
    ) -> Result<Option<Sizes>, Denial> {
        let expires = Timestamp::parse_iso8601(&self.expiration);
        let expires = expires.ok_or_else(|| Denial::policy_document("Invalid 'expiration' value."))?;
        if expires.ms <= now.ms {
            return Err(Denial::policy("Policy expired."));
        }
        let mut sizes: Option<Sizes> = None;
        let mut covered = vec!["bucket".to_owned()];
        let value = |name: &str| match name {
            "bucket" => Some(bucket),
            name => fields.get(name).map(String::as_str),
        };
        for condition in &self.conditions {
            match condition {
                Condition::Exact(pairs) => {
                    for (name, expected) in pairs {
                        let name = name.to_ascii_lowercase();
                        if value(&name) != Some(expected) {
                            return Err(failed(&["eq", &format!("${name}"), expected]));
                        }
                        covered.push(name);
                    }
                }
                Condition::Simple(kind, min, max) if kind.eq_ignore_ascii_case("content-length-range") => {
                    sizes = Some(Sizes { min: min.number()?, max: max.number()? });
                }
                Condition::Simple(kind, field, expected) => {
                    let (field, expected) = (field.text()?, expected.text()?);
                    let name = field.strip_prefix('$').unwrap_or(field).to_ascii_lowercase();
                    if !holds(kind, value(&name), &name, expected)? {
                        return Err(failed(&[kind, field, expected]));
                    }
                    covered.push(name);
                }
            }
        }
        let is_free = |name: &str| FREE.contains(&name) || name.starts_with("x-ignore-");
        match fields.keys().find(|name| !is_free(name) && !covered.contains(name)) {
            Some(extra) => Err(Denial::policy(format!("Extra input fields: {extra}"))),
            None => Ok(sizes),
        }
    }
}

fn holds(kind: &str, value: Option<&str>, name: &str, expected: &str) -> Result<bool, Denial> {
    match kind.to_ascii_lowercase().as_str() {
        "eq" => Ok(value == Some(expected)),
        "starts-with" => Ok(match value {
            // A list of types must begin so in each of its elements.
            Some(value) if name == "content-type" => value.split(',').all(|one| one.trim().starts_with(expected)),
            Some(value) => value.starts_with(expected),
            None => expected.is_empty(),
        }),
        _ => Err(unknown(kind)),
    }
}

fn unknown(kind: &str) -> Denial {
    Denial::policy_document(format!("Invalid Simple-Condition: {kind}"))
}

fn failed(condition: &[&str]) -> Denial {
    let quoted: Vec<String> = condition.iter().map(|part| format!("\"{part}\"")).collect();
    Denial::policy(format!("Policy Condition failed: [{}]", quoted.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp { ms: 1_000_000_000_000 };

    fn check(conditions: &str, fields: &[(&str, &str)]) -> Result<Option<Sizes>, String> {
        let document = format!("{{\"expiration\": \"2030-12-01T12:00:00.000Z\", \"conditions\": [{conditions}]}}");
        let policy = Policy::parse(&base64_simd::STANDARD.encode_to_string(document));
        let fields = fields.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        policy.and_then(|policy| policy.check(&fields, "orders", NOW)).map_err(|denial| denial.message().to_owned())
    }

    #[test]
    fn conditions_are_held_against_fields() {
        let key = [("key", "user/a.txt")];
        assert_eq!(check("{\"bucket\": \"orders\"}, [\"starts-with\", \"$key\", \"user/\"]", &key), Ok(None));
        let range = check("[\"content-length-range\", 1, \"10\"], [\"eq\", \"$key\", \"user/a.txt\"]", &key);
        assert_eq!(range, Ok(Some(Sizes { min: 1, max: 10 })));
        assert!(check("{\"key\": \"other\"}", &key).is_err());
        assert!(check("{\"bucket\": \"other\"}, {\"key\": \"user/a.txt\"}", &key).is_err());
        assert!(check("[\"starts-with\", \"$key\", \"usr\"]", &key).is_err());
        assert!(check("[\"ends-with\", \"$key\", \"txt\"]", &key).is_err());
        let extra = check("{\"key\": \"user/a.txt\"}", &[key[0], ("acl", "private")]);
        assert_eq!(extra, Err("Invalid according to Policy: Extra input fields: acl".to_owned()));
        let types = [("content-type", "image/png,image/jpeg")];
        assert_eq!(check("[\"starts-with\", \"$Content-Type\", \"image/\"]", &types), Ok(None));
    }

    #[test]
    fn a_policy_ends() {
        let document = "{\"expiration\": \"2001-01-01T00:00:00Z\", \"conditions\": []}";
        let policy = Policy::parse(&base64_simd::STANDARD.encode_to_string(document)).expect("a policy");
        let late = policy.check(&BTreeMap::new(), "orders", NOW).expect_err("it is over");
        assert_eq!(late.message(), "Invalid according to Policy: Policy expired.");
        assert_eq!(Policy::parse("e30=").expect_err("not a policy").code(), "InvalidPolicyDocument");
        assert_eq!(Policy::parse("%").expect_err("not base64").code(), "InvalidPolicyDocument");
    }
}
