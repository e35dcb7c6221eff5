//! Queries over reference tables inside expressions, and what of a query depends on the row around it.

use crate::types::DataType;

use super::{Comparison, Expr, ExprKind, Function, Node, NodeKind};

/// A query over reference tables inside an expression.
#[derive(Debug, Clone, PartialEq)]
pub struct SubQuery {
    /// What is made of its rows.
    pub form: SubQueryForm,
    /// The query. Its expressions may hold [`ExprKind::Outer`].
    pub query: Node,
    /// What those stand for: values of the row around.
    pub outer: Vec<Expr>,
}

/// What is made of the rows of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum SubQueryForm {
    /// Whether there are any.
    Exists,
    /// The only column of the only row; NULL without a row, and an error with two.
    Value,
    /// Whether the comparison of a value of the row around with the only column holds for any row: TRUE if it is TRUE for one,
    /// else NULL if it is NULL for one, else FALSE.
    Any(Comparison, Box<Expr>),
}

impl SubQuery {
    /// What it is asked with, over the row around: the values that it looks at, then the one that is compared.
    pub(crate) fn parts(&self) -> Vec<&Expr> {
        let value = match &self.form {
            SubQueryForm::Any(_, value) => Some(&**value),
            SubQueryForm::Exists | SubQueryForm::Value => None,
        };
        self.outer.iter().chain(value).collect()
    }

    /// The same, to be changed.
    pub(crate) fn parts_mut(&mut self) -> Vec<&mut Expr> {
        let value = match &mut self.form {
            SubQueryForm::Any(_, value) => Some(&mut **value),
            SubQueryForm::Exists | SubQueryForm::Value => None,
        };
        self.outer.iter_mut().chain(value).collect()
    }
}

impl Node {
    /// Whether its rows depend on the row around it or on the present day, and not on tables alone.
    pub(crate) fn is_correlated(&self) -> bool {
        self.expressions().into_iter().any(Expr::is_correlated) || self.inputs().into_iter().any(Self::is_correlated)
    }

    /// Whether its rows depend on the present day.
    pub(crate) fn is_momentary(&self) -> bool {
        self.expressions().into_iter().any(Expr::is_momentary) || self.inputs().into_iter().any(Self::is_momentary)
    }

    /// A node of a kind whose rows cannot depend on the row around it.
    pub(crate) fn uncorrelatable(&self) -> Option<&Self> {
        match &self.kind {
            NodeKind::Project { rowtime: Some(_), .. }
            | NodeKind::TimeSort { .. }
            | NodeKind::Stagger(_)
            | NodeKind::Slide(_)
            | NodeKind::Function { .. } => Some(self),
            _ => self.inputs().into_iter().find_map(Self::uncorrelatable),
        }
    }

    /// The nodes that its rows come from.
    pub(crate) fn inputs(&self) -> Vec<&Self> {
        match &self.kind {
            NodeKind::Stream(_) | NodeKind::Table(_) | NodeKind::Values(_) => Vec::new(),
            NodeKind::Filter { input, .. }
            | NodeKind::Project { input, .. }
            | NodeKind::TimeSort { input, .. }
            | NodeKind::Distinct { input, .. }
            | NodeKind::Function { input, .. } => vec![input],
            NodeKind::Union(inputs) => inputs.iter().collect(),
            NodeKind::Tumble(tumble) => vec![&tumble.input],
            NodeKind::Stagger(stagger) => vec![&stagger.input],
            NodeKind::Slide(slide) => vec![&slide.input],
            NodeKind::Join(join) => vec![&join.left.input, &join.right.input],
            NodeKind::Sort(sort) => vec![&sort.input],
        }
    }

    /// Its own expressions, as far as a query over tables has them.
    fn expressions(&self) -> Vec<&Expr> {
        match &self.kind {
            NodeKind::Values(rows) => rows.iter().flatten().collect(),
            NodeKind::Filter { predicate, .. } => vec![predicate],
            NodeKind::Project { values, rowtime, .. } => values.iter().chain(rowtime).collect(),
            NodeKind::Tumble(tumble) => {
                let arguments = tumble.aggregates.iter().filter_map(|call| call.argument.as_ref());
                tumble.keys.iter().chain(arguments).collect()
            }
            NodeKind::Join(join) => {
                join.equal.iter().flat_map(|(left, right)| [left, right]).chain(&join.condition).collect()
            }
            NodeKind::Sort(sort) => sort.keys.iter().map(|key| &key.value).collect(),
            NodeKind::TimeSort { key, .. } => vec![key],
            NodeKind::Stream(_)
            | NodeKind::Table(_)
            | NodeKind::Union(_)
            | NodeKind::Distinct { .. }
            | NodeKind::Function { .. }
            | NodeKind::Stagger(_)
            | NodeKind::Slide(_) => Vec::new(),
        }
    }
}

impl Expr {
    /// Whether it is another value for another row around the query that it stands in, or on another day.
    pub(crate) fn is_correlated(&self) -> bool {
        self.holds_outer() || self.is_momentary()
    }

    /// Whether it looks at the row around the query that it stands in.
    pub(crate) fn holds_outer(&self) -> bool {
        matches!(self.kind, ExprKind::Outer(_)) || self.parts().into_iter().any(Self::holds_outer)
    }

    /// Whether it looks at a column of its own row.
    pub(crate) fn holds_column(&self) -> bool {
        matches!(self.kind, ExprKind::Column(_)) || self.parts().into_iter().any(Self::holds_column)
    }

    /// Whether its value depends on the present day without saying so: a time as an instant, a date without its year.
    fn is_momentary(&self) -> bool {
        let own = match &self.kind {
            ExprKind::Cast(inner) => inner.data_type == DataType::Time && self.data_type == DataType::Timestamp,
            ExprKind::Call(function, _) => {
                matches!(function, Function::CharToTimestamp | Function::CharToDate | Function::CharToTime)
            }
            ExprKind::Field(..) | ExprKind::CurrentRowTimestamp => true,
            ExprKind::Query(query) => query.query.is_momentary(),
            _ => false,
        };
        own || self.parts().into_iter().any(Self::is_momentary)
    }
}
