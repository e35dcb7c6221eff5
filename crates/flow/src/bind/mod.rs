//! [`crate::ast`] → [`crate::plan`]: names are found, types checked, windows allowed or refused, each complaint with its place.
//!
//! `program` walks the statements; `query`, `select` and `window` make nodes; `expression`, `operator`, `call`, `aggregate`,
//! `sub_query`, `row` and `row_value` make values; `monotonic` tells what a window or an order can be built on.

mod aggregate;
mod call;
mod expression;
mod function;
mod interval;
mod join;
mod literal;
mod monotonic;
mod operator;
mod program;
mod query;
mod row;
mod row_value;
mod scope;
mod select;
mod sub_query;
mod window;

#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use crate::Fault;
use crate::ast::{CreateFunction, Name, Window};
use crate::plan::{Column, LoneRows, Node, NodeKind, Order, Schema};
use crate::spelling;
use crate::types::DataType;

pub use program::{Environment, program};

/// What a name means.
#[derive(Debug, Clone)]
enum Relation {
    /// A stream that the program may read, and write if it made it.
    Stream { schema: Schema, made_here: bool },
    /// A reference table.
    Table(Schema),
    /// A query under a name.
    View(Node),
    /// Fed by the system; programs may not look at it.
    ErrorStream,
}

/// Everything that has a name.
#[derive(Debug, Default)]
struct Catalog {
    relations: BTreeMap<String, Relation>,
    functions: HashMap<String, Vec<CreateFunction>>,
    /// Which rows of outer joins come out alone.
    lone_rows: LoneRows,
    /// The named windows of the selects that are being bound, the innermost last.
    windows: RefCell<Vec<HashMap<String, Window>>>,
    /// How deep functions call each other at the moment.
    depth: Cell<usize>,
    /// The rows around the sub-queries that are being bound, the innermost last.
    around: RefCell<Vec<Rc<sub_query::Around>>>,
    /// How many sub-queries have been bound so far.
    sub_queries: Cell<usize>,
}

impl Catalog {
    /// The rows under a name.
    fn relation(&self, name: &Name) -> Result<Node, Fault> {
        let (kind, schema, stream) = match self.relations.get(&name.text) {
            Some(Relation::Stream { schema, .. }) => (NodeKind::Stream(name.text.clone()), schema.clone(), true),
            Some(Relation::Table(schema)) => (NodeKind::Table(name.text.clone()), schema.clone(), false),
            Some(Relation::View(node)) => return Ok(node.clone()),
            Some(Relation::ErrorStream) => {
                return Err(Fault::new(name.span, "The error stream cannot be read by a program; give it an output"));
            }
            None => return Err(self.not_found(name)),
        };
        Ok(Node { kind, schema, stream, span: name.span })
    }

    fn not_found(&self, name: &Name) -> Fault {
        let not_found = format!("Object '{name}' not found");
        let Some(known) = spelling::meant(&name.text, self.relations.keys().map(String::as_str)) else {
            return Fault::missing(name.span, not_found, &name.text);
        };
        let message = format!("{not_found}; did you mean \"{known}\"?");
        // The usual mistake: the service's streams are quoted names in their own case. One that is spelt otherwise may still come.
        if known.to_uppercase() == name.text.to_uppercase() {
            Fault::new(name.span, message)
        } else {
            Fault::missing(name.span, message, &name.text)
        }
    }

    fn join_window(&self, name: &Name) -> Result<Window, Fault> {
        let windows = self.windows.borrow();
        let found = windows.last().and_then(|named| named.get(&name.text)).cloned();
        found.ok_or_else(|| Fault::new(name.span, format!("Window '{name}' not found")))
    }
}

/// A column of a stream that the service fills.
pub fn source_column(name: &str, data_type: DataType) -> Column {
    Column { name: name.to_owned(), data_type, nullable: true, hidden: false, order: Order::None, of_row: None }
}
