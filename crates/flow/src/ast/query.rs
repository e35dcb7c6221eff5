//! Queries: what rows are asked for.

use super::{Expression, Name};
use crate::Span;

/// A select or a union of them, perhaps in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The rows.
    pub body: QueryBody,
    /// The order they leave in; arrival when it is empty.
    pub order_by: Vec<OrderItem>,
    /// `WITHIN INTERVAL …` behind `ORDER BY`: how late a row may be and still be put in order.
    pub within: Option<Expression>,
    /// All of it.
    pub span: Span,
}

/// Rows, not ordered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryBody {
    /// `SELECT …`.
    Select(Box<Select>),
    /// `… UNION ALL …`.
    UnionAll(Box<QueryBody>, Box<QueryBody>),
    /// `VALUES (…), (…)`.
    Values(Vec<Vec<Expression>>, Span),
    /// A query in parentheses.
    Nested(Box<Query>),
}

/// One `SELECT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Select {
    /// Whether `STREAM` was said: rows keep coming.
    pub stream: bool,
    /// Whether repeated rows are left out.
    pub distinct: bool,
    /// What each row holds.
    pub items: Vec<SelectItem>,
    /// Where rows come from; more than one is a cross join.
    pub from: Vec<TableReference>,
    /// `WHERE`.
    pub filter: Option<Expression>,
    /// `GROUP BY` or `WINDOWED BY`.
    pub grouping: Grouping,
    /// `HAVING`.
    pub having: Option<Expression>,
    /// `WINDOW name AS (…), …`.
    pub windows: Vec<(Name, Window)>,
    /// All of it.
    pub span: Span,
}

/// How rows are gathered into groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grouping {
    /// Not at all.
    None,
    /// `GROUP BY …`.
    By(Vec<Expression>),
    /// `WINDOWED BY STAGGER (PARTITION BY … RANGE INTERVAL …)`.
    Stagger {
        /// The keys; a window for each of their values.
        partition_by: Vec<Expression>,
        /// How long a window is open after its first row.
        range: Expression,
        /// Where it stands.
        span: Span,
    },
}

/// One item of a select list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectItem {
    /// `*`.
    Wildcard(Span),
    /// `name.*`.
    QualifiedWildcard(Name),
    /// An expression.
    Expression {
        /// The value.
        value: Expression,
        /// `AS name`.
        alias: Option<Name>,
        /// `AS name(columns)`: names for the fields of a row value.
        fields: Vec<Name>,
    },
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableReference {
    /// A stream, view or table by name.
    Named {
        /// Which one.
        name: Name,
        /// The rows of it that a join looks at.
        window: Option<WindowReference>,
        /// `AS alias (columns)`.
        alias: Option<Alias>,
    },
    /// A query in parentheses.
    Derived {
        /// The query.
        query: Box<Query>,
        /// The rows of it that a join looks at.
        window: Option<WindowReference>,
        /// `AS alias (columns)`.
        alias: Option<Alias>,
    },
    /// `TABLE (function (CURSOR (…), …))`.
    Function {
        /// The function.
        name: Name,
        /// Its arguments, cursors among them.
        arguments: Vec<Expression>,
        /// `AS alias (columns)`.
        alias: Option<Alias>,
        /// All of it.
        span: Span,
    },
    /// `left JOIN right ON …`.
    Join(Box<Join>),
}

/// `AS name (columns)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The new name.
    pub name: Name,
    /// New names for the columns.
    pub columns: Vec<Name>,
}

/// Two inputs joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// The left input.
    pub left: TableReference,
    /// The right input.
    pub right: TableReference,
    /// Which rows come out without a partner.
    pub kind: JoinKind,
    /// Which rows are partners.
    pub condition: JoinCondition,
    /// From the left input to the condition.
    pub span: Span,
}

/// Which rows of a join come out without a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// None.
    Inner,
    /// Those of the left input.
    Left,
    /// Those of the right input.
    Right,
    /// Those of both.
    Full,
    /// Every row is every row's partner.
    Cross,
}

/// Which rows are partners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinCondition {
    /// All: a cross join.
    None,
    /// `ON condition`.
    On(Expression),
    /// `USING (columns)`.
    Using(Vec<Name>),
    /// `NATURAL`: all columns of the same name.
    Natural,
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderItem {
    /// The key.
    pub key: Expression,
    /// `DESC`.
    pub descending: bool,
    /// `NULLS FIRST` (true) or `NULLS LAST`; nothing said means first when ascending.
    pub nulls_first: Option<bool>,
}

/// A window by name or as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WindowReference {
    /// `OVER name`.
    Named(Name),
    /// `OVER (…)`.
    Written(Box<Window>),
}

/// `([name] [PARTITION BY …] [ORDER BY …] [ROWS | RANGE …])`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// A named window that this one refines.
    pub base: Option<Name>,
    /// `PARTITION BY`.
    pub partition_by: Vec<Expression>,
    /// `ORDER BY`.
    pub order_by: Vec<OrderItem>,
    /// Which rows it holds.
    pub frame: Option<Frame>,
    /// All of it.
    pub span: Span,
}

/// Which rows a window holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Whether bounds count rows or time.
    pub unit: FrameUnit,
    /// The old edge.
    pub start: FrameBound,
    /// The new edge; the current row when nothing is said.
    pub end: Option<FrameBound>,
}

/// What a frame's bounds count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameUnit {
    /// Rows.
    Rows,
    /// Time by `ROWTIME`.
    Range,
}

/// One edge of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameBound {
    /// `CURRENT ROW`.
    CurrentRow,
    /// `UNBOUNDED PRECEDING`.
    UnboundedPreceding,
    /// `UNBOUNDED FOLLOWING`.
    UnboundedFollowing,
    /// `n PRECEDING`.
    Preceding(Expression),
    /// `n FOLLOWING`.
    Following(Expression),
}
