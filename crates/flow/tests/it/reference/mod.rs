//! A naive interpreter of the language: whole histories in, whole histories out, every row looked at one by one.
//!
//! It shares the plan and the patterns of texts with the engine, and nothing else. Where the engine moves rows as they
//! come, this computes each node's output from all of its input; *when* a row came is carried along as [`Row::now`].

mod aggregates;
pub(crate) mod calendar;
pub(crate) mod cast;
mod functions;
mod groups;
mod joins;
mod log_parsers;
mod order;
mod rowtime;
mod scalar;
mod slide;
mod sub_queries;
mod table_functions;
mod tables;
pub(crate) mod value;

use std::collections::BTreeMap;

use flow::ErrorName;
use flow::plan::{Expr, Node, NodeKind, Order, Program};

pub(crate) use tables::Tables;
pub(crate) use value::Value;

/// A row of a stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Its ROWTIME.
    pub(crate) time: i64,
    /// The entry at which it came out.
    pub(crate) now: i64,
    pub(crate) values: Vec<Value>,
}

/// From an entry on, all later rows have at least a ROWTIME.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bound {
    pub(crate) now: i64,
    pub(crate) bound: i64,
}

/// All that ever comes out of a node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flow {
    pub(crate) rows: Vec<Row>,
    /// At most one for each entry, never falling.
    pub(crate) bounds: Vec<Bound>,
}

impl Flow {
    /// The entry at which the bound is reached, if it ever is.
    pub(crate) fn reached(&self, bound: i64) -> Option<i64> {
        let bounds = self.bounds.iter().find(|one| one.bound >= bound).map(|one| one.now);
        // A row of that time says as much.
        let rows = self.rows.iter().find(|row| row.time >= bound).map(|row| row.now);
        bounds.into_iter().chain(rows).min()
    }

    /// The bound behind an entry.
    pub(crate) fn bound_at(&self, now: i64) -> i64 {
        self.bounds.iter().filter(|one| one.now <= now).map(|one| one.bound).next_back().unwrap_or(i64::MIN)
    }
}

/// What an application takes in at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Greater than that of the entry before.
    pub(crate) time: i64,
    /// Rows by the stream they go into.
    pub(crate) rows: Vec<(String, Vec<Value>)>,
}

/// A row that went to the error stream.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    pub(crate) name: ErrorName,
    /// The row's ROWTIME.
    pub(crate) time: i64,
    /// The pump it was on its way through; none for a query on its own.
    pub(crate) pump: Option<String>,
}

/// All that came of a program.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outputs {
    pub(crate) streams: BTreeMap<String, Vec<Row>>,
    pub(crate) queries: Vec<Vec<Row>>,
    pub(crate) failures: Vec<Failure>,
}

/// Runs a program over all that it takes in.
pub(crate) fn run(program: &Program, tables: &Tables, entries: &[Entry]) -> Outputs {
    let mut interpreter =
        Interpreter { program, tables, entries, streams: BTreeMap::new(), failures: Vec::new(), pump: None };
    for stream in &program.streams {
        interpreter.stream(&stream.name);
    }
    let queries = program.queries.iter().map(|query| interpreter.query(query)).collect();
    let made = program.streams.iter().map(|stream| &stream.name);
    let streams = made.map(|name| (name.clone(), interpreter.streams[name].rows.clone())).collect();
    Outputs { streams, queries, failures: interpreter.failures }
}

pub(crate) struct Interpreter<'a> {
    program: &'a Program,
    tables: &'a Tables,
    entries: &'a [Entry],
    /// Those that were computed already.
    streams: BTreeMap<String, Flow>,
    failures: Vec<Failure>,
    /// The pump whose rows are computed.
    pump: Option<String>,
}

