//! What `GROUP BY` and stagger windows gather: groups of equal keys, and for each of them the values of its calls.
//!
//! Groups are numbered from 0, and everything that belongs to them lies in flat lists by that number: a batch of rows is first made into numbers, and then each call goes through
//! its column once.

mod chosen;
mod count;
mod distinct;
mod groups;
mod kept;
mod mean;
mod nothing;
mod sum;
mod text;
mod truth;
mod variance;
mod whole;

#[cfg(test)]
mod tests;

use arrow_array::types::{
    BinaryViewType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    StringViewType, Time32MillisecondType, TimestampMillisecondType,
};
use arrow_array::{Array, ArrayRef};

use crate::evaluate::Evaluated;
use crate::plan::{Aggregate, AggregateFunction};
use crate::rows::arrow_type;
use crate::state::Damaged;
use crate::types::DataType;

pub use groups::Groups;
pub(crate) use groups::firsts;

use chosen::{Choice, Chosen};
use kept::{Numbers, Truths, Views};

/// One call's values for all groups.
pub trait Accumulator: Send {
    /// Makes room, so that there are this many groups.
    fn grow(&mut self, count: usize);

    /// Takes the values of rows (none for `COUNT(*)`), each for its group.
    fn update(&mut self, groups: &[u32], values: Option<&ArrayRef>);

    /// What has come of some groups. A value that its type cannot hold is an error.
    fn values(&self, groups: &[u32]) -> Evaluated;

    /// Makes some groups new again.
    fn reset(&mut self, groups: &[u32]);

    /// Forgets all groups.
    fn clear(&mut self);

    /// The memory that it holds, in bytes.
    fn memory(&self) -> usize;

    /// What is known of some groups, as columns.
    fn state(&self, groups: &[u32]) -> Vec<ArrayRef>;

    /// Takes the columns that [`state`](Accumulator::state) gave, for groups from 0 on; it forgets all others.
    fn restore(&mut self, columns: &mut dyn Iterator<Item = &ArrayRef>) -> Result<(), Damaged>;
}

/// What gathers the values of a call. Calls that need `OVER` are never here.
pub fn accumulator(call: &Aggregate) -> Box<dyn Accumulator> {
    let all = of_all(call);
    if call.distinct { Box::new(distinct::Distinct::new(all)) } else { all }
}

fn of_all(call: &Aggregate) -> Box<dyn Accumulator> {
    let argument = call.argument.as_ref().map(|argument| argument.data_type);
    match &call.function {
        AggregateFunction::Count => Box::new(count::Count::default()),
        _ if argument.is_none_or(|argument| argument == DataType::Null) => {
            Box::new(nothing::Nothing::new(call.data_type))
        }
        AggregateFunction::Sum => sum::sum(argument.expect("checked above"), call.data_type),
        AggregateFunction::Avg => mean::mean(argument.expect("checked above"), call.data_type),
        AggregateFunction::VarPop => Box::new(variance::Variance::new(false, false)),
        AggregateFunction::VarSamp => Box::new(variance::Variance::new(true, false)),
        AggregateFunction::StddevPop => Box::new(variance::Variance::new(false, true)),
        AggregateFunction::StddevSamp => Box::new(variance::Variance::new(true, true)),
        AggregateFunction::Any => Box::new(truth::Truth::new(true)),
        AggregateFunction::Every => Box::new(truth::Truth::new(false)),
        AggregateFunction::Min => chosen(Choice::Smallest, call.data_type),
        AggregateFunction::Max => chosen(Choice::Largest, call.data_type),
        AggregateFunction::FirstValue { ignore_nulls } => {
            chosen(Choice::First { ignore_nulls: *ignore_nulls }, call.data_type)
        }
        AggregateFunction::LastValue { ignore_nulls } => {
            chosen(Choice::Last { ignore_nulls: *ignore_nulls }, call.data_type)
        }
        AggregateFunction::NthValue { .. } | AggregateFunction::Lag { .. } | AggregateFunction::ExpAvg { .. } => {
            unreachable!("the validator asks for OVER")
        }
    }
}

/// What keeps the first value of each group, NULL or not: how the keys of windows are remembered.
pub(crate) fn first_value(data_type: DataType) -> Box<dyn Accumulator> {
    chosen(Choice::First { ignore_nulls: false }, data_type)
}

fn chosen(choice: Choice, data_type: DataType) -> Box<dyn Accumulator> {
    match data_type {
        DataType::Null => Box::new(nothing::Nothing::new(data_type)),
        DataType::Boolean => Box::new(Chosen::<Truths>::new(choice, data_type)),
        DataType::TinyInt => Box::new(Chosen::<Numbers<Int8Type>>::new(choice, data_type)),
        DataType::SmallInt => Box::new(Chosen::<Numbers<Int16Type>>::new(choice, data_type)),
        DataType::Integer => Box::new(Chosen::<Numbers<Int32Type>>::new(choice, data_type)),
        DataType::BigInt | DataType::Interval | DataType::MonthInterval => {
            Box::new(Chosen::<Numbers<Int64Type>>::new(choice, data_type))
        }
        DataType::Decimal { .. } => Box::new(Chosen::<Numbers<Decimal128Type>>::new(choice, data_type)),
        DataType::Real => Box::new(Chosen::<Numbers<Float32Type>>::new(choice, data_type)),
        DataType::Double => Box::new(Chosen::<Numbers<Float64Type>>::new(choice, data_type)),
        DataType::Char(_) | DataType::Varchar(_) => Box::new(Chosen::<Views<StringViewType>>::new(choice, data_type)),
        DataType::Binary(_) | DataType::Varbinary(_) => {
            Box::new(Chosen::<Views<BinaryViewType>>::new(choice, data_type))
        }
        DataType::Date => Box::new(Chosen::<Numbers<Date32Type>>::new(choice, data_type)),
        DataType::Time => Box::new(Chosen::<Numbers<Time32MillisecondType>>::new(choice, data_type)),
        DataType::Timestamp => Box::new(Chosen::<Numbers<TimestampMillisecondType>>::new(choice, data_type)),
    }
}

/// The array as what its column's type says it is.
fn typed<A: Array + 'static>(array: &ArrayRef) -> &A {
    array.as_any().downcast_ref().expect("columns have the types of their schema")
}

/// The next column of a state.
fn column<'c, A: Array + 'static>(columns: &mut dyn Iterator<Item = &'c ArrayRef>) -> Result<&'c A, Damaged> {
    columns.next().and_then(|column| column.as_any().downcast_ref()).ok_or(Damaged)
}

/// Goes through the rows whose value is not NULL, each with its group and its place.
fn each_value(groups: &[u32], array: &dyn Array, mut take: impl FnMut(usize, usize)) {
    match array.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => groups.iter().enumerate().for_each(|(row, group)| take(*group as usize, row)),
        Some(nulls) => nulls.valid_indices().for_each(|row| take(groups[row] as usize, row)),
    }
}

/// The Arrow type of a call's values.
fn arrow(data_type: DataType) -> arrow_schema::DataType {
    arrow_type(data_type)
}
