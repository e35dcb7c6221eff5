//! Whether an answer is what was expected, and what its `<names>` stand for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new("<([a-z_][a-z0-9_]*)>").expect("a valid pattern"));
static REPEAT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<([^<>*]{1,16})\*(\d{1,8})>").expect("a valid pattern"));

/// At the end of a list: more may follow.
const REST: &str = "…";
/// The name that matches anything every time.
const ANYTHING: &str = "_";
/// A repetition makes no longer text than this.
const REPEATED_BYTES_MAX: usize = 16 << 20;

/// What names stand for.
#[derive(Debug, Clone, Default)]
pub struct Captures(BTreeMap<String, Value>);

impl Captures {
    /// Puts what names stand for into a request, and spells repetitions out.
    pub fn fill(&self, request: &Value) -> Value {
        match request {
            Value::String(text) => self.fill_text(text),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.fill(item)).collect()),
            Value::Object(members) => {
                let filled = members.iter().map(|(name, value)| (text_of(&self.fill_text(name)), self.fill(value)));
                Value::Object(filled.collect::<Map<_, _>>())
            }
            scalar => scalar.clone(),
        }
    }

    fn fill_text(&self, text: &str) -> Value {
        let whole = text.strip_prefix('<').and_then(|text| text.strip_suffix('>'));
        if let Some(value) = whole.and_then(|name| self.0.get(name)) {
            return value.clone();
        }
        let repeated = repeat(text);
        let filled = NAME.replace_all(&repeated, |found: &regex::Captures<'_>| {
            self.0.get(&found[1]).map_or_else(|| found[0].to_owned(), text_of)
        });
        Value::String(filled.into_owned())
    }

    /// Compares; an error says where and what differs. Only a match binds names.
    pub fn match_value(&mut self, expected: &Value, actual: &Value) -> Result<(), String> {
        let mut tried = self.clone();
        tried.value("", expected, actual)?;
        *self = tried;
        Ok(())
    }

    /// Compares text.
    pub fn match_text(&mut self, expected: &str, actual: &str) -> Result<(), String> {
        self.match_value(&Value::String(expected.to_owned()), &Value::String(actual.to_owned()))
    }

    /// The name that stands for a text, if one does and the text is long enough to be no coincidence.
    pub(super) fn name_of(&self, text: &str) -> Option<&str> {
        let long_enough = text.len() >= 8;
        let found = self.0.iter().find(|(_, value)| long_enough && value.as_str() == Some(text));
        found.map(|(name, _)| name.as_str())
    }

    fn value(&mut self, path: &str, expected: &Value, actual: &Value) -> Result<(), String> {
        match (expected, actual) {
            (Value::String(text), actual) => self.text(path, text, actual),
            (Value::Object(expected), Value::Object(actual)) => {
                for (name, value) in expected {
                    let path = format!("{path}.{name}");
                    let found = actual.get(name).ok_or_else(|| format!("{path}: expected {value}, found nothing"))?;
                    self.value(&path, value, found)?;
                }
                Ok(())
            }
            (Value::Array(expected), Value::Array(actual)) => self.list(path, expected, actual),
            (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => Ok(()),
            (expected, actual) if expected == actual => Ok(()),
            (expected, actual) => Err(format!("{path}: expected {expected}, found {actual}")),
        }
    }

    fn list(&mut self, path: &str, expected: &[Value], actual: &[Value]) -> Result<(), String> {
        let (expected, is_open) = match expected.split_last() {
            Some((last, rest)) if last == REST => (rest, true),
            _ => (expected, false),
        };
        if actual.len() < expected.len() || (actual.len() > expected.len() && !is_open) {
            let more = if is_open { " or more" } else { "" };
            return Err(format!("{path}: expected {}{more} elements, found {}", expected.len(), actual.len()));
        }
        for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
            self.value(&format!("{path}[{index}]"), expected, actual)?;
        }
        Ok(())
    }

    fn text(&mut self, path: &str, expected: &str, actual: &Value) -> Result<(), String> {
        let differs = || format!("{path}: expected {expected:?}, found {actual}");
        let whole = NAME.captures(expected).filter(|found| found[0].len() == expected.len());
        if let Some(name) = whole.as_ref().map(|found| &found[1]) {
            return match self.0.get(name) {
                Some(bound) if bound != actual => Err(format!("{path}: <{name}> is {bound}, found {actual}")),
                _ => {
                    self.bind(name, actual.clone());
                    Ok(())
                }
            };
        }
        let actual_text = actual.as_str().ok_or_else(differs)?;
        let repeated = repeat(expected);
        if !NAME.is_match(&repeated) {
            return if repeated == actual_text { Ok(()) } else { Err(differs()) };
        }
        let (pattern, names) = self.pattern(&repeated);
        let found = pattern.captures(actual_text).ok_or_else(differs)?;
        for (index, name) in names.iter().enumerate() {
            let value = Value::String(found[index + 1].to_owned());
            if self.0.get(name).is_some_and(|bound| *bound != value) {
                return Err(differs());
            }
            self.bind(name, value);
        }
        Ok(())
    }

    fn bind(&mut self, name: &str, value: Value) {
        if name != ANYTHING {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// A pattern in which bound names are text and others are groups, with the names of the groups.
    fn pattern(&self, expected: &str) -> (Regex, Vec<String>) {
        let mut pattern = "(?s)^".to_owned();
        let (mut names, mut end) = (Vec::new(), 0);
        for found in NAME.captures_iter(expected) {
            let whole = found.get(0).expect("group 0 is the match");
            pattern.push_str(&regex::escape(&expected[end..whole.start()]));
            match self.0.get(&found[1]) {
                Some(bound) => pattern.push_str(&regex::escape(&text_of(bound))),
                None => {
                    pattern.push_str("(.+?)");
                    names.push(found[1].to_owned());
                }
            }
            end = whole.end();
        }
        pattern.push_str(&regex::escape(&expected[end..]));
        pattern.push('$');
        (Regex::new(&pattern).expect("escaped text and groups are a valid pattern"), names)
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Spells `<ab*3>` out.
fn repeat(text: &str) -> String {
    let spelled = REPEAT.replace_all(text, |found: &regex::Captures<'_>| {
        let count = found[2].parse::<usize>().unwrap_or(0);
        found[1].repeat(count.min(REPEATED_BYTES_MAX / found[1].len()))
    });
    spelled.into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn expected_objects_may_leave_members_out_and_lists_may_not() {
        for (expected, actual, matches) in [
            (json!({"A": 1}), json!({"A": 1, "B": 2}), true),
            (json!({"A": 1}), json!({"B": 2}), false),
            (json!({"A": 1.0}), json!({"A": 1}), true),
            (json!([1]), json!([1, 2]), false),
            (json!([1, "…"]), json!([1, 2]), true),
            (json!([1, "…"]), json!([1]), true),
            (json!([1, 2, "…"]), json!([1]), false),
            (json!([]), json!({}), false),
            (json!("a"), json!("b"), false),
            (json!(null), json!(null), true),
            (json!("<a*3>"), json!("aaa"), true),
            (json!("<_> and <_>"), json!("1 and 2"), true),
            (json!("<x> and <x>"), json!("1 and 2"), false),
            (json!("<x> and <x>"), json!("1 and 1"), true),
            (json!("a (b)"), json!("a (b)"), true),
        ] {
            let result = Captures::default().match_value(&expected, &actual);
            assert_eq!(result.is_ok(), matches, "{expected} {actual}: {result:?}");
        }
    }

    #[test]
    fn a_name_matches_once_and_must_repeat() {
        let mut captures = Captures::default();
        captures.match_value(&json!({"S": "<s>", "N": "<n>"}), &json!({"S": "49", "N": 7})).expect("binds");
        captures.match_text("stream <s> has <n>", "stream 49 has 7").expect("repeats");
        let error = captures.match_text("<s>", "50").expect_err("is bound");
        assert_eq!(error, ": <s> is \"49\", found \"50\"");
        assert_eq!(
            captures.fill(&json!({"A": ["<s>", "x<s>", "<n>", "<new>"]})),
            json!({"A": ["49", "x49", 7, "<new>"]})
        );
    }

    #[test]
    fn a_mismatch_binds_nothing() {
        let mut captures = Captures::default();
        captures.match_value(&json!({"A": "<a>", "B": 1}), &json!({"A": "x", "B": 2})).expect_err("B differs");
        assert_eq!(captures.fill(&json!("<a>")), json!("<a>"));
    }
}
