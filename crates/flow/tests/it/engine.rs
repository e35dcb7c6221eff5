//! The engine as the tests see it: rows of plain values go in and come out.

use std::sync::Arc;

use arrow_array::builder::{BinaryViewBuilder, StringViewBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMillisecondType,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, NullArray, Time32MillisecondArray, TimestampMillisecondArray,
};
use flow::graph::{self, Graph, Tap};
use flow::plan::{Program, Schema};
use flow::types::DataType;
use flow::{ErrorName, Rows, bind};

use crate::case::Case;
use crate::reference::{Entry, Failure, Outputs, Row, Tables, Value};

/// More than any test needs.
const MEMORY_BYTES_MAX: usize = 256 << 20;

/// How the same input is given to the engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// Batches of an entry's rows have at most so many.
    pub(crate) batch_rows_max: usize,
    /// After so many entries the state is saved, and another graph goes on with it.
    pub(crate) save_every: Option<usize>,
    /// Between two entries time is told so often.
    pub(crate) ticks: i64,
    /// Time is told when the graph asks for it, and just before that nothing may come out.
    pub(crate) deadlines: bool,
}

impl Manner {
    /// Whole entries, one after the other.
    pub(crate) const PLAIN: Self = Self { batch_rows_max: usize::MAX, save_every: None, ticks: 0, deadlines: false };
}

/// A program that is ready to run, and what it reads.
pub(crate) struct Engine<'a> {
    program: &'a Program,
    environment: &'a bind::Environment,
    tables: flow::tables::Tables,
    taps: Vec<Tap>,
}

impl<'a> Engine<'a> {
    pub(crate) fn new(program: &'a Program, environment: &'a bind::Environment, tables: &Tables) -> Self {
        let table = |table: &flow::plan::Stream| {
            let rows: Vec<&Vec<Value>> = tables.tables[&table.name].iter().collect();
            (table.name.clone(), rows_of(&table.schema, 0, &rows))
        };
        let tables = flow::tables::Tables::new(environment.tables.iter().map(table));
        let mut taps: Vec<Tap> = program.streams.iter().map(|stream| Tap::Stream(stream.name.clone())).collect();
        taps.extend((0..program.queries.len()).map(Tap::Query));
        taps.push(Tap::Stream("error_stream".to_owned()));
        Self { program, environment, tables, taps }
    }

    fn graph(&self) -> Result<Graph, flow::Fault> {
        Graph::new(self.program, self.environment, &self.tables, &self.taps, MEMORY_BYTES_MAX)
    }

    /// Runs the program over all entries; none if the engine refuses it.
    pub(crate) fn run(&self, entries: &[Entry], manner: Manner) -> Result<Outputs, flow::Fault> {
        let mut graph = self.graph()?;
        let schemas: Vec<Schema> = (0..self.taps.len()).map(|tap| graph.schema(tap).clone()).collect();
        let mut all: Vec<Vec<Row>> = vec![Vec::new(); self.taps.len()];
        let mut advance = |graph: &mut Graph, entry: graph::Entry| -> usize {
            let now = entry.time;
            let out = graph.advance(entry).expect("tests need little memory");
            for ((rows, batches), schema) in all.iter_mut().zip(&out.taps).zip(&schemas) {
                for batch in batches {
                    assert!(!batch.is_empty(), "no empty batch comes out");
                    rows.extend(values_of(batch, schema, now));
                }
            }
            out.taps.iter().flatten().map(Rows::len).sum()
        };
        let alone = |time: i64| graph::Entry { time, ..graph::Entry::default() };
        let mut last: Option<i64> = None;
        for (index, entry) in entries.iter().enumerate() {
            for tick in 1..=manner.ticks {
                let Some(before) = last else { continue };
                let time = before + (entry.time - before) * tick / (manner.ticks + 1);
                if time > before && time < entry.time && graph.time() < Some(time) {
                    advance(&mut graph, alone(time));
                }
            }
            if manner.deadlines && last.is_some() {
                while let Some(at) = graph.deadline().filter(|at| *at < entry.time) {
                    if graph.time() < Some(at - 1) {
                        assert_eq!(advance(&mut graph, alone(at - 1)), 0, "nothing comes before the deadline {at}");
                    }
                    advance(&mut graph, alone(at));
                }
                if graph.time() < Some(entry.time - 1) {
                    assert_eq!(advance(&mut graph, alone(entry.time - 1)), 0, "nothing comes without a deadline");
                }
            }
            advance(&mut graph, self.entry(entry, manner.batch_rows_max));
            last = Some(entry.time);
            if manner.save_every.is_some_and(|every| (index + 1) % every == 0) {
                let saved = graph.save().finish();
                graph = self.graph()?;
                graph.load(&saved).expect("what was saved can be loaded");
            }
        }
        Ok(self.outputs(all))
    }

