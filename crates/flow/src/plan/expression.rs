//! Checked expressions over the columns of one node's rows.

use crate::Span;
use crate::ast::{PeriodPredicate, TimeUnit, TrimEnds};
use crate::types::DataType;

use super::{Order, RowFunction};

/// A value made of a row. Two are equal if they always have the same value for the same text, wherever they stand in it.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// The type of its values.
    pub data_type: DataType,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// How it moves from row to row.
    pub order: Order,
    /// The part of the text it comes from.
    pub span: Span,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.data_type == other.data_type && self.kind == other.kind
    }
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A value.
    Literal(Value),
    /// A column of the row.
    Column(usize),
    /// The row's ROWTIME.
    Rowtime,
    /// The moment the row is looked at; ascending.
    CurrentRowTimestamp,
    /// A value of another type. Values that do not fit are errors, texts that are too long are cut.
    Cast(Box<Expr>),
    /// `NOT`.
    Not(Box<Expr>),
    /// `-x`.
    Negate(Box<Expr>),
    /// TRUE if all are.
    And(Vec<Expr>),
    /// TRUE if any is.
    Or(Vec<Expr>),
    /// A comparison of two values of one type.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// NULL-safe equality, or its opposite.
    Distinct {
        /// One value.
        left: Box<Expr>,
        /// The other one.
        right: Box<Expr>,
        /// TRUE if they are the same.
        negated: bool,
    },
    /// `+ - * /` on numbers of one type, or instants and intervals.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// Texts one behind the other.
    Concatenate(Box<Expr>, Box<Expr>),
    /// Whether it is NULL.
    IsNull(Box<Expr>),
    /// Whether it is TRUE (or FALSE), and not NULL.
    IsBoolean(Box<Expr>, bool),
    /// A text against a pattern that was made into a regular expression.
    Matches {
        /// The text.
        value: Box<Expr>,
        /// The whole text must match it.
        pattern: Pattern,
    },
    /// The first branch whose condition is TRUE.
    Case {
        /// Conditions and values.
        branches: Vec<(Expr, Expr)>,
        /// The value if none is.
        otherwise: Box<Expr>,
    },
    /// A part of an instant as a number.
    Extract(TimeUnit, Box<Expr>),
    /// An instant down to a unit, or up.
    RoundTime {
        /// Up instead of down.
        up: bool,
        /// The instant.
        value: Box<Expr>,
        /// The unit.
        to: TimeUnit,
    },
    /// A number without what stands behind the point.
    RoundNumber {
        /// Up instead of down.
        up: bool,
        /// The number.
        value: Box<Expr>,
    },
    /// Down to a multiple of so many milliseconds since 1970.
    StepTime(Box<Expr>, i64),
    /// A whole number down (towards zero) to a multiple.
    StepNumber(Box<Expr>, Box<Expr>),
    /// The milliseconds between two instants, as an interval.
    Between(Box<Expr>, Box<Expr>),
    /// `TRIM`.
    Trim(TrimEnds, Box<Expr>, Box<Expr>),
    /// A predicate on two periods, each two instants.
    Period(PeriodPredicate, Box<[Expr; 2]>, Box<[Expr; 2]>),
    /// What is made of the rows of a query over reference tables.
    Query(Box<super::SubQuery>),
    /// Inside such a query, a value of the row around it, by its place in [`super::SubQuery::outer`].
    Outer(usize),
    /// A field of the row value that a log parser returns.
    Field(std::sync::Arc<RowFunction>, usize),
    /// A call of a scalar function.
    Call(Function, Vec<Expr>),
}

/// What a text is matched with.
#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// SIMILAR TO: a regular expression for the whole text.
    Fixed(String),
    /// A LIKE pattern and perhaps an escape character. What is written out has been checked.
    Like(Box<Expr>, Option<Box<Expr>>),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// What holds if this does not, where neither value is NULL.
    pub(crate) fn opposite(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }
}

/// An operation on numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`; by zero it is an error.
    Divide,
}

