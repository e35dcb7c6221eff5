//! A program as it is written: statements, queries and expressions, each with its place in the text.
//!
//! Names are kept folded as the language compares them: unquoted ones in upper case, quoted ones as written.

mod expression;
mod parts;
mod query;

pub use expression::*;
pub use query::*;

use crate::Span;

/// The name of a stream, a column, a function …
#[derive(Debug, Clone)]
pub struct Name {
    /// The folded text: what is compared.
    pub text: String,
    /// Whether it stood in double quotes.
    pub quoted: bool,
    /// Where it stands.
    pub span: Span,
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Name {}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// One statement of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// `CREATE STREAM`.
    CreateStream(CreateStream),
    /// `CREATE PUMP … AS INSERT INTO …`.
    CreatePump(CreatePump),
    /// `CREATE VIEW … AS SELECT STREAM …`.
    CreateView(CreateView),
    /// `CREATE FUNCTION … RETURN expression`.
    CreateFunction(CreateFunction),
    /// `DROP STREAM | PUMP | VIEW | FUNCTION`.
    Drop(Drop),
    /// `ALTER PUMP … START | STOP`.
    AlterPump(AlterPump),
    /// A query on its own: what a person types to see rows. An application's code may not hold one.
    Query(Query),
}

/// `CREATE [OR REPLACE] STREAM name (column, …)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateStream {
    /// Whether a stream of that name is dropped first.
    pub or_replace: bool,
    /// The stream.
    pub name: Name,
    /// Its columns, in order. `ROWTIME` is not among them.
    pub columns: Vec<ColumnDefinition>,
    /// `DESCRIPTION '…'`.
    pub description: Option<String>,
}

/// One column of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDefinition {
    /// Its name.
    pub name: Name,
    /// Its type as written.
    pub data_type: TypeName,
    /// Whether NULL is refused.
    pub not_null: bool,
}

/// `CREATE [OR REPLACE] PUMP name [STARTED | STOPPED] AS INSERT …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatePump {
    /// Whether a pump of that name is dropped first.
    pub or_replace: bool,
    /// The pump.
    pub name: Name,
    /// Whether it runs at once; pumps of an application start by themselves, so only `STOPPED` keeps it still.
    pub started: bool,
    /// What it does.
    pub insert: Insert,
}

/// `INSERT [EXPEDITED] INTO stream [(columns)] query`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insert {
    /// The stream that gets the rows.
    pub stream: Name,
    /// The columns that the query's columns go to; all of them, in order, when it is empty.
    pub columns: Vec<Name>,
    /// Where the rows come from.
    pub query: Query,
}

/// `CREATE [OR REPLACE] VIEW name [(columns)] AS query`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateView {
    /// Whether a view of that name is dropped first.
    pub or_replace: bool,
    /// The view.
    pub name: Name,
    /// Names for the query's columns.
    pub columns: Vec<Name>,
    /// Its rows.
    pub query: Query,
}

/// `CREATE [OR REPLACE] FUNCTION name (parameter type, …) RETURNS type … RETURN expression`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateFunction {
    /// Whether a function of that name and parameters is dropped first.
    pub or_replace: bool,
    /// The function.
    pub name: Name,
    /// Parameters, in order.
    pub parameters: Vec<(Name, TypeName)>,
    /// The type of its value.
    pub returns: TypeName,
    /// `RETURNS NULL ON NULL INPUT`: any NULL argument makes the value NULL, unseen by the body.
    pub null_on_null_input: bool,
    /// Its value.
    pub body: Expression,
}

/// What a `DROP` removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// A stream.
    Stream,
    /// A pump.
    Pump,
    /// A view.
    View,
    /// A function.
    Function,
}

/// `DROP kind name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drop {
    /// What kind of thing.
    pub kind: ObjectKind,
    /// Its name.
    pub name: Name,
}

/// `ALTER PUMP name START | STOP`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterPump {
    /// The pump.
    pub name: Name,
    /// Whether it is to run.
    pub start: bool,
}
