//! Writes answers down as a scenario spells them; a person reviews the difference.

use serde_json::Value;

use super::matching::Captures;
use crate::{Answer, Body};

/// Longer JSON goes over several lines.
const LINE_CHARACTERS_MAX: usize = 120;

/// The lines of an expectation that an answer fulfils.
pub(super) fn answer_lines(answer: &Answer, captures: &Captures) -> Vec<String> {
    if let Some(code) = &answer.code {
        let message = answer.message.iter().flat_map(|message| message.lines());
        let named = message.map(|line| name_parts(line, captures));
        return std::iter::once(format!("{} {code}", answer.status)).chain(named).collect();
    }
    if answer.body == Body::Empty {
        return vec![answer.status.to_string()];
    }
    let value = named(&answer.body.as_json(), captures);
    let line = format!("{} {value}", answer.status);
    if line.chars().count() <= LINE_CHARACTERS_MAX {
        return vec![line];
    }
    let pretty = serde_json::to_string_pretty(&value).unwrap_or_else(|_| value.to_string());
    format!("{} {pretty}", answer.status).lines().map(str::to_owned).collect()
}

fn named(value: &Value, captures: &Captures) -> Value {
    match value {
        Value::String(text) => Value::String(name_parts(text, captures)),
        Value::Array(items) => Value::Array(items.iter().map(|item| named(item, captures)).collect()),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), named(value, captures))).collect())
        }
        scalar => scalar.clone(),
    }
}

/// Words that a name stands for are written as that name.
fn name_parts(text: &str, captures: &Captures) -> String {
    if let Some(name) = captures.name_of(text) {
        return format!("<{name}>");
    }
    let words = text.split(' ').map(|word| captures.name_of(word).map_or(word.to_owned(), |name| format!("<{name}>")));
    words.collect::<Vec<_>>().join(" ")
}

/// The text with the given ranges of lines replaced.
pub(super) fn replace(lines: &[String], replacements: Vec<((usize, usize), Vec<String>)>) -> String {
    let mut text = Vec::new();
    let mut at = 0;
    for ((begin, end), new) in replacements {
        // Comments between a request and its answer stay.
        let begin = (begin..end).find(|&index| !lines[index].starts_with('#')).unwrap_or(begin);
        text.extend_from_slice(&lines[at..begin]);
        text.extend(new);
        at = end;
    }
    text.extend_from_slice(&lines[at..]);
    text.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_are_written_with_the_names_they_repeat() {
        let mut captures = Captures::default();
        captures.match_text("<sequence>", "4958000000").expect("binds");
        let answer = Answer {
            status: 200,
            code: None,
            message: None,
            body: Body::Json(json!({"SequenceNumber": "4958000000", "N": 1})),
        };
        assert_eq!(answer_lines(&answer, &captures), [r#"200 {"N":1,"SequenceNumber":"<sequence>"}"#]);
        let refusal = Answer {
            status: 400,
            code: Some("X".to_owned()),
            message: Some("the 4958000000 is\nwrong".to_owned()),
            body: Body::Empty,
        };
        assert_eq!(answer_lines(&refusal, &captures), ["400 X", "the <sequence> is", "wrong"]);
    }

    #[test]
    fn only_the_expectation_is_replaced() {
        let lines: Vec<String> = ["> a B {}", "# why", "200 {}", "", "> c D {}", "200"].map(str::to_owned).into();
        let text = replace(&lines, vec![((1, 3), vec!["400 X".to_owned()])]);
        assert_eq!(text, "> a B {}\n# why\n400 X\n\n> c D {}\n200\n");
    }
}
