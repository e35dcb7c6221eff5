//! What is known while a terminal is open: what was defined, and how the server's streams become rows.

use std::collections::BTreeMap;

use flow::Fault;
use flow::ast::Statement;
use flow::bind::{self, Environment};
use flow::formats::{self, Mapping};
use flow::graph::Tap;
use flow::plan::{LoneRows, Program, Schema, Stream};
use flow::tables::Tables;

use crate::Failure;
use crate::client::{Client, Endpoint};

use super::query::{self, Ended, Options, Runnable};
use super::reference::{Reference, Table};
use super::{discovery, names, streams};

/// A stream of the server under a name of the program's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Input {
    /// The program's exact name.
    pub(super) name: String,
    /// The server's.
    pub(super) stream: String,
}

/// An open terminal.
pub(super) struct Session {
    endpoint: Endpoint,
    inputs: Vec<Input>,
    /// Which rows of outer joins come out alone.
    lone_rows: LoneRows,
    /// Statements that define something, one behind the other, each with its semicolon.
    definitions: String,
    mappings: BTreeMap<String, Mapping>,
    /// The reference tables that were read, by their exact names.
    tables: BTreeMap<String, Table>,
    /// The server's streams when they were last asked for.
    known: Vec<String>,
}

/// A program that was checked, and what it reads.
struct Bound {
    program: Program,
    environment: Environment,
    sources: Vec<(String, Mapping)>,
}

/// What a statement did.
pub(super) enum Done {
    /// It defined something.
    Defined,
    /// It was a query.
    Queried(Ended),
}

impl Session {
    pub(super) fn new(endpoint: Endpoint, inputs: Vec<Input>, lone_rows: LoneRows) -> Self {
        Self {
            endpoint,
            inputs,
            lone_rows,
            definitions: String::new(),
            mappings: BTreeMap::new(),
            tables: BTreeMap::new(),
            known: Vec::new(),
        }
    }

    /// What was defined.
    pub(super) fn definitions(&self) -> &str {
        &self.definitions
    }

    /// Reads a reference table, and says how many rows it has.
    pub(super) async fn read_table(&mut self, reference: &Reference) -> Result<usize, Failure> {
        let table = reference.load(&mut Client::of(self.endpoint.clone())).await?;
        let rows = table.rows.len();
        self.tables.insert(reference.name.clone(), table);
        Ok(rows)
    }

    /// The reference tables, by their exact names, with their columns.
    pub(super) fn tables(&self) -> impl Iterator<Item = (&str, &Table)> {
        self.tables.iter().map(|(name, table)| (name.as_str(), table))
    }

    fn environment(&self) -> Environment {
        let tables = self.tables().map(|(name, table)| table.named(name)).collect();
        Environment { tables, lone_queries: true, lone_rows: self.lone_rows, ..Environment::default() }
    }

    /// Forgets what was defined and what was found out.
    pub(super) fn reset(&mut self) {
        self.definitions.clear();
        self.mappings.clear();
    }

    /// The names of the server's streams.
    pub(super) async fn streams(&mut self) -> Result<&[String], Failure> {
        let names = streams::names(&mut Client::of(self.endpoint.clone())).await;
        self.known = names.map_err(|error| Failure::caused_by(&error))?;
        Ok(&self.known)
    }

    /// The names of the server's streams when they were last asked for.
    pub(super) fn known(&self) -> &[String] {
        &self.known
    }

    /// The exact name of a stream of the server that is asked for in any case.
    async fn found(&mut self, name: &str) -> Result<Option<String>, Failure> {
        if !self.known.iter().any(|stream| stream == name) {
            self.streams().await?;
        }
        let exact = self.known.iter().find(|stream| *stream == name);
        let found = exact.or_else(|| self.known.iter().find(|stream| stream.eq_ignore_ascii_case(name)));
        Ok(found.cloned())
    }

    /// The streams that were defined here, with their columns.
    pub(super) fn made(&self) -> Vec<Stream> {
        let environment = self.known_environment();
        bind::program(&self.definitions, &environment).map_or_else(|_| Vec::new(), |program| program.streams)
    }

    /// An environment of the streams that were looked at so far.
    fn known_environment(&self) -> Environment {
        let stream =
            |(name, mapping): (&str, &Mapping)| Stream { name: name.to_owned(), schema: formats::schema(mapping) };
        let own = self.mappings.iter().map(|(name, mapping)| (name.as_str(), mapping));
        let named =
            self.inputs.iter().filter_map(|input| Some((input.name.as_str(), self.mappings.get(&input.stream)?)));
        Environment { streams: own.chain(named).map(stream).collect(), ..self.environment() }
    }

    /// The columns of a stream, of the server or defined here, by its name in any case.
    pub(super) async fn describe(&mut self, name: &str) -> Result<Schema, Failure> {
        let made = self.made();
        let found = made.iter().find(|stream| stream.name == name);
        if let Some(stream) = found.or_else(|| made.iter().find(|stream| stream.name.eq_ignore_ascii_case(name))) {
            return Ok(stream.schema.clone());
        }
        let tables = || self.tables();
        let table = tables().find(|(known, _)| *known == name);
        if let Some((_, table)) = table.or_else(|| tables().find(|(known, _)| known.eq_ignore_ascii_case(name))) {
            return Ok(table.schema.clone());
        }
        let mut client = Client::of(self.endpoint.clone());
        let stream = match self.inputs.iter().find(|input| input.name == name) {
            Some(input) => input.stream.clone(),
            None => {
                let found = self.found(name).await?;
                found.ok_or_else(|| Failure::new(format!("there is no stream '{name}'")))?
            }
        };
        Ok(formats::schema(self.mapping(&mut client, &stream).await?))
    }