/// A scalar function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// `ABS`
    Abs,
    /// `EXP`
    Exp,
    /// `LN`
    Ln,
    /// `LOG10`
    Log10,
    /// `MOD`
    Mod,
    /// `POWER`
    Power,
    /// `CHAR_LENGTH`
    CharLength,
    /// `INITCAP`
    InitCap,
    /// `LOWER`
    Lower,
    /// `UPPER`
    Upper,
    /// `OVERLAY`
    Overlay,
    /// `POSITION`
    Position,
    /// `REGEX_REPLACE`
    RegexReplace,
    /// `SUBSTRING (x FROM start FOR length)`
    Substring,
    /// `SUBSTRING (x FROM pattern)`
    SubstringPattern,
    /// `CHAR_TO_TIMESTAMP`
    CharToTimestamp,
    /// `CHAR_TO_DATE`
    CharToDate,
    /// `CHAR_TO_TIME`
    CharToTime,
    /// `TIMESTAMP_TO_CHAR`, `DATE_TO_CHAR`, `TIME_TO_CHAR`
    ToChar,
    /// `TO_TIMESTAMP`
    ToTimestamp,
    /// `UNIX_TIMESTAMP`
    UnixTimestamp,
    /// `TSDIFF`
    TsDiff,
    /// `CAST (interval AS VARCHAR)` of an interval with these units, from the largest to the smallest: `+6:11`.
    IntervalToChar(TimeUnit, TimeUnit),
    /// `COALESCE`
    Coalesce,
    /// `NULLIF`
    NullIf,
}

/// A value that a program holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A whole number of any width, or a decimal's digits without the point.
    Integer(i64),
    /// Binary floating point.
    Double(f64),
    /// Characters.
    Text(String),
    /// Bytes.
    Binary(Vec<u8>),
    /// Milliseconds since 1970, of the day's start for a DATE; milliseconds of the day for a TIME; an interval's length.
    Milliseconds(i64),
    /// The months of an interval.
    Months(i64),
}

