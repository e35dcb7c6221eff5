//! Reads a scenario's text.

use serde_json::Value;

/// A scenario.
#[derive(Debug)]
pub struct Scenario {
    /// Whether AWS's limits shall be enforced.
    pub has_limits: bool,
    /// Requests with what is expected of each.
    pub steps: Vec<Step>,
    pub(super) lines: Vec<String>,
}

/// A request and what is expected.
#[derive(Debug)]
pub struct Step {
    /// The request's line, from 1.
    pub line: usize,
    /// What is sent.
    pub request: Request,
    /// What is expected.
    pub expectation: Expectation,
    /// The expectation's lines in the text: index of the first, index after the last.
    pub(super) expected_lines: (usize, usize),
}

/// What is sent.
#[derive(Debug)]
pub struct Request {
    /// The name requests are signed for.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The body.
    pub body: Value,
}

/// What is expected.
#[derive(Debug, PartialEq)]
pub enum Expectation {
    /// This answer at once.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The error's code.
        code: Option<String>,
        /// The error's message; `None` does not look at it.
        message: Option<String>,
        /// The body; `None` does not look at it.
        body: Option<Value>,
    },
    /// A success with this body sooner or later.
    Until(Value),
}

impl Scenario {
    /// Reads a scenario. An error is `line: sentence`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut cursor = Cursor { lines: &lines, at: 0 };
        let mut steps = Vec::new();
        let mut has_limits = true;
        while let Some(line) = cursor.next() {
            if line.starts_with('>') {
                steps.push(cursor.step(line).map_err(|text| format!("{}: {text}", cursor.at))?);
            } else if let Some(words) = line.strip_prefix("# limits:").filter(|_| steps.is_empty()) {
                has_limits = match words.trim() {
                    "off" => false,
                    "aws" => true,
                    other => return Err(format!("{}: limits are `aws` or `off`, not `{other}`", cursor.at)),
                };
            } else if !is_skipped(line) {
                return Err(format!("{}: a request begins with `>`", cursor.at));
            }
        }
        Ok(Self { has_limits, steps, lines })
    }
}

fn is_skipped(line: &str) -> bool {
    line.starts_with('#') || line.trim().is_empty()
}

struct Cursor<'a> {
    lines: &'a [String],
    /// The index of the next line, which is the number of the current one.
    at: usize,
}

