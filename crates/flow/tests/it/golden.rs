//! Every golden file, through the engine and through the reference interpreter.

use std::path::PathBuf;

use flow::plan::Program;

use crate::case::{self, Answer, Case, shown};
use crate::engine::{self, Manner};
use crate::reference::{self, Entry, Outputs, Row};

/// The golden files of a folder, by name.
pub(crate) fn files(folder: &str) -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    let name = |path: &PathBuf| path.file_name().expect("a file").to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).expect("readable"))).collect()
}

/// How something runs programs.
type Runs<'r> = &'r dyn Fn(&Case, &Program, &[Entry]) -> Outputs;

/// Everything that differs between what is expected and what came out.
fn differences(name: &str, case: &Case, runs: Runs<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if !case.program.is_empty() {
        let program = case.program();
        let outputs = runs(case, &program, &case.entries);
        for expected in &case.outputs {
            let rows = rows_of(&outputs, &expected.stream);
            let (wanted, got) = (Case::expected(&program, expected), rows);
            let (wanted, got) = (shown(&wanted, expected.in_order), shown(&got, expected.in_order));
            if wanted != got {
                let (wanted, got) = (wanted.join("\n    "), got.join("\n    "));
                found.push(format!("{name}: {}\n  expected\n    {wanted}\n  got\n    {got}", expected.stream));
            }
        }
        let mut errors: Vec<_> = outputs.failures.iter().map(error).collect();
        let mut expected = case.errors.clone().unwrap_or_default();
        errors.sort();
        expected.sort();
        if errors != expected {
            found.push(format!("{name}: error stream\n  expected {expected:?}\n  got {errors:?}"));
        }
    }
    found.extend(case.expressions.iter().filter_map(|(text, answer)| wrong_answer(name, case, runs, text, answer)));
    found
}

fn error(failure: &reference::Failure) -> (i64, String, String) {
    let pump = failure.pump.clone().unwrap_or_else(|| "-".to_owned());
    (failure.time, failure.name.name().to_owned(), pump)
}

fn rows_of(outputs: &Outputs, stream: &str) -> Vec<Row> {
    match stream.strip_prefix("query") {
        Some("") => outputs.queries[0].clone(),
        Some(number) => outputs.queries[number.trim().parse::<usize>().expect("a number") - 1].clone(),
        None => outputs.streams[stream].clone(),
    }
}

fn wrong_answer(name: &str, case: &Case, runs: Runs<'_>, text: &str, answer: &Answer) -> Option<String> {
    let source = &case.environment.streams[0].name;
    let query = format!("{} SELECT STREAM {text} AS \"X\" FROM \"{source}\"", case.program);
    let outcome = flow::bind::program(&query, &case.environment);
    let program = match (&outcome, answer) {
        (Err(fault), Answer::Refused(why)) if fault.message.contains(why.as_str()) => return None,
        (Err(fault), _) => return Some(format!("{name}: {text} is refused: {}", fault.message)),
        (Ok(_), Answer::Refused(why)) => return Some(format!("{name}: {text} is not refused with '{why}'")),
        (Ok(program), _) => program,
    };
    let outputs = runs(case, program, &case.entries[..1]);
    let last = outputs.queries.last().expect("the query");
    let got = match (last.first(), outputs.failures.first()) {
        (Some(row), _) => case::written(&row.values[0]),
        (None, Some(failure)) => format!("error {}", failure.name.name()),
        (None, None) => "nothing".to_owned(),
    };
    let data_type = program.queries.last().expect("the query").schema.columns[0].data_type;
    let wanted = match answer {
        Answer::Value(value) => case::written(&case::value(value, data_type)),
        Answer::Error(error) => format!("error {error}"),
        Answer::Refused(_) => unreachable!("it was taken"),
    };
    (wanted != got).then(|| format!("{name}: {text} ({data_type})\n  expected {wanted}\n  got {got}"))
}

fn check(runs: Runs<'_>) {
    let files = files("");
    assert!(files.len() > 20, "the golden files are found");
    let only = std::env::var("GOLDEN").ok();
    let chosen = |name: &str| only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    let mut wrong = Vec::new();
    for (name, text) in files.iter().filter(|(name, _)| chosen(name)) {
        let case = case::read(text);
        assert!(!case.outputs.is_empty() || !case.expressions.is_empty(), "{name} expects something");
        wrong.extend(differences(name, &case, runs));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_reference_interpreter_gives_the_expected_rows() {
    check(&|case, program, entries| reference::run(program, &case.tables, entries));
}

#[test]
fn the_engine_gives_the_expected_rows() {
    check(&|case, program, entries| engine::run(case, program, entries, Manner::PLAIN));
}

#[test]
fn the_engine_gives_the_expected_rows_however_its_input_is_cut() {
    let manner = Manner { batch_rows_max: 1, save_every: Some(1), ticks: 0, deadlines: false };
    check(&|case, program, entries| engine::run(case, program, entries, manner));
}
