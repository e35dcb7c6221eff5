//! Plays a scenario against a server.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::matching::Captures;
use super::{Expectation, Scenario, Step, rewrite};
use crate::{Answer, Body, Client};

/// How long a `wait` may take, in seconds.
pub const WAIT_SECONDS_MAX: u64 = 5;
/// The pause between two tries of a `wait`.
const WAIT_PAUSE_MS: u64 = 10;

/// How a scenario went.
#[derive(Debug)]
pub struct Report {
    /// Steps that were played.
    pub step_count: usize,
    /// What differed: `line: sentence`. Without rewriting, playing ends at the first.
    pub failures: Vec<String>,
    /// The scenario with the answers as they were, where rewriting was asked for and something differed.
    pub rewritten: Option<String>,
}

/// Plays all steps. With `is_rewriting`, goes on after a difference and writes down the answers as they are.
pub async fn play(scenario: &Scenario, client: &Client, is_rewriting: bool) -> Report {
    let mut captures = Captures::default();
    let mut failures = Vec::new();
    let mut replacements = Vec::new();
    let mut step_count = 0;
    for step in &scenario.steps {
        step_count += 1;
        let Err((difference, answer)) = play_step(step, client, &mut captures).await else { continue };
        let request = &step.request;
        failures.push(format!("{}: {} {}: {difference}", step.line, request.service, request.operation));
        if !is_rewriting {
            break;
        }
        if let (Some(answer), Expectation::Answer { .. }) = (answer, &step.expectation) {
            replacements.push((step.expected_lines, rewrite::answer_lines(&answer, &captures)));
        }
    }
    let rewritten = (!replacements.is_empty()).then(|| rewrite::replace(&scenario.lines, replacements));
    Report { step_count, failures, rewritten }
}

/// Plays one step; an error is the difference, and the answer if there was one.
async fn play_step(step: &Step, client: &Client, captures: &mut Captures) -> Result<(), (String, Option<Answer>)> {
    let deadline = Instant::now() + Duration::from_secs(WAIT_SECONDS_MAX);
    let request = &step.request;
    let body = captures.fill(&request.body);
    let event_count = event_count(&step.expectation);
    loop {
        let answer = client.call_for_events(&request.service, &request.operation, &body, event_count).await;
        let answer = answer.map_err(|error| (error.to_string(), None))?;
        match compare(&step.expectation, &answer, captures) {
            Ok(()) => return Ok(()),
            Err(difference) => {
                let is_waiting = matches!(step.expectation, Expectation::Until(_)) && Instant::now() < deadline;
                if !is_waiting {
                    return Err((difference, Some(answer)));
                }
                pause().await;
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the server under test lives in real time")]
async fn pause() {
    tokio::time::sleep(Duration::from_millis(WAIT_PAUSE_MS)).await;
}

/// How many events an expectation speaks of.
fn event_count(expectation: &Expectation) -> usize {
    let (Expectation::Answer { body: Some(body), .. } | Expectation::Until(body)) = expectation else { return 0 };
    let Value::Array(events) = body else { return 0 };
    events.iter().filter(|event| *event != "…").count()
}

fn compare(expectation: &Expectation, answer: &Answer, captures: &mut Captures) -> Result<(), String> {
    let (status, code, message, body) = match expectation {
        Expectation::Until(body) => (200, &None, &None, Some(body)),
        Expectation::Answer { status, code, message, body } => (*status, code, message, body.as_ref()),
    };
    if answer.status != status || answer.code.as_deref() != code.as_deref() {
        let expected = code.as_ref().map_or_else(|| status.to_string(), |code| format!("{status} {code}"));
        return Err(format!("expected {expected}, found {}", summary(answer)));
    }
    if let Some(expected) = message {
        let actual = answer.message.as_deref().unwrap_or_default();
        captures.match_text(expected, actual).map_err(|difference| format!("message{difference}"))?;
    }
    if let Some(expected) = body {
        captures.match_value(expected, &answer.body.as_json())?;
    }
    Ok(())
}

fn summary(answer: &Answer) -> String {
    let body = match &answer.body {
        Body::Empty => String::new(),
        body => body.as_json().to_string(),
    };
    let shown: String = body.chars().take(600).collect();
    format!("{} {} {}", answer.status, answer.code.as_deref().unwrap_or_default(), shown)
}
