//! `x IN (SELECT … FROM table)`: the query is carried out when the expression is made ready, as tables stay.

use std::sync::Arc;

use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, TimestampMillisecondType,
};
use arrow_array::{Array, ArrayRef, BinaryViewArray, BooleanArray};
use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::batch::{Batch, Evaluation};
use super::cast;
use super::step::Step;
use super::values::Values;
use crate::bind::Environment;
use crate::graph::{Entry, Graph, Tap};
use crate::plan::{Node, Program};
use crate::tables::Tables;
use crate::types::DataType;
use crate::{Fault, Rows};

/// What joins and groups of such a query may hold.
const MEMORY_BYTES_MAX: usize = 1 << 30;

/// The values of a query, for looking values up.
struct Set {
    texts: HashSet<Box<[u8]>, FixedState>,
    numbers: HashSet<i128, FixedState>,
    has_null: bool,
    is_empty: bool,
}

/// Whether a value is among those of a query with one column.
pub(super) fn compile(value: Step, query: &Node, tables: &Tables) -> Result<Step, Fault> {
    let rows = rows(query, tables)?;
    let found = query.schema.columns.first().map_or(DataType::Null, |column| column.data_type);
    let data_type = value.data_type;
    // Values that the common type cannot hold equal none.
    let column = Step::hard(found, |batch| Values::Rows(batch.column(0)));
    let column =
        if found.is_text() && data_type.is_text() { column } else { cast::compile(column, data_type, query.span)? };
    let evaluation = Evaluation::at(0);
    let candidates = column.evaluate(&Batch::whole(&rows, &evaluation)).spread(rows.len());
    let failed: Vec<usize> = evaluation.take_failed().into_iter().map(|(row, _)| row).collect();
    let set = Set::of(&candidates, &failed, data_type);
    Ok(Step::hard(DataType::Boolean, move |batch| {
        let values = value.evaluate(batch).spread(batch.len());
        let truths: BooleanArray = keys(&values, data_type, |key| set.holds(key)).collect();
        Values::rows(truths)
    }))
}

enum Key<'k> {
    Null,
    Bytes(&'k [u8]),
    Number(i128),
}

impl Set {
    fn of(values: &ArrayRef, failed: &[usize], data_type: DataType) -> Self {
        let mut set = Self {
            texts: HashSet::default(),
            numbers: HashSet::default(),
            has_null: false,
            is_empty: values.len() == failed.len(),
        };
        let mut row = 0;
        keys(values, data_type, |key| {
            match key {
                _ if failed.binary_search(&row).is_ok() => {}
                Key::Null => set.has_null = true,
                Key::Bytes(bytes) => drop(set.texts.insert(bytes.into())),
                Key::Number(number) => drop(set.numbers.insert(number)),
            }
            row += 1;
        })
        .for_each(drop);
        set
    }

    fn holds(&self, key: Key<'_>) -> Option<bool> {
        let found = match key {
            _ if self.is_empty => return Some(false),
            Key::Null => return None,
            Key::Bytes(bytes) => self.texts.contains(bytes),
            Key::Number(number) => self.numbers.contains(&number),
        };
        // Something that is not known could be the value.
        if found || !self.has_null { Some(found) } else { None }
    }
}

/// Something made of what each value is looked up by.
fn keys<'a, T>(
    values: &'a ArrayRef,
    data_type: DataType,
    mut make: impl FnMut(Key<'_>) -> T + 'a,
) -> Box<dyn Iterator<Item = T> + 'a>
where
    T: 'a,
{
    macro_rules! numbers {
        ($kind:ty, $key:expr) => {{
            let holder = Values::Rows(Arc::clone(values));
            let length = values.len();
            Box::new((0..length).map(move |row| {
                let number = holder.numbers::<$kind>().get(row);
                make(number.map_or(Key::Null, |number| Key::Number($key(number))))
            }))
        }};
    }
    match data_type {
        DataType::Null => Box::new((0..values.len()).map(move |_| make(Key::Null))),
        DataType::Boolean => {
            let truths = Values::Rows(Arc::clone(values)).booleans(values.len());
            Box::new((0..truths.len()).map(move |row| {
                make(if truths.is_valid(row) { Key::Number(truths.value(row).into()) } else { Key::Null })
            }))
        }
        DataType::TinyInt => numbers!(Int8Type, i128::from),
        DataType::SmallInt => numbers!(Int16Type, i128::from),
        DataType::Integer => numbers!(Int32Type, i128::from),
        DataType::BigInt | DataType::Interval | DataType::MonthInterval => numbers!(Int64Type, i128::from),
        DataType::Decimal { .. } => numbers!(Decimal128Type, |number| number),
        // Adding 0 makes −0 the same as 0.
        DataType::Real => numbers!(Float32Type, |number: f32| i128::from((number + 0.0).to_bits())),
        DataType::Double => numbers!(Float64Type, |number: f64| i128::from((number + 0.0).to_bits())),
        DataType::Date => numbers!(Date32Type, i128::from),
        DataType::Time => numbers!(Time32MillisecondType, i128::from),
        DataType::Timestamp => numbers!(TimestampMillisecondType, i128::from),
        DataType::Char(_) | DataType::Varchar(_) => {
            let holder = Values::Rows(Arc::clone(values));
            Box::new(
                (0..values.len()).map(move |row| {
                    make(holder.texts().get(row).map_or(Key::Null, |text| Key::Bytes(text.as_bytes())))
                }),
            )
        }
        DataType::Binary(_) | DataType::Varbinary(_) => {
            let bytes: BinaryViewArray = Values::Rows(Arc::clone(values)).bytes().clone();
            Box::new(
                (0..bytes.len())
                    .map(move |row| make(if bytes.is_valid(row) { Key::Bytes(bytes.value(row)) } else { Key::Null })),
            )
        }
    }
}

/// The rows of a query over tables, carried out as one that stands alone. Rows that fail are left out.
fn rows(node: &Node, tables: &Tables) -> Result<Rows, Fault> {
    let program = Program { streams: Vec::new(), pumps: Vec::new(), queries: vec![node.clone()] };
    let mut graph = Graph::new(&program, &Environment::default(), tables, &[Tap::Query(0)], MEMORY_BYTES_MAX)?;
    let outputs = graph.advance(Entry::default()).map_err(|error| Fault::new(node.span, error.to_string()))?;
    let mut parts = vec![Rows::none(&node.schema)];
    // The times of a table's rows mean nothing, and need not go up.
    let timeless = |part: &Rows| Rows::new(vec![0; part.len()].into(), part.columns().to_vec());
    parts.extend(outputs.taps.iter().flatten().map(timeless));
    Ok(Rows::concat(&parts))
}