impl<'a> Cursor<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let line = self.lines.get(self.at)?;
        self.at += 1;
        Some(line)
    }

    fn peek(&self) -> Option<&'a str> {
        self.lines.get(self.at).map(String::as_str)
    }

    fn step(&mut self, first: &str) -> Result<Step, String> {
        let line = self.at;
        let mut words = first[1..].trim();
        let is_wait = words.starts_with("wait ");
        if is_wait {
            words = words["wait ".len()..].trim_start();
        }
        let (service, rest) = words.split_once(' ').ok_or("a request reads `> service Operation {json}`")?;
        let (operation, rest) = rest.trim().split_once([' ', '{']).unwrap_or((rest.trim(), ""));
        let json = words.find('{').filter(|_| words.contains('{')).map_or(rest, |at| &words[at..]);
        let (body, rest) =
            if json.trim().is_empty() { (Value::Object(Default::default()), String::new()) } else { self.json(json)? };
        let request = Request { service: service.to_owned(), operation: operation.trim().to_owned(), body };
        let begin = self.at;
        let expectation = if is_wait { self.until(rest)? } else { self.answer(&rest)? };
        Ok(Step { line, request, expectation, expected_lines: (begin, self.at) })
    }

    /// Reads one JSON value that begins in `first` and may go on in the next lines; answers what follows on its line.
    fn json(&mut self, first: &str) -> Result<(Value, String), String> {
        let mut text = first.to_owned();
        loop {
            let mut values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
            match values.next() {
                Some(Ok(value)) => return Ok((value, text[values.byte_offset()..].trim().to_owned())),
                Some(Err(error)) if !error.is_eof() => return Err(format!("not JSON: {error}")),
                _ => {}
            }
            let more = self.next().ok_or("the JSON does not end")?;
            text = format!("{text}\n{more}");
        }
    }

    fn until(&mut self, rest: String) -> Result<Expectation, String> {
        let text = if rest.is_empty() { self.next().ok_or("`wait` without `until`")?.trim().to_owned() } else { rest };
        let json = text.strip_prefix("until").ok_or("after the request of a `wait` comes `until {json}`")?;
        let (body, rest) = self.json(json)?;
        if rest.is_empty() { Ok(Expectation::Until(body)) } else { Err(format!("unexpected `{rest}`")) }
    }

    fn answer(&mut self, rest: &str) -> Result<Expectation, String> {
        if !rest.is_empty() {
            return Err(format!("unexpected `{rest}` after the request"));
        }
        while self.peek().is_some_and(is_skipped) {
            self.at += 1;
        }
        let line = self.peek().filter(|line| !line.starts_with('>')).ok_or("a request without an answer")?;
        self.at += 1;
        let (status, rest) = line.split_once(' ').unwrap_or((line, ""));
        let status = status.parse().map_err(|_| format!("an answer begins with a status, not `{status}`"))?;
        let rest = rest.trim();
        if rest.starts_with(['{', '[', '"']) {
            return self.body(status, rest);
        }
        if rest.is_empty() && self.peek().is_some_and(|line| line.starts_with(['{', '['])) {
            return self.body(status, "");
        }
        let mut message = Vec::new();
        while let Some(line) = self.peek().filter(|line| !is_skipped(line) && !line.starts_with('>')) {
            message.push(line);
            self.at += 1;
        }
        let code = (!rest.is_empty()).then(|| rest.to_owned());
        if code.is_none() && !message.is_empty() {
            return Err("a message without the error's code".to_owned());
        }
        Ok(Expectation::Answer { status, code, message: (!message.is_empty()).then(|| message.join("\n")), body: None })
    }

    fn body(&mut self, status: u16, first: &str) -> Result<Expectation, String> {
        let (body, rest) = self.json(first)?;
        if !rest.is_empty() {
            return Err(format!("unexpected `{rest}` after the answer"));
        }
        Ok(Expectation::Answer { status, code: None, message: None, body: Some(body) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn requests_and_answers_may_go_over_several_lines() {
        let text = "# limits: off\n\n> kinesis PutRecord {\"A\":\n  1}\n200 {\"B\": [\n1]}\n\
                    > kinesis ListStreams\n400 Code\nfirst\nsecond\n\n# end\n";
        let scenario = Scenario::parse(text).expect("a scenario");
        assert!(!scenario.has_limits);
        let [put, list] = &scenario.steps[..] else { panic!("two steps") };
        assert_eq!((put.line, &put.request.body, put.expected_lines), (3, &json!({"A": 1}), (4, 6)));
        let body = Some(json!({"B": [1]}));
        assert_eq!(put.expectation, Expectation::Answer { status: 200, code: None, message: None, body });
        assert_eq!((list.request.operation.as_str(), &list.request.body), ("ListStreams", &json!({})));
        let (code, message) = (Some("Code".to_owned()), Some("first\nsecond".to_owned()));
        assert_eq!(list.expectation, Expectation::Answer { status: 400, code, message, body: None });
    }

    #[test]
    fn waits_say_until_when() {
        for text in
            ["> wait kinesis D {\"A\": 1} until {\"B\": 2}\n", "> wait kinesis D {\"A\": 1}\n  until {\"B\":\n2}\n"]
        {
            let scenario = Scenario::parse(text).expect(text);
            assert_eq!(scenario.steps[0].expectation, Expectation::Until(json!({"B": 2})));
            assert_eq!(scenario.steps[0].request.operation, "D");
        }
    }

    #[test]
    fn mistakes_name_their_line() {
        for (text, expected) in [
            ("hello", "1: a request begins with `>`"),
            ("> kinesis A {}\n> kinesis B {}\n200", "1: a request without an answer"),
            ("> kinesis A {]\n200", "1: not JSON"),
            ("> kinesis A {\n", "1: the JSON does not end"),
            ("> kinesis A {}\nyes", "2: an answer begins with a status"),
            ("> kinesis A {} x\n200", "1: unexpected `x`"),
            ("# limits: maybe", "1: limits are"),
            ("> wait kinesis A {}\n200", "2: after the request of a `wait`"),
        ] {
            let error = Scenario::parse(text).expect_err(text);
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }
}