impl Expr {
    /// The expressions it is made of.
    pub fn parts(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Literal(_)
            | ExprKind::Column(_)
            | ExprKind::Outer(_)
            | ExprKind::Rowtime
            | ExprKind::CurrentRowTimestamp => Vec::new(),
            ExprKind::Cast(one)
            | ExprKind::Not(one)
            | ExprKind::Negate(one)
            | ExprKind::IsNull(one)
            | ExprKind::IsBoolean(one, _)
            | ExprKind::Extract(_, one)
            | ExprKind::RoundTime { value: one, .. }
            | ExprKind::RoundNumber { value: one, .. }
            | ExprKind::StepTime(one, _) => vec![one],
            ExprKind::Query(query) => query.parts(),
            ExprKind::And(all) | ExprKind::Or(all) | ExprKind::Call(_, all) => all.iter().collect(),
            ExprKind::Compare(_, one, two)
            | ExprKind::Distinct { left: one, right: two, .. }
            | ExprKind::Arithmetic(_, one, two)
            | ExprKind::Concatenate(one, two)
            | ExprKind::StepNumber(one, two)
            | ExprKind::Between(one, two)
            | ExprKind::Trim(_, one, two) => vec![one, two],
            ExprKind::Matches { value, pattern: Pattern::Fixed(_) } => vec![value],
            ExprKind::Matches { value, pattern: Pattern::Like(pattern, escape) } => {
                std::iter::once(&**value).chain([&**pattern]).chain(escape.as_deref()).collect()
            }
            ExprKind::Case { branches, otherwise } => {
                branches.iter().flat_map(|(when, then)| [when, then]).chain([&**otherwise]).collect()
            }
            ExprKind::Period(_, one, two) => one.iter().chain(two.iter()).collect(),
            ExprKind::Field(function, _) => vec![&function.text],
        }
    }

    /// Whether all its columns stand before (false) or from (true) a place on; none if it has both, or none at all.
    pub(crate) fn side(&self, first_right: usize) -> Option<bool> {
        let mut sides = (false, false);
        self.look_for_sides(first_right, &mut sides);
        match sides {
            (true, false) => Some(false),
            (false, true) => Some(true),
            _ => None,
        }
    }

    fn look_for_sides(&self, first_right: usize, sides: &mut (bool, bool)) {
        match &self.kind {
            ExprKind::Column(index) if *index >= first_right => sides.1 = true,
            ExprKind::Column(_) => sides.0 = true,
            // The joined row's own time belongs to neither side.
            ExprKind::Rowtime | ExprKind::CurrentRowTimestamp => *sides = (true, true),
            _ => self.parts().into_iter().for_each(|part| part.look_for_sides(first_right, sides)),
        }
    }

    /// A column of the rows of an operator, of which nothing but its type is known.
    pub(crate) fn column(index: usize, data_type: DataType, span: Span) -> Self {
        Self { kind: ExprKind::Column(index), data_type, nullable: true, order: Order::None, span }
    }

    /// The conditions that stand with AND between them in a condition, which may be one alone.
    pub(crate) fn conditions(self) -> Vec<Self> {
        match self.kind {
            ExprKind::And(parts) => parts,
            _ => vec![self],
        }
    }

    /// One condition that holds where all of these hold; none of none.
    pub(crate) fn all(mut conditions: Vec<Self>, span: Span) -> Option<Self> {
        match conditions.len() {
            0 | 1 => conditions.pop(),
            _ => Some(Self {
                kind: ExprKind::And(conditions),
                data_type: DataType::Boolean,
                nullable: true,
                order: Order::None,
                span,
            }),
        }
    }

    /// The expression over the right side's own columns.
    pub(crate) fn moved(&self, first_right: usize) -> Expr {
        let mut moved = self.clone();
        moved.move_columns(first_right);
        moved
    }

    fn move_columns(&mut self, by: usize) {
        if let ExprKind::Column(index) = &mut self.kind {
            *index -= by;
        }
        self.parts_mut().into_iter().for_each(|part| part.move_columns(by));
    }

    /// The expressions it is made of, to be changed.
    pub(crate) fn parts_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.kind {
            ExprKind::Literal(_)
            | ExprKind::Column(_)
            | ExprKind::Outer(_)
            | ExprKind::Rowtime
            | ExprKind::CurrentRowTimestamp => Vec::new(),
            ExprKind::Cast(one)
            | ExprKind::Not(one)
            | ExprKind::Negate(one)
            | ExprKind::IsNull(one)
            | ExprKind::IsBoolean(one, _)
            | ExprKind::Extract(_, one)
            | ExprKind::RoundTime { value: one, .. }
            | ExprKind::RoundNumber { value: one, .. }
            | ExprKind::StepTime(one, _) => vec![one],
            ExprKind::Query(query) => query.parts_mut(),
            ExprKind::And(all) | ExprKind::Or(all) | ExprKind::Call(_, all) => all.iter_mut().collect(),
            ExprKind::Compare(_, one, two)
            | ExprKind::Distinct { left: one, right: two, .. }
            | ExprKind::Arithmetic(_, one, two)
            | ExprKind::Concatenate(one, two)
            | ExprKind::StepNumber(one, two)
            | ExprKind::Between(one, two)
            | ExprKind::Trim(_, one, two) => vec![one, two],
            ExprKind::Matches { value, pattern: Pattern::Fixed(_) } => vec![value],
            ExprKind::Matches { value, pattern: Pattern::Like(pattern, escape) } => {
                std::iter::once(&mut **value).chain([&mut **pattern]).chain(escape.as_deref_mut()).collect()
            }
            ExprKind::Case { branches, otherwise } => {
                branches.iter_mut().flat_map(|(when, then)| [when, then]).chain([&mut **otherwise]).collect()
            }
            ExprKind::Period(_, one, two) => one.iter_mut().chain(two.iter_mut()).collect(),
            ExprKind::Field(function, _) => vec![&mut std::sync::Arc::make_mut(function).text],
        }
    }
}