    async fn mapping(&mut self, client: &mut Client, stream: &str) -> Result<&Mapping, Failure> {
        if !self.mappings.contains_key(stream) {
            let mapping = discovery::mapping(client, stream).await?;
            self.mappings.insert(stream.to_owned(), mapping);
        }
        Ok(&self.mappings[stream])
    }

    /// Runs a statement that was typed.
    pub(super) async fn execute(&mut self, text: &str, options: Options) -> Result<Done, Failure> {
        // By itself first: its places are those of what was typed.
        let statements = flow::parse::program(text).map_err(|fault| Failure::new(fault.drawn(text)))?;
        let is_query = statements.iter().any(|statement| matches!(statement, Statement::Query(_)));
        let whole = format!("{}{}\n", self.definitions, with_semicolon(text));
        let bound = self.bind(&whole, self.definitions.lines().count()).await?;
        if !is_query {
            self.definitions = whole;
            return Ok(Done::Defined);
        }
        let tap = Tap::Query(bound.program.queries.len().saturating_sub(1));
        query::run(&self.endpoint, self.runnable(bound, tap, whole), options).await.map(Done::Queried)
    }

    /// Runs a program file: shows a stream, or the last query in it, or the last stream it makes.
    pub(super) async fn run_file(mut self, text: &str, show: Option<&str>, options: Options) -> Result<(), Failure> {
        let statements = flow::parse::program(text).map_err(|fault| in_program(&fault, text))?;
        let bound = self.bind(text, 0).await?;
        let program = &bound.program;
        let tap = match show {
            Some(name) => Tap::Stream(shown(program, name)?),
            None if !program.queries.is_empty() => Tap::Query(program.queries.len() - 1),
            None => {
                let made = names::last_made(&statements);
                let nothing = || Failure::new("the program makes no stream, so there is nothing to show");
                Tap::Stream(made.ok_or_else(nothing)?.to_owned())
            }
        };
        let runnable = self.runnable(bound, tap, text.to_owned());
        let ended = query::run(&self.endpoint, runnable, options).await?;
        match ended.refused_count {
            0 => {}
            1 => eprintln!("1 row was refused"),
            count => eprintln!("{count} rows were refused"),
        }
        Ok(())
    }

    fn runnable(&self, bound: Bound, tap: Tap, text: String) -> Runnable {
        let Bound { program, environment, sources } = bound;
        let tables = Tables::new(self.tables().map(|(name, table)| (name.to_owned(), table.rows.clone())));
        Runnable { program, environment, tables, sources, tap, text }
    }

    /// Checks a program, after a look at the server's streams that it reads. Its first lines may have been typed before.
    async fn bind(&mut self, text: &str, lines_before: usize) -> Result<Bound, Failure> {
        let statements = flow::parse::program(text).map_err(|fault| in_program(&fault, text))?;
        let mut client = Client::of(self.endpoint.clone());
        let mut environment = self.environment();
        let mut sources = Vec::new();
        for name in names::read_by(&statements) {
            if self.tables.contains_key(&name) {
                continue;
            }
            let (name, stream) = match self.inputs.iter().find(|input| input.name == name) {
                Some(input) => (name, input.stream.clone()),
                // Known by its own name, so that a complaint about another spelling can say what was meant.
                None => match self.found(&name).await? {
                    Some(stream) => (stream.clone(), stream),
                    None => continue,
                },
            };
            let mapping = self.mapping(&mut client, &stream).await?.clone();
            environment.streams.push(Stream { name, schema: formats::schema(&mapping) });
            sources.push((stream, mapping));
        }
        match bind::program(text, &environment) {
            Ok(program) => Ok(Bound { program, environment, sources }),
            Err(fault) => Err(in_program(&moved_up(fault, lines_before), &behind(text, lines_before))),
        }
    }
}

fn in_program(fault: &Fault, text: &str) -> Failure {
    Failure::new(fault.drawn(text))
}

/// The lines behind some.
fn behind(text: &str, lines: usize) -> String {
    text.lines().skip(lines).collect::<Vec<_>>().join("\n")
}

/// A fault whose lines are counted behind some.
fn moved_up(mut fault: Fault, lines: usize) -> Fault {
    let lines = u32::try_from(lines).unwrap_or(0);
    let up = |line: u32| line.saturating_sub(lines).max(1);
    (fault.span.start.line, fault.span.end.line) = (up(fault.span.start.line), up(fault.span.end.line));
    fault
}

fn with_semicolon(text: &str) -> String {
    // On a line of its own: the text may end with a remark.
    if text.trim_end().ends_with(';') { text.to_owned() } else { format!("{text}\n;") }
}

/// The exact name of a stream that is asked for in any case.
fn shown(program: &Program, name: &str) -> Result<String, Failure> {
    let exact = program.streams.iter().find(|stream| stream.name == name);
    let found = exact.or_else(|| program.streams.iter().find(|stream| stream.name.eq_ignore_ascii_case(name)));
    match found {
        Some(stream) => Ok(stream.name.clone()),
        None => Err(Failure::new(format!("the program makes no stream '{name}'"))),
    }
}
