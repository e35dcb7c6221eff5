//! Queries over reference tables inside expressions.

use crate::ast::{Expression, Query};
use crate::plan::{Expr, ExprKind, Node, NodeKind, Order, Schema, Value};
use crate::types::{self, DataType};
use crate::{Fault, Span};

use super::expression::Binder;
use super::operator::truth;
use super::{literal, operator, query};

impl Binder<'_> {
    /// `value IN (SELECT …)`.
    pub(super) fn in_query(
        &self,
        value: &Expression,
        written: &Query,
        negated: bool,
        span: Span,
    ) -> Result<Expr, Fault> {
        let node = query::bind(self.catalog, written)?.node;
        if node.stream {
            return Err(Fault::new(written.span, "IN takes a query over reference tables; streams need a join"));
        }
        let [column] = &node.schema.columns[..] else {
            return Err(Fault::new(written.span, "The query behind IN must have one column"));
        };
        let value = self.bind(value)?;
        let Some(data_type) = types::unified_type(value.data_type, column.data_type) else {
            let message = format!("{} and {} do not go together", value.data_type, column.data_type);
            return Err(Fault::new(span, message));
        };
        let value = Box::new(operator::cast(value, data_type));
        let found = truth(ExprKind::InTable { value, query: Box::new(node) }, true, span);
        operator::negated(found, negated, span)
    }

    /// `EXISTS (SELECT … FROM table)`: whether TRUE is among as many TRUEs as the query has rows.
    pub(super) fn exists(&self, written: &Query, span: Span) -> Result<Expr, Fault> {
        let node = query::bind(self.catalog, written)?.node;
        if node.stream {
            return Err(Fault::new(written.span, "EXISTS takes a query over reference tables; streams need a join"));
        }
        let yes = literal::constant(Value::Boolean(true), DataType::Boolean, span);
        let found = query::column("FOUND".to_owned(), DataType::Boolean, false, Order::None);
        let kind = NodeKind::Project { input: Box::new(node), values: vec![yes.clone()], rowtime: None };
        let schema = Schema { columns: vec![found] };
        let rows = Box::new(Node { kind, schema, stream: false, span });
        Ok(truth(ExprKind::InTable { value: Box::new(yes), query: rows }, false, span))
    }
}