    fn entry(&self, entry: &Entry, batch_rows_max: usize) -> graph::Entry {
        let mut rows = Vec::new();
        for (index, stream) in self.environment.streams.iter().enumerate() {
            let own: Vec<&Vec<Value>> =
                entry.rows.iter().filter(|(name, _)| *name == stream.name).map(|(_, row)| row).collect();
            for batch in own.chunks(batch_rows_max.min(1 << 20)) {
                rows.push((index, rows_of(&stream.schema, entry.time, batch)));
            }
        }
        graph::Entry { time: entry.time, rows, rejected: Vec::new() }
    }

    fn outputs(&self, mut all: Vec<Vec<Row>>) -> Outputs {
        let failures = all.pop().expect("the error stream is tapped").iter().map(failure).collect();
        let queries = all.split_off(self.program.streams.len());
        let streams = self.program.streams.iter().map(|stream| stream.name.clone()).zip(all).collect();
        let visible = |(query, rows): (&flow::plan::Node, Vec<Row>)| without_hidden(&query.schema, rows);
        Outputs { streams, queries: self.program.queries.iter().zip(queries).map(visible).collect(), failures }
    }
}

/// Runs a golden file's program.
pub(crate) fn run(case: &Case, program: &Program, entries: &[Entry], manner: Manner) -> Outputs {
    match Engine::new(program, &case.environment, &case.tables).run(entries, manner) {
        Ok(outputs) => outputs,
        Err(fault) => panic!("{}", fault.drawn(&case.program)),
    }
}

/// Rows without the columns that `*` leaves out.
pub(crate) fn without_hidden(schema: &Schema, rows: Vec<Row>) -> Vec<Row> {
    let visible = |row: Row| {
        let values = row.values.into_iter().zip(&schema.columns).filter(|(_, column)| !column.hidden);
        Row { values: values.map(|(value, _)| value).collect(), ..row }
    };
    rows.into_iter().map(visible).collect()
}

/// A row of the error stream.
fn failure(row: &Row) -> Failure {
    let [_, Value::Text(level), Value::Text(name), Value::Text(message), time, data, pump] = &row.values[..] else {
        panic!("the columns of the error stream, not {row:?}");
    };
    assert!(level == "ERROR" && !message.is_empty() && !data.is_null(), "{row:?}");
    let names = [
        ErrorName::Coercion,
        ErrorName::DivideByZero,
        ErrorName::Overflow,
        ErrorName::NotNull,
        ErrorName::OutOfOrder,
        ErrorName::InvalidArgument,
        ErrorName::Format,
        ErrorName::Cardinality,
    ];
    let name = names.into_iter().find(|known| known.name() == name).expect("a known error");
    let pump = match pump {
        Value::Text(pump) => Some(pump.clone()),
        _ => None,
    };
    Failure { name, time: time.milliseconds(), pump }
}

/// Rows of one moment.
pub(crate) fn rows_of(schema: &Schema, time: i64, rows: &[&Vec<Value>]) -> Rows {
    let columns = schema.columns.iter().enumerate().map(|(index, column)| {
        let values: Vec<&Value> = rows.iter().map(|row| &row[index]).collect();
        array(column.data_type, &values)
    });
    Rows::new(vec![time; rows.len()].into(), columns.collect())
}

fn narrow<T: TryFrom<i64>>(value: &Value) -> Option<T> {
    match value {
        Value::Null => None,
        Value::Date(days) => T::try_from(*days).ok(),
        Value::Time(ms) | Value::Timestamp(ms) | Value::Interval(ms) => T::try_from(*ms).ok(),
        Value::Months(months) => T::try_from(*months).ok(),
        other => T::try_from(other.integer()).ok(),
    }
}

