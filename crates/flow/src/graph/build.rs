//! From the nodes of a plan to operators, and from streams to those who read them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use super::clock::Clock;
use super::{Feed, FeedRows, Graph, Step, Tap, Target, demand, failures};
use crate::bind::Environment;
use crate::operators::{self, Operator};
use crate::plan::{Node, NodeKind, Program, Pump, Schema, Stream};
use crate::tables::Tables;
use crate::{Fault, Position, Span};

/// What makes messages, and what its time follows.
#[derive(Debug, Clone, Copy)]
struct Origin {
    place: Place,
    clock: Clock,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Feed(usize),
    Step(usize),
}

/// Puts a graph together; there must be no cycles among the pumps, and the tables be ready for it.
pub(super) fn graph(
    program: &Program,
    environment: &Environment,
    tables: &Tables,
    taps: &[Tap],
) -> Result<Graph, Fault> {
    let mut building = Building::new(program, environment, tables);
    let mut schemas = Vec::with_capacity(taps.len());
    let mut error_taps = Vec::new();
    for (index, tap) in taps.iter().enumerate() {
        match building.tapped(tap)? {
            Tapped::Errors => {
                error_taps.push(index);
                schemas.push(failures::error_schema());
            }
            Tapped::Rows(origin, schema) => {
                building.connect(origin, Target::Tap(index));
                schemas.push(schema);
            }
        }
    }
    if !error_taps.is_empty() {
        // Every pump's failures are wanted.
        for stream in &program.streams {
            building.stream(stream)?;
        }
        building.demand.clear();
        building.demand.extend(environment.streams.iter().map(|stream| (stream.name.clone(), all(&stream.schema))));
    }
    let demand = building.demand;
    let needed = environment.streams.iter().map(|stream| match demand.get(&stream.name) {
        Some(noted) => noted.clone(),
        None => vec![false; stream.schema.columns.len()],
    });
    Ok(Graph {
        needed: needed.collect(),
        feeds: building.feeds,
        steps: building.steps,
        taps: schemas,
        error_taps,
        pumps: program.pumps.iter().map(|pump| pump.name.clone()).collect(),
        account: Arc::clone(tables.prepared().account()),
        memory_bytes_max: tables.prepared().account().bytes_max(),
        is_lenient: false,
        first_failure: None,
        fingerprint: fingerprint(program, environment, tables, taps),
        started_at: None,
        time: 0,
    })
}

enum Tapped {
    Errors,
    Rows(Origin, Schema),
}

struct Building<'p> {
    program: &'p Program,
    environment: &'p Environment,
    tables: &'p Tables,
    feeds: Vec<Feed>,
    steps: Vec<Step>,
    /// The program's streams that are built.
    streams: HashMap<String, Origin>,
    demand: demand::Demand,
}

impl<'p> Building<'p> {
    fn new(program: &'p Program, environment: &'p Environment, tables: &'p Tables) -> Self {
        let feed = |_: &Stream| Feed { rows: FeedRows::Stream, targets: Vec::new() };
        let feeds = environment.streams.iter().map(feed).collect();
        let (steps, streams, demand) = (Vec::new(), HashMap::new(), BTreeMap::new());
        Self { program, environment, tables, feeds, steps, streams, demand }
    }

    fn tapped(&mut self, tap: &Tap) -> Result<Tapped, Fault> {
        let name = match tap {
            Tap::Stream(name) => name,
            Tap::Query(index) => {
                let nowhere = || nowhere(format!("There is no query {index}"));
                let query = self.program.queries.get(*index).ok_or_else(nowhere)?;
                demand::note(query, &mut self.demand);
                return Ok(Tapped::Rows(self.node(query, None)?, query.schema.clone()));
            }
        };
        if let Some(stream) = self.program.streams.iter().find(|stream| stream.name == *name) {
            return Ok(Tapped::Rows(self.stream(stream)?, stream.schema.clone()));
        }
        if let Some(index) = self.environment.streams.iter().position(|stream| stream.name == *name) {
            let schema = &self.environment.streams[index].schema;
            self.demand.insert(name.clone(), all(schema));
            return Ok(Tapped::Rows(clocked(Place::Feed(index)), schema.clone()));
        }
        if name.eq_ignore_ascii_case("error_stream") {
            return Ok(Tapped::Errors);
        }
        Err(nowhere(format!("There is no stream '{name}' in the program")))
    }

    /// What the readers of a program's stream read: the rows of all pumps that write into it.
    fn stream(&mut self, stream: &'p Stream) -> Result<Origin, Fault> {
        if let Some(origin) = self.streams.get(&stream.name) {
            return Ok(*origin);
        }
        let program = self.program;
        let writes = |(_, pump): &(usize, &Pump)| pump.started && pump.stream == stream.name;
        let pumps: Vec<(usize, &Pump)> = program.pumps.iter().enumerate().filter(writes).collect();
        let mut origins = Vec::with_capacity(pumps.len());
        for (index, pump) in &pumps {
            demand::note(&pump.input, &mut self.demand);
            origins.push(self.node(&pump.input, Some(*index))?);
        }
        let origin = match origins[..] {
            [] => self.feed(FeedRows::Stream),
            [only] => only,
            _ => {
                let union = Box::new(operators::Union::new(origins.len()));
                self.step(union, "INSERT INTO", pumps[0].1.input.span, None, &origins)
            }
        };
        self.streams.insert(stream.name.clone(), origin);
        Ok(origin)
    }

