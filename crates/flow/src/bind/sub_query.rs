//! Queries over reference tables inside expressions, and the names in them that mean something of the row around.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::ast::{BinaryOperator, Expression, ExpressionKind, Name, Query};
use crate::plan::{Comparison, Expr, ExprKind, Node, NodeKind, Order, Schema, SubQuery, SubQueryForm};
use crate::types::{self, DataType};
use crate::{Fault, Span};

use super::expression::{Binder, Place};
use super::operator::{truth, varying};
use super::scope::Scope;
use super::{Catalog, operator, query, row_value};

/// The most sub-queries that are bound for one program. Those inside of groups are bound more than once, so that a short
/// program could otherwise take for ever.
const SUB_QUERIES_MAX: usize = 10_000;

/// How deep sub-queries stand in each other.
const SUB_QUERY_DEPTH_MAX: usize = 8;

/// The row around a sub-query, and what the query has asked of it so far.
#[derive(Debug)]
pub(super) struct Around {
    scope: Scope,
    /// The keys, if it is a group's row.
    keys: Option<Vec<Expr>>,
    parameters: Option<HashMap<String, Expr>>,
    /// Values of that row; in the query they are [`ExprKind::Outer`] with their places.
    found: RefCell<Vec<Expr>>,
}

impl Catalog {
    /// Whether one of the rows around knows what a path begins with.
    pub(super) fn is_around(&self, level: usize, path: &[Name]) -> bool {
        let knows = |around: &Rc<Around>| match (&around.parameters, path) {
            (Some(parameters), [name]) => parameters.contains_key(&name.text),
            _ => around.scope.knows(path),
        };
        self.around.borrow()[..level].iter().any(knows)
    }

    /// What a name means that a query does not know itself: a value of the row around it.
    pub(super) fn around(&self, level: usize, path: &[Name], span: Span) -> Result<Expr, Fault> {
        let around = Rc::clone(&self.around.borrow()[level - 1]);
        let none = RefCell::default();
        let place = match &around.keys {
            Some(keys) => Place::Grouped { keys, aggregates: &none, stream: true },
            None => Place::Plain,
        };
        let (scope, parameters) = (&around.scope, around.parameters.as_ref());
        let binder = Binder { catalog: self, scope, place, parameters, level: level - 1 };
        let value = binder.bind(&Expression { kind: ExpressionKind::Column(path.to_vec()), span })?;
        if matches!(value.kind, ExprKind::Literal(_)) {
            return Ok(value);
        }
        let (data_type, nullable) = (value.data_type, value.nullable);
        let mut found = around.found.borrow_mut();
        let index = found.iter().position(|one| *one == value).unwrap_or_else(|| {
            found.push(value);
            found.len() - 1
        });
        Ok(Expr { kind: ExprKind::Outer(index), data_type, nullable, order: Order::Constant, span })
    }
}