fn array(data_type: DataType, values: &[&Value]) -> ArrayRef {
    fn numbers<T: TryFrom<i64>, A: Array + FromIterator<Option<T>> + 'static>(values: &[&Value]) -> ArrayRef {
        Arc::new(values.iter().map(|value| narrow::<T>(value)).collect::<A>())
    }
    match data_type {
        DataType::Null => Arc::new(NullArray::new(values.len())),
        DataType::Boolean => Arc::new(values.iter().map(|value| value.truth()).collect::<BooleanArray>()),
        DataType::TinyInt => numbers::<i8, Int8Array>(values),
        DataType::SmallInt => numbers::<i16, Int16Array>(values),
        DataType::Integer => numbers::<i32, Int32Array>(values),
        DataType::BigInt | DataType::Interval | DataType::MonthInterval => numbers::<i64, Int64Array>(values),
        DataType::Date => numbers::<i32, Date32Array>(values),
        DataType::Time => numbers::<i32, Time32MillisecondArray>(values),
        DataType::Timestamp => numbers::<i64, TimestampMillisecondArray>(values),
        DataType::Decimal { precision, scale } => {
            let digits = values.iter().map(|value| match value {
                Value::Decimal(digits, _) => Some(*digits),
                _ => None,
            });
            let array = digits.collect::<Decimal128Array>();
            let scale = i8::try_from(scale).expect("a small scale");
            Arc::new(array.with_precision_and_scale(precision, scale).expect("digits of the type"))
        }
        DataType::Real => {
            let narrow = |value: &&Value| (!value.is_null()).then(|| value.double() as f32);
            Arc::new(values.iter().map(narrow).collect::<Float32Array>())
        }
        DataType::Double => {
            let double = |value: &&Value| (!value.is_null()).then(|| value.double());
            Arc::new(values.iter().map(double).collect::<Float64Array>())
        }
        DataType::Char(_) | DataType::Varchar(_) => {
            let mut builder = StringViewBuilder::new();
            values.iter().for_each(|value| builder.append_option((!value.is_null()).then(|| value.text())));
            Arc::new(builder.finish())
        }
        DataType::Binary(_) | DataType::Varbinary(_) => {
            let mut builder = BinaryViewBuilder::new();
            for value in values {
                match value {
                    Value::Binary(bytes) => builder.append_value(bytes),
                    _ => builder.append_null(),
                }
            }
            Arc::new(builder.finish())
        }
    }
}

/// Rows as plain values; columns must have the types that the schema says.
pub(crate) fn values_of(rows: &Rows, schema: &Schema, now: i64) -> Vec<Row> {
    assert_eq!(rows.columns().len(), schema.columns.len(), "as many columns as the schema has");
    for (array, column) in rows.columns().iter().zip(&schema.columns) {
        assert_eq!(*array.data_type(), flow::arrow_type(column.data_type), "the array of column {}", column.name);
    }
    let row = |place: usize| {
        let values = rows.columns().iter().zip(&schema.columns);
        let values = values.map(|(array, column)| value_at(array, place, column.data_type)).collect();
        Row { time: rows.times()[place], now, values }
    };
    (0..rows.len()).map(row).collect()
}

fn value_at(array: &ArrayRef, place: usize, data_type: DataType) -> Value {
    if array.is_null(place) || data_type == DataType::Null {
        return Value::Null;
    }
    match data_type {
        DataType::Null => Value::Null,
        DataType::Boolean => Value::Boolean(array.as_boolean().value(place)),
        DataType::TinyInt => Value::Integer(array.as_primitive::<Int8Type>().value(place).into()),
        DataType::SmallInt => Value::Integer(array.as_primitive::<Int16Type>().value(place).into()),
        DataType::Integer => Value::Integer(array.as_primitive::<Int32Type>().value(place).into()),
        DataType::BigInt => Value::Integer(array.as_primitive::<Int64Type>().value(place)),
        DataType::Interval => Value::Interval(array.as_primitive::<Int64Type>().value(place)),
        DataType::MonthInterval => Value::Months(array.as_primitive::<Int64Type>().value(place)),
        DataType::Decimal { scale, .. } => Value::Decimal(array.as_primitive::<Decimal128Type>().value(place), scale),
        DataType::Real => Value::Real(array.as_primitive::<Float32Type>().value(place)),
        DataType::Double => Value::Double(array.as_primitive::<Float64Type>().value(place)),
        DataType::Char(_) | DataType::Varchar(_) => Value::Text(array.as_string_view().value(place).to_owned()),
        DataType::Binary(_) | DataType::Varbinary(_) => Value::Binary(array.as_binary_view().value(place).to_vec()),
        DataType::Date => Value::Date(array.as_primitive::<Date32Type>().value(place).into()),
        DataType::Time => Value::Time(array.as_primitive::<Time32MillisecondType>().value(place).into()),
        DataType::Timestamp => Value::Timestamp(array.as_primitive::<TimestampMillisecondType>().value(place)),
    }
}