    fn node(&mut self, node: &'p Node, pump: Option<usize>) -> Result<Origin, Fault> {
        let missing = |name: &str| Fault::new(node.span, format!("There are no rows of '{name}'"));
        match &node.kind {
            NodeKind::Stream(name) => {
                if let Some(stream) = self.program.streams.iter().find(|stream| stream.name == *name) {
                    return self.stream(stream);
                }
                let feed = self.environment.streams.iter().position(|stream| stream.name == *name);
                return feed.map(|feed| clocked(Place::Feed(feed))).ok_or_else(|| missing(name));
            }
            NodeKind::Table(name) => {
                let rows = self.tables.get(name).ok_or_else(|| missing(name))?.clone();
                return Ok(self.feed(FeedRows::Table(rows)));
            }
            _ => {}
        }
        let mut origins = Vec::new();
        for input in node.inputs() {
            origins.push(self.node(input, pump)?);
        }
        if matches!(node.kind, NodeKind::Values(_)) {
            origins.push(self.feed(FeedRows::Trigger));
        }
        let (operator, name) = operator(node, self.tables)?;
        let mut origin = self.step(operator, name, node.span, pump, &origins);
        origin.clock = match &node.kind {
            NodeKind::Project { rowtime: Some(rowtime), input, .. } => origin.clock.restamped(rowtime, input),
            NodeKind::TimeSort { .. } => Clock::Still,
            _ => origin.clock,
        };
        Ok(origin)
    }

    fn feed(&mut self, rows: FeedRows) -> Origin {
        self.feeds.push(Feed { rows, targets: Vec::new() });
        clocked(Place::Feed(self.feeds.len() - 1))
    }

    fn step(
        &mut self,
        operator: Box<dyn Operator>,
        name: &'static str,
        span: Span,
        pump: Option<usize>,
        inputs: &[Origin],
    ) -> Origin {
        let clock = inputs.iter().map(|origin| origin.clock).max().unwrap_or(Clock::Follows);
        let (targets, waiting, step) = (Vec::new(), VecDeque::new(), self.steps.len());
        self.steps.push(Step { operator, name, span, pump, clock, targets, waiting, memory: 0 });
        for (input, origin) in inputs.iter().enumerate() {
            self.connect(*origin, Target::Step(step, input));
        }
        Origin { place: Place::Step(step), clock }
    }

    fn connect(&mut self, origin: Origin, target: Target) {
        match origin.place {
            Place::Feed(feed) => self.feeds[feed].targets.push(target),
            Place::Step(step) => self.steps[step].targets.push(target),
        }
    }
}

/// A digest of everything that state depends on.
fn fingerprint(program: &Program, environment: &Environment, tables: &Tables, taps: &[Tap]) -> u64 {
    let text = format!("{program:?}{environment:?}{:?}{taps:?}", tables.digest());
    // FNV-1a: the same in every build.
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

fn clocked(place: Place) -> Origin {
    Origin { place, clock: Clock::Follows }
}

fn all(schema: &Schema) -> Vec<bool> {
    vec![true; schema.columns.len()]
}

/// A complaint that has no place in the program's text.
fn nowhere(message: String) -> Fault {
    let start = Position { line: 1, column: 1 };
    Fault::new(Span { start, end: start }, message)
}

/// The operator that does what a node says, and its name in the language.
fn operator(node: &Node, tables: &Tables) -> Result<(Box<dyn Operator>, &'static str), Fault> {
    let made: (Box<dyn Operator>, _) = match &node.kind {
        NodeKind::Stream(_) | NodeKind::Table(_) => unreachable!("rows of streams and tables come from feeds"),
        NodeKind::Function { function, input } => {
            (operators::table_function(function, &input.schema), operators::table_function_name(function))
        }
        NodeKind::Values(rows) => (Box::new(operators::Values::new(rows, &node.schema, tables)?), "VALUES"),
        NodeKind::Filter { predicate, .. } => (Box::new(operators::Filter::new(predicate, tables)?), "WHERE"),
        NodeKind::Project { input, values, rowtime } => {
            let project = operators::Project::new(input, values, rowtime.as_ref(), &node.schema, tables)?;
            (Box::new(project), "SELECT")
        }
        NodeKind::Union(inputs) => (Box::new(operators::Union::new(inputs.len())), "UNION ALL"),
        NodeKind::Tumble(tumble) => (Box::new(operators::Tumble::new(tumble, tables)?), "GROUP BY"),
        NodeKind::Stagger(stagger) => (Box::new(operators::Stagger::new(stagger, tables)?), "WINDOWED BY STAGGER"),
        NodeKind::Sort(sort) => (Box::new(operators::Sort::new(sort, tables)?), "ORDER BY"),
        NodeKind::TimeSort { key, within_ms, .. } => {
            (Box::new(operators::TimeSort::new(key, *within_ms, tables)?), "ORDER BY WITHIN")
        }
        NodeKind::Distinct { input, monotonic } => {
            (Box::new(operators::Distinct::new(input, monotonic, tables)?), "DISTINCT")
        }
        NodeKind::Slide(slide) => (Box::new(operators::Slide::new(slide, tables)?), "OVER"),
        NodeKind::Join(join) => (operators::join(join, tables)?, "JOIN"),
    };
    Ok(made)
}
