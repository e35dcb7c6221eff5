//! A checked program: what is to be run, with every name resolved and every type known.
//!
//! Rows between nodes are a ROWTIME and the values of a [`Schema`]; ROWTIME is beside the columns, not among them.

mod call;
mod expression;
mod sub_query;

pub use call::*;
pub use expression::*;
pub use sub_query::*;

use crate::Span;
use crate::types::DataType;

/// The columns of rows, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    /// The columns.
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its folded name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// Whether it may hold NULL.
    pub nullable: bool,
    /// Whether `*` leaves it out, as it does `APPROXIMATE_ARRIVAL_TIME`.
    pub hidden: bool,
    /// Whether its values never fall (or never rise) from row to row.
    pub order: Order,
    /// The row value that it is a field of: `l.r.COLUMN1` is column `COLUMN1` of row `R`.
    pub of_row: Option<String>,
}

/// How the values of an expression move from one row to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// Anyhow.
    None,
    /// They are all the same.
    Constant,
    /// They never fall.
    Ascending,
    /// They never rise.
    Descending,
}

/// A program that can be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    /// The streams that the program makes.
    pub streams: Vec<Stream>,
    /// What moves rows into them.
    pub pumps: Vec<Pump>,
    /// Queries that stand alone, as a terminal runs them.
    pub queries: Vec<Node>,
}

/// A stream that a program makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Its folded name.
    pub name: String,
    /// Its columns.
    pub schema: Schema,
}

/// Rows of a query on their way into a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Pump {
    /// Its folded name.
    pub name: String,
    /// Whether it runs.
    pub started: bool,
    /// The stream that gets the rows.
    pub stream: String,
    /// Rows with the stream's columns, cast where that was needed.
    pub input: Node,
}

/// A step of a query. Its rows have the columns of [`Node::schema`] and leave in ascending ROWTIME. Two are equal if they do the same,
/// wherever they stand in the text.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it does.
    pub kind: NodeKind,
    /// The columns of its rows.
    pub schema: Schema,
    /// Whether rows keep coming; a table's do not.
    pub stream: bool,
    /// The part of the text it comes from.
    pub span: Span,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.stream == other.stream && self.kind == other.kind && self.schema == other.schema
    }
}

/// What a node does.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// The rows of a stream by its folded name.
    Stream(String),
    /// The rows of a reference table by its folded name.
    Table(String),
    /// Rows written out; their ROWTIME is the moment they are asked for.
    Values(Vec<Vec<Expr>>),
    /// The rows for which the predicate is TRUE.
    Filter {
        /// Where rows come from.
        input: Box<Node>,
        /// The predicate.
        predicate: Expr,
    },
    /// Each row made anew.
    Project {
        /// Where rows come from.
        input: Box<Node>,
        /// A value for each column.
        values: Vec<Expr>,
        /// A new ROWTIME (`… AS ROWTIME`); a row older than the one before it goes to the error stream.
        rowtime: Option<Expr>,
    },
    /// Rows of all inputs, merged by ROWTIME.
    Union(Vec<Node>),
    /// Groups that are complete when a key that follows ROWTIME changes.
    Tumble(Box<Tumble>),
    /// Groups that are open for a time after their first row.
    Stagger(Box<Stagger>),
    /// Each row with values over the rows before it.
    Slide(Box<Slide>),
    /// Two inputs joined.
    Join(Box<JoinNode>),
    /// Rows with equal values of the leading key, put in order.
    Sort(Box<Sort>),
    /// Rows put in the order of a time within a buffer; that time becomes their ROWTIME.
    TimeSort {
        /// Where rows come from.
        input: Box<Node>,
        /// The time.
        key: Expr,
        /// How late a row may be, in milliseconds.
        within_ms: i64,
    },
    /// Rows that are not repeated while the keys that follow ROWTIME stay the same.
    Distinct {
        /// Where rows come from.
        input: Box<Node>,
        /// Columns that follow ROWTIME; ROWTIME itself when there are none.
        monotonic: Vec<usize>,
    },
    /// A function that makes rows of rows.
    Function {
        /// Which, with its checked arguments.
        function: TableFunction,
        /// Where rows come from.
        input: Box<Node>,
    },
}

/// `GROUP BY`.
#[derive(Debug, Clone, PartialEq)]
pub struct Tumble {
    /// Where rows come from.
    pub input: Node,
    /// The keys. Columns of the output: keys, then aggregates.
    pub keys: Vec<Expr>,
    /// Those of `keys` that follow ROWTIME.
    pub monotonic: Vec<usize>,
    /// The aggregates.
    pub aggregates: Vec<Aggregate>,
}

/// `WINDOWED BY STAGGER`.
#[derive(Debug, Clone, PartialEq)]
pub struct Stagger {
    /// Where rows come from.
    pub input: Node,
    /// The keys. Columns of the output: keys, then aggregates.
    pub keys: Vec<Expr>,
    /// How long a window is open, in milliseconds.
    pub range_ms: i64,
    /// The aggregates.
    pub aggregates: Vec<Aggregate>,
}

