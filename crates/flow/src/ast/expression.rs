//! Expressions: what a value is made of.

use super::{Name, Query, WindowReference};
use crate::Span;

/// An expression and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// All of it.
    pub span: Span,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpressionKind {
    /// A value written out.
    Literal(Literal),
    /// `column`, `stream.column`, `stream.column.field`.
    Column(Vec<Name>),
    /// `-x`, `+x`, `NOT x`.
    Unary(UnaryOperator, Box<Expression>),
    /// `x + y`, `x AND y`, …
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
    /// `x [NOT] BETWEEN [SYMMETRIC] low AND high`.
    Between {
        /// The value.
        value: Box<Expression>,
        /// One bound.
        low: Box<Expression>,
        /// The other bound.
        high: Box<Expression>,
        /// Whether the bounds may stand in either order.
        symmetric: bool,
        /// `NOT`.
        negated: bool,
    },
    /// `x [NOT] IN (…)`.
    InList {
        /// The value.
        value: Box<Expression>,
        /// The candidates.
        list: Vec<Expression>,
        /// `NOT`.
        negated: bool,
    },
    /// `x [NOT] IN (SELECT …)`.
    InQuery {
        /// The value.
        value: Box<Expression>,
        /// The candidates.
        query: Box<Query>,
        /// `NOT`.
        negated: bool,
    },
    /// `x = ANY (SELECT …)`, `x > ALL (SELECT …)`, with any comparison.
    Quantified {
        /// The value.
        value: Box<Expression>,
        /// A comparison.
        operator: BinaryOperator,
        /// `ALL` instead of `ANY` or `SOME`.
        all: bool,
        /// What it is compared with.
        query: Box<Query>,
    },
    /// `[NOT] EXISTS (SELECT …)`; `NOT` is a [`UnaryOperator::Not`] around it.
    Exists(Box<Query>),
    /// `(SELECT …)` as a value.
    Subquery(Box<Query>),
    /// `x [NOT] LIKE pattern [ESCAPE c]`, or `SIMILAR TO`.
    Like {
        /// The value.
        value: Box<Expression>,
        /// The pattern.
        pattern: Box<Expression>,
        /// `ESCAPE`.
        escape: Option<Box<Expression>>,
        /// `SIMILAR TO` instead of `LIKE`.
        similar: bool,
        /// `NOT`.
        negated: bool,
    },
    /// `x IS [NOT] NULL | TRUE | FALSE | UNKNOWN`.
    Is {
        /// The value.
        value: Box<Expression>,
        /// What it is compared with.
        what: IsWhat,
        /// `NOT`.
        negated: bool,
    },
    /// `x IS [NOT] DISTINCT FROM y`.
    IsDistinctFrom {
        /// One value.
        left: Box<Expression>,
        /// The other value.
        right: Box<Expression>,
        /// `NOT`.
        negated: bool,
    },
    /// `CASE [operand] WHEN … THEN … ELSE … END`.
    Case {
        /// What each `WHEN` is compared with; without it each `WHEN` is a condition.
        operand: Option<Box<Expression>>,
        /// `WHEN … THEN …`.
        branches: Vec<(Expression, Expression)>,
        /// `ELSE`.
        otherwise: Option<Box<Expression>>,
    },
    /// `CAST (x AS type)`.
    Cast(Box<Expression>, TypeName),
    /// `EXTRACT (unit FROM x)`.
    Extract(TimeUnit, Box<Expression>),
    /// `FLOOR | CEIL (x [TO unit])`.
    Round {
        /// `CEIL` instead of `FLOOR`.
        up: bool,
        /// The value.
        value: Box<Expression>,
        /// `TO unit`.
        to: Option<TimeUnit>,
    },
    /// `STEP (x BY size)`.
    Step(Box<Expression>, Box<Expression>),
    /// `SUBSTRING (x FROM start [FOR length])`; with a pattern for `start`, and perhaps an escape, the regular-expression form.
    Substring {
        /// The value.
        value: Box<Expression>,
        /// First character, from 1, or the pattern.
        from: Box<Expression>,
        /// How many characters, or the escape character.
        length: Option<Box<Expression>>,
    },
    /// `TRIM ([BOTH | LEADING | TRAILING] [what FROM] x)`.
    Trim {
        /// Which ends.
        ends: TrimEnds,
        /// The character to remove; a space when nothing is said.
        what: Option<Box<Expression>>,
        /// The value.
        value: Box<Expression>,
    },
    /// `OVERLAY (x PLACING y FROM start [FOR length])`.
    Overlay {
        /// The value.
        value: Box<Expression>,
        /// What is put in.
        placing: Box<Expression>,
        /// The first character replaced, from 1.
        from: Box<Expression>,
        /// How many characters are replaced; as many as are put in when nothing is said.
        length: Option<Box<Expression>>,
    },
    /// `POSITION (x IN y)`.
    Position(Box<Expression>, Box<Expression>),
    /// `(x - y) SECOND`: the time between two instants as an interval.
    IntervalBetween {
        /// The later instant.
        left: Box<Expression>,
        /// The earlier instant.
        right: Box<Expression>,
        /// In which units.
        unit: IntervalUnit,
    },
    /// A call of a function.
    Call(Box<Call>),
    /// `CURSOR (SELECT STREAM …)`, an argument of a table function.
    Cursor(Box<Query>),
    /// `(a, b, …)` or `ROW (a, b, …)`.
    Row(Vec<Expression>),
}

