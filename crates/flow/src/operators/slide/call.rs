//! One call of a sliding window: what it keeps of each group, and its answer for each row.

use arrow_array::{ArrayRef, Int64Array, new_null_array};
use arrow_buffer::NullBufferBuilder;
use arrow_schema::DataType as Arrow;

use super::exact::{ExactSum, Of};
use super::extreme::{Extreme, Search};
use super::fold::{Decay, DoubleSum, Fold, Measure, Moments, Weighted};
use super::position::{Place, Position, Which};
use super::values::{Argument, Native};
use super::window::Moves;
use crate::plan::{Aggregate, AggregateFunction, Extent};
use crate::rows::arrow_type;
use crate::state::{Damaged, Loader, Saver};
use crate::types::{DECIMAL_DIGITS_MAX, DataType};

/// So many groups are looked at together before the first of them is worked on: few enough for the nearest cache.
const GLANCE_ROWS: usize = 32;

/// One call over one window.
pub(super) trait Call: Send {
    /// Takes rows into its window and answers for each.
    fn run(&mut self, moves: &Moves, argument: Option<&ArrayRef>, default: Option<&ArrayRef>) -> Answers;
    /// A group is gone; its number may be given to another one.
    fn forget(&mut self, group: u32);
    /// Groups get new numbers; those that are not named are gone already.
    fn renumber(&mut self, old: &[u32]);
    fn memory(&self) -> usize;
    fn save(&self, saver: &mut Saver);
    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged>;
}

/// A value for each row.
pub(super) struct Answers {
    pub(super) values: ArrayRef,
    /// Rows whose value does not fit its type, ascending.
    pub(super) overflows: Vec<usize>,
}

/// A row on its way into a window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// The number of the row within its group.
    pub(super) row: u64,
    /// The number of the oldest row that is in the window then.
    pub(super) first: u64,
    /// Its ROWTIME.
    pub(super) time: i64,
}

/// What a call keeps of the rows of one group.
pub(super) trait State: Default + Send {
    type Settings: Send;
    type Value: Native;
    type Answer: Native;
    /// Looks at itself, where that is worth it before a step.
    fn glance(&self) {}
    /// Looks at the memory beside itself that a step is going to look at.
    fn glance_beside(&self) {}
    /// The row comes into the window, and what is too old for it leaves.
    fn step(&mut self, settings: &Self::Settings, step: Step, value: Option<Self::Value>);
    /// The answer for the newest row.
    fn answer(&self, settings: &Self::Settings) -> Answer<Self::Answer>;
    /// The memory beside itself, in bytes.
    fn memory(&self) -> usize;
    fn save(&self, saver: &mut Saver);
    fn load(loader: &mut Loader<'_>) -> Result<Self, Damaged>;
}

/// The answer for one row.
pub(super) enum Answer<T> {
    Value(T),
    Null,
    /// What the call says of rows that are not there.
    Default,
    /// It does not fit its type.
    Overflow,
}

/// A call with its state for each group.
struct Groups<S: State> {
    settings: S::Settings,
    data_type: Arrow,
    states: Vec<S>,
    /// Memory beside the states themselves.
    memory: usize,
}

impl<S: State + 'static> Groups<S> {
    fn boxed(settings: S::Settings, data_type: DataType) -> Box<dyn Call>
    where
        S::Settings: 'static,
    {
        Box::new(Self { settings, data_type: arrow_type(data_type), states: Vec::new(), memory: 0 })
    }
}