impl Binder<'_> {
    /// `value IN (a, b, …)`.
    pub(super) fn in_list(
        &self,
        value: &Expression,
        list: &[Expression],
        negated: bool,
        span: Span,
    ) -> Result<Expr, Fault> {
        let value = self.operand(value)?;
        let mut all = Vec::with_capacity(list.len());
        for one in list {
            all.push(row_value::compare(Comparison::Equal, &value, &self.operand(one)?, span)?);
        }
        let found = if all.len() == 1 { all.remove(0) } else { truth(ExprKind::Or(all), true, span) };
        operator::negated(found, negated, span)
    }

    /// `value IN (SELECT …)`.
    pub(super) fn in_query(
        &self,
        value: &Expression,
        written: &Query,
        negated: bool,
        span: Span,
    ) -> Result<Expr, Fault> {
        let found = self.any(value, Comparison::Equal, written, "IN", span)?;
        operator::negated(found, negated, span)
    }

    /// `value < ANY (SELECT …)`, `value < ALL (SELECT …)`.
    pub(super) fn quantified(
        &self,
        value: &Expression,
        operator: BinaryOperator,
        all: bool,
        written: &Query,
        span: Span,
    ) -> Result<Expr, Fault> {
        let comparison = operator::comparison(operator).expect("the parser takes comparisons here");
        if !all {
            return self.any(value, comparison, written, "ANY", span);
        }
        // It holds for all unless the opposite holds for any.
        operator::not(self.any(value, comparison.opposite(), written, "ALL", span)?, span)
    }

    fn any(
        &self,
        value: &Expression,
        comparison: Comparison,
        written: &Query,
        what: &str,
        span: Span,
    ) -> Result<Expr, Fault> {
        if matches!(value.kind, ExpressionKind::Row(_)) {
            return self.any_row(value, comparison, written, what, span);
        }
        let (node, outer) = self.nested(written, what)?;
        let column = only_column(&node, written, what)?;
        let value = self.bind(value)?;
        let Some(data_type) = types::unified_type(value.data_type, column) else {
            let message = format!("{} and {column} do not go together", value.data_type);
            return Err(Fault::new(span, message));
        };
        let (value, query) = if data_type.is_text() && column.is_text() && value.data_type.is_text() {
            // Spaces at the end of what is written out count.
            let written_out = matches!(value.kind, ExprKind::Literal(_));
            let data_type = if written_out { varying(value.data_type) } else { value.data_type };
            (Expr { data_type, ..value }, node)
        } else {
            (operator::cast(value, data_type), with_column(node, data_type))
        };
        let form = SubQueryForm::Any(comparison, Box::new(value));
        Ok(truth(ExprKind::Query(Box::new(SubQuery { form, query, outer })), true, span))
    }

    /// `EXISTS (SELECT … FROM table)`.
    pub(super) fn exists(&self, written: &Query, span: Span) -> Result<Expr, Fault> {
        let (query, outer) = self.nested(written, "EXISTS")?;
        let form = SubQueryForm::Exists;
        Ok(truth(ExprKind::Query(Box::new(SubQuery { form, query, outer })), false, span))
    }

    /// `(SELECT …)` as a value.
    pub(super) fn value_of(&self, written: &Query, span: Span) -> Result<Expr, Fault> {
        let what = "An expression";
        let (query, outer) = self.nested(written, what)?;
        let data_type = only_column(&query, written, what)?;
        let kind = ExprKind::Query(Box::new(SubQuery { form: SubQueryForm::Value, query, outer }));
        Ok(Expr { kind, data_type, nullable: true, order: Order::None, span })
    }

    /// A query in an expression of this place, and the values of this place's row that it looks at.
    pub(super) fn nested(&self, written: &Query, what: &str) -> Result<(Node, Vec<Expr>), Fault> {
        if self.level == SUB_QUERY_DEPTH_MAX {
            let message = format!("Sub-queries are nested more than {SUB_QUERY_DEPTH_MAX} deep");
            return Err(Fault::new(written.span, message));
        }
        let bound = self.catalog.sub_queries.get() + 1;
        if bound > SUB_QUERIES_MAX {
            return Err(Fault::new(written.span, "There are too many sub-queries in groups in the program"));
        }
        self.catalog.sub_queries.set(bound);
        let keys = match &self.place {
            Place::Grouped { keys, .. } => Some(keys.to_vec()),
            Place::Plain | Place::Row { .. } => None,
        };
        let (scope, parameters) = (self.scope.clone(), self.parameters.cloned());
        let around = Rc::new(Around { scope, keys, parameters, found: RefCell::default() });
        self.catalog.around.borrow_mut().push(Rc::clone(&around));
        let node = query::bind(self.catalog, written).map(|bound| bound.node);
        self.catalog.around.borrow_mut().pop();
        let node = node?;
        if node.stream {
            let message = format!("{what} takes a query over reference tables; streams need a join");
            return Err(Fault::new(written.span, message));
        }
        if let Some(wrong) = node.uncorrelatable().filter(|_| node.is_correlated()) {
            let message =
                "A query that looks at the row around it, or at the present day, can have no new ROWTIME and no WITHIN";
            return Err(Fault::new(wrong.span, message));
        }
        Ok((node, around.found.take()))
    }
}

/// The type of the one column of a query.
fn only_column(node: &Node, written: &Query, what: &str) -> Result<DataType, Fault> {
    match &node.schema.columns[..] {
        [column] => Ok(column.data_type),
        all => {
            let message = format!("{what} takes a query with one column, and this one has {}", all.len());
            Err(Fault::new(written.span, message))
        }
    }
}

/// The one column of a query as another type.
fn with_column(node: Node, data_type: DataType) -> Node {
    if node.schema.columns[0].data_type == data_type {
        return node;
    }
    let (span, name) = (node.span, node.schema.columns[0].name.clone());
    let value = operator::cast(query::reference(&node.schema, 0, span), data_type);
    let columns = vec![query::column(name, data_type, value.nullable, Order::None)];
    let kind = NodeKind::Project { input: Box::new(node), values: vec![value], rowtime: None };
    Node { kind, schema: Schema { columns }, stream: false, span }
}