/// A value written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// `NULL`.
    Null,
    /// `TRUE`, `FALSE`; `UNKNOWN` is [`Literal::Null`] of that type.
    Boolean(bool),
    /// Digits, with or without a point or an exponent, as written.
    Number(String),
    /// `'…'` or `u&'…'`.
    Text(String),
    /// `X'…'`.
    Binary(Vec<u8>),
    /// `DATE '…'`.
    Date(String),
    /// `TIME '…'`.
    Time(String),
    /// `TIMESTAMP '…'`.
    Timestamp(String),
    /// `INTERVAL [-] '…' unit`.
    Interval {
        /// What stands between the quotes.
        text: String,
        /// Whether a minus stands before them.
        negative: bool,
        /// The units it is in.
        unit: IntervalUnit,
    },
}

/// `DAY`, `MINUTE TO SECOND`, `SECOND(10, 3)` …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntervalUnit {
    /// The largest unit.
    pub from: TimeUnit,
    /// The smallest unit, when it differs.
    pub to: Option<TimeUnit>,
    /// The most digits of the largest unit; 2 when nothing is said.
    pub precision: Option<u32>,
    /// The digits behind the point of seconds.
    pub fraction: Option<u32>,
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeUnit {
    /// Years.
    Year,
    /// Months.
    Month,
    /// Weeks.
    Week,
    /// Days.
    Day,
    /// Hours.
    Hour,
    /// Minutes.
    Minute,
    /// Seconds.
    Second,
}

/// An operator before one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`
    Minus,
    /// `+`
    Plus,
    /// `NOT`
    Not,
}

/// An operator between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `OR`
    Or,
    /// `AND`
    And,
    /// `=`
    Equal,
    /// `<>`, `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `||`
    Concatenate,
    /// A predicate on two periods.
    Period(PeriodPredicate),
}

/// A predicate on two periods. A period is all instants from its start up to its end without the end; one whose start is its end is
/// that instant. AWS's page says so of `CONTAINS`, calls the first seven those of standard SQL, and only draws the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeriodPredicate {
    /// The right lies within the left.
    Contains,
    /// They share an instant.
    Overlaps,
    /// Both are the same.
    Equals,
    /// The left ends before the right starts, or as it starts.
    Precedes,
    /// The left starts after the right ends, or as it ends.
    Succeeds,
    /// The left ends as the right starts.
    ImmediatelyPrecedes,
    /// The left starts as the right ends.
    ImmediatelySucceeds,
    /// The left starts before the right starts and ends at or before its end.
    Leads,
    /// The left ends after the right ends and starts at or after its start.
    Lags,
    /// `CONTAINS`, and they neither start nor end together.
    StrictlyContains,
    /// `OVERLAPS`, and they neither start nor end together.
    StrictlyOverlaps,
    /// The left ends before the right starts.
    StrictlyPrecedes,
    /// The left starts after the right ends.
    StrictlySucceeds,
    /// `LEADS`, and they do not end together.
    StrictlyLeads,
    /// `LAGS`, and they do not start together.
    StrictlyLags,
    /// `LEADS`, and the left ends as the right starts.
    ImmediatelyLeads,
    /// `LAGS`, and the left starts as the right ends.
    ImmediatelyLags,
}

/// What `IS` compares with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IsWhat {
    /// `NULL`
    Null,
    /// `TRUE`
    True,
    /// `FALSE`
    False,
    /// `UNKNOWN`
    Unknown,
}

/// The ends of a text that `TRIM` cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrimEnds {
    /// Both.
    Both,
    /// The start.
    Leading,
    /// The end.
    Trailing,
}

/// A call of a function, aggregate or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The function.
    pub name: Name,
    /// Arguments; `*` has none and sets `star`.
    pub arguments: Vec<Expression>,
    /// `COUNT(*)`.
    pub star: bool,
    /// `COUNT(DISTINCT x)`.
    pub distinct: bool,
    /// `IGNORE NULLS` (true) or `RESPECT NULLS`.
    pub ignore_nulls: Option<bool>,
    /// `FROM LAST` (true) or `FROM FIRST`.
    pub from_last: Option<bool>,
    /// `OVER …`.
    pub over: Option<WindowReference>,
}

/// A type as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeName {
    /// Its words in upper case, one space between: `DOUBLE PRECISION`.
    pub name: String,
    /// Numbers in parentheses: length, or precision and scale.
    pub arguments: Vec<u32>,
    /// The units of an `INTERVAL`.
    pub interval: Option<IntervalUnit>,
    /// Where it stands.
    pub span: Span,
}