impl Interpreter<'_> {
    fn query(&mut self, query: &Node) -> Vec<Row> {
        self.pump = None;
        if query.stream { self.flow(query).rows } else { self.tables.rows(query) }
    }

    /// All rows of a stream: those that came from outside, or those of its pumps.
    fn stream(&mut self, name: &str) -> Flow {
        if let Some(flow) = self.streams.get(name) {
            return flow.clone();
        }
        let outer = self.pump.take();
        let flow = match self.program.streams.iter().find(|stream| stream.name == name) {
            None => self.source(name),
            Some(stream) => {
                let pumps = self.program.pumps.iter().filter(|pump| pump.started && pump.stream == name);
                let mut flows = Vec::new();
                for pump in pumps {
                    self.pump = None;
                    let mut flow = self.pumped(pump);
                    flow.rows.retain(|row| {
                        let holds_null = stream.schema.columns.iter().zip(&row.values);
                        let bad = holds_null.into_iter().any(|(column, value)| !column.nullable && value.is_null());
                        if bad {
                            let (name, pump) = (ErrorName::NotNull, Some(pump.name.clone()));
                            self.failures.push(Failure { name, time: row.time, pump });
                        }
                        !bad
                    });
                    flows.push(flow);
                }
                if flows.is_empty() { Flow { rows: Vec::new(), bounds: self.clock() } } else { order::union(&flows) }
            }
        };
        self.pump = outer;
        self.streams.insert(name.to_owned(), flow.clone());
        flow
    }

    fn pumped(&mut self, pump: &flow::plan::Pump) -> Flow {
        self.pump = Some(pump.name.clone());
        let flow = self.flow(&pump.input);
        self.pump = None;
        flow
    }

    /// After each entry everything older than it and the entry itself is there.
    fn clock(&self) -> Vec<Bound> {
        self.entries.iter().map(|entry| Bound { now: entry.time, bound: entry.time + 1 }).collect()
    }

    fn source(&self, name: &str) -> Flow {
        let mut rows = Vec::new();
        for entry in self.entries {
            for (stream, values) in &entry.rows {
                if stream == name {
                    rows.push(Row { time: entry.time, now: entry.time, values: values.clone() });
                }
            }
        }
        Flow { rows, bounds: self.clock() }
    }

    pub(crate) fn fail(&mut self, row: &Row, name: ErrorName) {
        self.failures.push(Failure { name, time: row.time, pump: self.pump.clone() });
    }

    /// The value of an expression for a row; the row fails if it has none.
    pub(crate) fn value(&mut self, expr: &Expr, row: &Row) -> Option<Value> {
        scalar::evaluate(expr, row, self.tables).map_err(|error| self.fail(row, error)).ok()
    }

    /// The values of several expressions for a row; the first that has none fails the row.
    pub(crate) fn values<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>, row: &Row) -> Option<Vec<Value>> {
        exprs.into_iter().map(|expr| self.value(expr, row)).collect()
    }

    /// All that comes out of a node over streams.
    pub(crate) fn flow(&mut self, node: &Node) -> Flow {
        match &node.kind {
            NodeKind::Stream(name) => {
                let pump = self.pump.clone();
                let flow = self.stream(name);
                self.pump = pump;
                flow
            }
            NodeKind::Filter { input, predicate } => self.filter(input, predicate),
            NodeKind::Project { input, values, rowtime: None } => self.project(input, values),
            NodeKind::Project { input, values, rowtime: Some(rowtime) } => self.restamp(input, values, rowtime),
            NodeKind::Union(inputs) => {
                let flows: Vec<Flow> = inputs.iter().map(|input| self.flow(input)).collect();
                order::union(&flows)
            }
            NodeKind::Tumble(tumble) => self.tumble(tumble),
            NodeKind::Stagger(stagger) => self.stagger(stagger),
            NodeKind::Slide(slide) => self.slide(slide),
            NodeKind::Join(join) => self.join(join),
            NodeKind::Sort(sort) => self.sort(sort),
            NodeKind::TimeSort { input, key, within_ms } => self.time_sort(input, key, *within_ms),
            NodeKind::Distinct { input, monotonic } => self.distinct(input, monotonic),
            NodeKind::Function { function, input } => self.function(function, input),
            NodeKind::Table(_) | NodeKind::Values(_) => panic!("a table is not a stream"),
        }
    }

    fn filter(&mut self, input: &Node, predicate: &Expr) -> Flow {
        let mut flow = self.flow(input);
        let keep = |row: &Row| self.value(predicate, row).is_some_and(|value| value.truth() == Some(true));
        flow.rows = flow.rows.into_iter().filter(keep).collect();
        flow
    }

    fn project(&mut self, input: &Node, values: &[Expr]) -> Flow {
        let mut flow = self.flow(input);
        let made = |row: Row| self.values(values, &row).map(|values| Row { values, ..row });
        flow.rows = flow.rows.into_iter().filter_map(made).collect();
        flow
    }

    /// `… AS ROWTIME`: rows must stay in order.
    fn restamp(&mut self, input: &Node, values: &[Expr], rowtime: &Expr) -> Flow {
        let flow = self.flow(input);
        let (mut rows, mut last): (Vec<Row>, i64) = (Vec::new(), i64::MIN);
        for row in &flow.rows {
            let Some(made) = self.values(values.iter().chain([rowtime]), row) else { continue };
            let (time, values) = made.split_last().expect("the time is behind the values");
            match time {
                Value::Timestamp(time) if *time >= last => {
                    last = *time;
                    rows.push(Row { time: *time, now: row.now, values: values.to_vec() });
                }
                Value::Timestamp(_) => self.fail(row, ErrorName::OutOfOrder),
                _ => self.fail(row, ErrorName::NotNull),
            }
        }
        let at = |bound: &Bound| {
            let emitted = rows.iter().filter(|row| row.now <= bound.now).map(|row| row.time).next_back();
            let followed = match rowtime.order {
                // Nothing is promised yet.
                _ if bound.bound == i64::MIN => None,
                Order::Ascending => self.value_at(rowtime, input, bound.bound).map(|value| value.milliseconds()),
                _ => None,
            };
            Bound { bound: followed.max(emitted).unwrap_or(i64::MIN), ..*bound }
        };
        let bounds = flow.bounds.iter().map(at).collect();
        Flow { rows, bounds }
    }
}
