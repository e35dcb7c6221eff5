//! Random programs over random input: the engine's rows are the reference interpreter's, however the input is cut.

mod expressions;
mod from_clauses;
mod inputs;

mod joins;
mod orders;
mod programs;
mod row_values;
mod sub_queries;
mod windows;

use fastrand::Rng;
use flow::ast::Statement;
use flow::bind::{self, Environment};
use flow::plan::{Program, Schema, Stream};
use flow::types::DataType;

use crate::case::shown;
use crate::engine::{Engine, Manner};
use crate::reference::{self, Entry, Outputs, Tables};

/// Programs of a test run.
const PROGRAMS: u64 = 250;

/// A seed with all that is made of it.
struct Trial {
    text: String,
    environment: Environment,
    tables: Tables,
    entries: Vec<Entry>,
}

impl Trial {
    fn of(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let text = programs::program(&mut random);
        let entries = inputs::entries(&mut random);
        let tables = inputs::tables(&mut random);
        let environment = Environment {
            streams: programs::sources().iter().map(stream).collect(),
            tables: vec![stream(&programs::table())],
            ..Environment::default()
        };
        Self { text, environment, tables, entries }
    }
}

fn stream(relation: &programs::Relation) -> Stream {
    let column = |(name, kind): &(String, expressions::Kind)| {
        let cast = format!("CREATE STREAM X (X {})", kind.type_name());
        let Some(Statement::CreateStream(create)) = flow::parse::program(&cast).expect("a type").pop() else {
            panic!("one statement")
        };
        bind::source_column(name, DataType::named(&create.columns[0].data_type).expect("a type"))
    };
    Stream { name: relation.name.clone(), schema: Schema { columns: relation.columns.iter().map(column).collect() } }
}

/// What differs between two runs of a program.
fn difference(program: &Program, one: &Outputs, two: &Outputs) -> Option<String> {
    for stream in &program.streams {
        let (wanted, got) = (&one.streams[&stream.name], &two.streams[&stream.name]);
        let (wanted, got) = (shown(wanted, false), shown(got, false));
        if wanted != got {
            let (missing, surplus) = (without(&wanted, &got), without(&got, &wanted));
            let (missing, surplus) = (missing.join("\n    "), surplus.join("\n    "));
            return Some(format!("stream {}\n  missing\n    {missing}\n  surplus\n    {surplus}", stream.name));
        }
    }
    let failures = |outputs: &Outputs| {
        let mut all: Vec<String> = outputs
            .failures
            .iter()
            .map(|one| format!("{} {} {}", one.time, one.name.name(), one.pump.as_deref().unwrap_or("-")))
            .collect();
        all.sort();
        all
    };
    let (wanted, got) = (failures(one), failures(two));
    (wanted != got).then(|| {
        let (missing, surplus) = (without(&wanted, &got), without(&got, &wanted));
        format!("error stream\n  missing {missing:#?}\n  surplus {surplus:#?}")
    })
}

/// Lines that are in one list and not, or less often, in the other.
fn without(one: &[String], other: &[String]) -> Vec<String> {
    let mut rest: Vec<&String> = other.iter().collect();
    let mut left = Vec::new();
    for line in one {
        match rest.iter().position(|other| *other == line) {
            Some(place) => drop(rest.swap_remove(place)),
            None => left.push(line.clone()),
        }
    }
    left
}

/// Tells which program it was while a panic unwinds past it.
struct Shown<'t>(u64, &'t str);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {}\n{}", self.0, self.1);
        }
    }
}

/// How one trial went.
enum Outcome {
    Same { rows: usize },
    Refused(String),
    Different(String),
}

fn attempt(seed: u64) -> Outcome {
    let trial = Trial::of(seed);
    let _shown = Shown(seed, &trial.text);
    let program = match bind::program(&trial.text, &trial.environment) {
        Ok(program) => program,
        Err(fault) => return Outcome::Refused(fault.drawn(&trial.text)),
    };
    let wanted = reference::run(&program, &trial.tables, &trial.entries);
    let engine = Engine::new(&program, &trial.environment, &trial.tables);
    let manners = [
        Manner::PLAIN,
        Manner { batch_rows_max: 1, ..Manner::PLAIN },
        Manner { batch_rows_max: 2, save_every: Some(1), ticks: 2, ..Manner::PLAIN },
        Manner { batch_rows_max: 3, save_every: Some(4), ..Manner::PLAIN },
        Manner { deadlines: true, ..Manner::PLAIN },
    ];
    // Between two entries windows close earlier, and what looks at the clock sees that.
    let timed = trial.text.contains("CURRENT_");
    // With another reading of the clock the graph only asks once a second.
    let restamped = trial.text.contains("AS ROWTIME");
    let possible =
        |manner: &Manner| (!timed || manner.ticks == 0 && !manner.deadlines) && (!restamped || !manner.deadlines);
    for manner in manners.into_iter().filter(possible) {
        let got = match engine.run(&trial.entries, manner) {
            Ok(got) => got,
            Err(fault) => return Outcome::Refused(fault.drawn(&trial.text)),
        };
        if let Some(difference) = difference(&program, &wanted, &got) {
            return Outcome::Different(format!("seed {seed}, {manner:?}\n{}\n{difference}", trial.text));
        }
    }
    Outcome::Same { rows: wanted.streams.values().map(Vec::len).sum() }
}

#[test]
fn random_programs_do_what_the_reference_interpreter_does() {
    let setting = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = setting("FLOW_SEED").unwrap_or(1);
    let count = setting("FLOW_PROGRAMS").unwrap_or(PROGRAMS);
    let (mut refused, mut rows, mut wrong) = (Vec::new(), 0, Vec::new());
    for seed in first..first + count {
        match attempt(seed) {
            Outcome::Same { rows: more } => rows += more,
            Outcome::Refused(why) => refused.push(why),
            Outcome::Different(how) => wrong.push(how),
        }
    }
    let shown: Vec<&String> = wrong.iter().take(5).collect();
    assert!(wrong.is_empty(), "{} of {count} programs differ:\n{shown:#?}", wrong.len());
    let few = refused.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    assert!(refused.len() as u64 * 5 < count.max(20), "{} of {count} programs are refused:\n{few}", refused.len());
    assert!(rows as u64 > count, "programs have rows: {rows}");
}