/// Calls with `OVER`.
#[derive(Debug, Clone, PartialEq)]
pub struct Slide {
    /// Where rows come from. Columns of the output: those of the input, then the calls.
    pub input: Node,
    /// Different windows.
    pub windows: Vec<SlidingWindow>,
    /// The calls, each with the window it looks through.
    pub calls: Vec<(usize, Aggregate)>,
}

/// Which rows before the current one are looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct SlidingWindow {
    /// Rows with other values of these are not looked at.
    pub partition_by: Vec<Expr>,
    /// How far back.
    pub extent: Extent,
}

/// How far back a window reaches. It always ends at the current row, which it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All rows so far.
    Unbounded,
    /// This many rows before the current one.
    Rows(u64),
    /// Rows at most this many milliseconds older than the current one, the edge included.
    RangeMs(i64),
}

/// One input of a join.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinSide {
    /// Where rows come from.
    pub input: Node,
    /// Which of its rows later rows of the other side find; none means that only its current row looks.
    pub window: Option<JoinWindow>,
}

/// Which rows of a join's side are found by rows of the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinWindow {
    /// The last so many rows before the current one, and that one.
    Rows(u64),
    /// Rows from so many milliseconds before the other's ROWTIME up to so many after it.
    RangeMs {
        /// Before.
        preceding: i64,
        /// After.
        following: i64,
    },
    /// All rows so far.
    Unbounded,
}

/// Two inputs joined. Columns of the output: the left ones, the left ROWTIME, the right ones, the right ROWTIME.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinNode {
    /// The left input.
    pub left: JoinSide,
    /// The right input.
    pub right: JoinSide,
    /// Whether left rows without a partner come out.
    pub left_outer: bool,
    /// Whether right rows without a partner come out.
    pub right_outer: bool,
    /// Pairs of expressions over the left and the right columns that must be equal.
    pub equal: Vec<(Expr, Expr)>,
    /// What else must hold, over the columns of the output.
    pub condition: Option<Expr>,
    /// Which rows of an outer side come out alone.
    pub lone_rows: LoneRows,
}

/// Which rows of an outer join of two streams come out with NULLs for the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LoneRows {
    /// Those that never had a partner.
    #[default]
    Unmatched,
    /// Those that, in the tables of AWS's page about joins, have none: a row found no partner when it came, and when its own
    /// window ends the other side's window holds none. A partner that came in between is not remembered.
    AsDocumented,
}

/// `ORDER BY`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sort {
    /// Where rows come from.
    pub input: Node,
    /// Keys; the first one follows ROWTIME unless the input is a table.
    pub keys: Vec<SortKey>,
}

/// One key of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct SortKey {
    /// Its value.
    pub value: Expr,
    /// Largest first.
    pub descending: bool,
    /// NULL before everything else.
    pub nulls_first: bool,
}

/// A function that makes rows of rows, with its checked arguments. Columns are named by their place in the input.
#[derive(Debug, Clone, PartialEq)]
pub enum TableFunction {
    /// `RANDOM_CUT_FOREST` and `…_WITH_EXPLANATION`.
    RandomCutForest {
        /// Numeric columns that are looked at.
        columns: Vec<usize>,
        /// 1 to 1,000.
        number_of_trees: u32,
        /// 10 to 1,000.
        sub_sample_size: u32,
        /// 1 to 2³¹−1.
        time_decay: u32,
        /// 1 to 30.
        shingle_size: u32,
        /// Whether the score is explained.
        explanation: bool,
        /// Whether the explanation has directions.
        directionality: bool,
    },
    /// `HOTSPOTS`.
    Hotspots {
        /// Numeric columns that are looked at.
        columns: Vec<usize>,
        /// 100 to 1,000 records.
        window_size: u32,
        /// Above 0.
        scan_radius: f64,
        /// 2 to the window's size.
        minimum_points: u32,
    },
    /// `TOP_K_ITEMS_TUMBLING`.
    TopKItems {
        /// The column counted.
        column: usize,
        /// 1 to 100,000.
        k: u32,
        /// 1 to 3,600.
        seconds: u32,
    },
    /// `COUNT_DISTINCT_ITEMS_TUMBLING`.
    CountDistinctItems {
        /// The column counted.
        column: usize,
        /// 1 to 3,600.
        seconds: u32,
    },
    /// `GROUP_RANK`.
    GroupRank {
        /// The column ranked.
        column: usize,
        /// Largest first.
        descending: bool,
        /// The order rows leave in; none means as they came.
        output_descending: Option<bool>,
        /// Milliseconds without a row after which a group is complete; none means never.
        idle_max_ms: Option<u64>,
        /// Rows that leave of each group; none means all.
        output_max: Option<u64>,
    },
}