impl<S: State> Call for Groups<S> {
    fn run(&mut self, moves: &Moves, argument: Option<&ArrayRef>, default: Option<&ArrayRef>) -> Answers {
        let argument = Argument::<S::Value>::new(argument.expect("only COUNT(*) has no argument"));
        let default = default.map(Argument::<S::Answer>::new);
        if self.states.len() < moves.groups_end {
            self.states.resize_with(moves.groups_end, S::default);
        }
        let mut overflows = Vec::new();
        let mut values = Vec::with_capacity(moves.groups.len());
        let mut nulls = NullBufferBuilder::new(moves.groups.len());
        for (index, group) in moves.groups.iter().enumerate() {
            if index.is_multiple_of(GLANCE_ROWS) {
                // Groups lie all over the memory. Asked for one behind the other, each is waited for; asked for together, they
                // come together, and so does what each of them points to.
                let next = &moves.groups[index..moves.groups.len().min(index + GLANCE_ROWS)];
                next.iter().for_each(|group| self.states[*group as usize].glance());
                next.iter().for_each(|group| self.states[*group as usize].glance_beside());
            }
            let state = &mut self.states[*group as usize];
            let before = state.memory();
            let step = Step { row: moves.rows[index], first: moves.firsts[index], time: moves.times[index] };
            state.step(&self.settings, step, argument.get(index));
            self.memory = self.memory + state.memory() - before;
            let answer = match state.answer(&self.settings) {
                Answer::Value(value) => Some(value),
                Answer::Null => None,
                Answer::Default => default.as_ref().and_then(|default| default.get(index)),
                Answer::Overflow => {
                    overflows.push(index);
                    None
                }
            };
            nulls.append(answer.is_some());
            values.push(answer.unwrap_or_default());
        }
        Answers { values: S::Answer::array(values, nulls.finish(), &self.data_type), overflows }
    }

    fn forget(&mut self, group: u32) {
        if let Some(state) = self.states.get_mut(group as usize) {
            self.memory -= state.memory();
            *state = S::default();
        }
    }

    fn renumber(&mut self, old: &[u32]) {
        let state = |number: &u32| self.states.get_mut(*number as usize).map(std::mem::take).unwrap_or_default();
        self.states = old.iter().map(state).collect();
    }

    fn memory(&self) -> usize {
        self.memory + self.states.capacity() * size_of::<S>()
    }

    fn save(&self, saver: &mut Saver) {
        saver.count(self.states.len());
        self.states.iter().for_each(|state| state.save(saver));
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        self.states.clear();
        for _ in 0..loader.count()? {
            self.states.push(S::load(loader)?);
        }
        self.memory = self.states.iter().map(S::memory).sum();
        Ok(())
    }
}

/// `COUNT(*)`: the window knows.
struct CountRows;

impl Call for CountRows {
    fn run(&mut self, moves: &Moves, _: Option<&ArrayRef>, _: Option<&ArrayRef>) -> Answers {
        let count = |(row, first): (&u64, &u64)| i64::try_from(row - first + 1).expect("fewer rows than 2^63");
        let values: Int64Array = moves.rows.iter().zip(&moves.firsts).map(count).collect::<Vec<_>>().into();
        Answers { values: std::sync::Arc::new(values), overflows: Vec::new() }
    }
    fn forget(&mut self, _: u32) {}
    fn renumber(&mut self, _: &[u32]) {}
    fn memory(&self) -> usize {
        0
    }
    fn save(&self, _: &mut Saver) {}
    fn load(&mut self, _: &mut Loader<'_>) -> Result<(), Damaged> {
        Ok(())
    }
}

/// A call on NULL.
struct Nothing(Arrow);

impl Call for Nothing {
    fn run(&mut self, moves: &Moves, _: Option<&ArrayRef>, _: Option<&ArrayRef>) -> Answers {
        Answers { values: new_null_array(&self.0, moves.groups.len()), overflows: Vec::new() }
    }
    fn forget(&mut self, _: u32) {}
    fn renumber(&mut self, _: &[u32]) {}
    fn memory(&self) -> usize {
        0
    }
    fn save(&self, _: &mut Saver) {}
    fn load(&mut self, _: &mut Loader<'_>) -> Result<(), Damaged> {
        Ok(())
    }
}

/// The call that a plan describes, over a window.
pub(super) fn new(plan: &Aggregate, extent: Extent) -> Box<dyn Call> {
    use AggregateFunction as Plan;
    let endless = extent == Extent::Unbounded;
    let answer = plan.data_type;
    let Some(argument) = plan.argument.as_ref().map(|argument| argument.data_type) else { return Box::new(CountRows) };
    let exact = |of| exact(argument, answer, endless, of);
    let measured = |measure| Groups::<Fold<Moments>>::boxed((measure, endless), answer);
    let place = |which, place, ignore_nulls, defaults| {
        position(argument, answer, Place { which, place, ignore_nulls, defaults, endless })
    };
    match &plan.function {
        Plan::Count => Groups::<ExactSum<()>>::boxed(sum_settings(answer, endless, Of::Count), answer),
        _ if argument == DataType::Null => Box::new(Nothing(arrow_type(answer))),
        Plan::Sum if argument.is_approximate() => Groups::<Fold<DoubleSum>>::boxed((Measure::Sum, endless), answer),
        Plan::Avg if argument.is_approximate() => Groups::<Fold<DoubleSum>>::boxed((Measure::Mean, endless), answer),
        Plan::Sum => exact(Of::Sum),
        Plan::Avg => exact(Of::Mean),
        Plan::Any => exact(Of::Any),
        Plan::Every => exact(Of::Every),
        Plan::Min => extreme(argument, answer, Search { largest: false, endless }),
        Plan::Max => extreme(argument, answer, Search { largest: true, endless }),
        Plan::VarPop => measured(Measure::VarPop),
        Plan::VarSamp => measured(Measure::VarSamp),
        Plan::StddevPop => measured(Measure::StddevPop),
        Plan::StddevSamp => measured(Measure::StddevSamp),
        Plan::ExpAvg { half_life_ms } => Groups::<Fold<Weighted>>::boxed((Decay::new(*half_life_ms), endless), answer),
        Plan::FirstValue { ignore_nulls } => place(Which::FromFirst, 0, *ignore_nulls, false),
        Plan::LastValue { ignore_nulls } => place(Which::FromLast, 0, *ignore_nulls, false),
        Plan::NthValue { n, from_last: false, ignore_nulls } => place(Which::FromFirst, n - 1, *ignore_nulls, false),
        Plan::NthValue { n, from_last: true, ignore_nulls } => place(Which::FromLast, n - 1, *ignore_nulls, false),
        Plan::Lag { offset, ignore_nulls, default } => {
            place(Which::BeforeCurrent, *offset, *ignore_nulls, default.is_some())
        }
    }
}

fn sum_settings(answer: DataType, endless: bool, of: Of) -> super::exact::Settings {
    let range = match answer {
        DataType::Decimal { .. } => {
            let largest = 10i128.pow(u32::from(DECIMAL_DIGITS_MAX)) - 1;
            -largest..=largest
        }
        _ => i128::from(i64::MIN)..=i128::from(i64::MAX),
    };
    super::exact::Settings { of, range, endless }
}

fn exact(argument: DataType, answer: DataType, endless: bool, of: Of) -> Box<dyn Call> {
    let settings = sum_settings(answer, endless, of);
    match argument {
        DataType::Boolean => Groups::<ExactSum<bool>>::boxed(settings, answer),
        DataType::TinyInt | DataType::SmallInt | DataType::Integer => Groups::<ExactSum<i32>>::boxed(settings, answer),
        DataType::Decimal { .. } => Groups::<ExactSum<i128>>::boxed(settings, answer),
        _ => Groups::<ExactSum<i64>>::boxed(settings, answer),
    }
}

/// One state for each of the plain types.
macro_rules! by_type {
    ($state:ident, $argument:expr, $answer:expr, $settings:expr) => {
        match $argument {
            DataType::Boolean => Groups::<$state<bool>>::boxed($settings, $answer),
            DataType::TinyInt | DataType::SmallInt | DataType::Integer | DataType::Date | DataType::Time => {
                Groups::<$state<i32>>::boxed($settings, $answer)
            }
            DataType::BigInt | DataType::Timestamp | DataType::Interval | DataType::MonthInterval | DataType::Null => {
                Groups::<$state<i64>>::boxed($settings, $answer)
            }
            DataType::Decimal { .. } => Groups::<$state<i128>>::boxed($settings, $answer),
            DataType::Real | DataType::Double => Groups::<$state<f64>>::boxed($settings, $answer),
            DataType::Char(_) | DataType::Varchar(_) | DataType::Binary(_) | DataType::Varbinary(_) => {
                Groups::<$state<Box<[u8]>>>::boxed($settings, $answer)
            }
        }
    };
}

fn extreme(argument: DataType, answer: DataType, search: Search) -> Box<dyn Call> {
    by_type!(Extreme, argument, answer, search)
}

fn position(argument: DataType, answer: DataType, place: Place) -> Box<dyn Call> {
    by_type!(Position, argument, answer, place)
}
