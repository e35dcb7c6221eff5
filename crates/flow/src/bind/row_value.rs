//! Rows of values, `(a, b)`, where they are compared: value by value from the left.
//!
//! SQL:2008 <comparison predicate>, <in predicate>, <quantified comparison predicate>.

use crate::ast::{BinaryOperator, Expression, ExpressionKind, Query};
use crate::plan::{Comparison, Expr, ExprKind, Node, NodeKind, Order, Schema, SubQuery, SubQueryForm, Value};
use crate::types::DataType;
use crate::{Fault, Span};

use super::expression::Binder;
use super::operator::truth;
use super::query::column;
use super::{literal, operator};

/// The most values of a row; a comparison with `<` looks at all before each.
const VALUES_MAX: usize = 50;

/// What stands on one side of a comparison.
pub(super) struct Operand {
    /// Its values, one if it is no row.
    values: Vec<Expr>,
    is_row: bool,
    span: Span,
}

impl Operand {
    /// Refuses to compare rows of different lengths, and rows with single values.
    fn fits(&self, other: &Self) -> Result<(), Fault> {
        if self.is_row == other.is_row && self.values.len() == other.values.len() {
            return Ok(());
        }
        Err(Fault::new(other.span, format!("{} is compared with {}", self.described("A"), other.described("a"))))
    }

    fn described(&self, article: &str) -> String {
        if self.is_row {
            format!("{article} row of {} values", self.values.len())
        } else {
            format!("{article} single value")
        }
    }
}

impl Binder<'_> {
    /// What stands on one side of a comparison.
    pub(super) fn operand(&self, expression: &Expression) -> Result<Operand, Fault> {
        let span = expression.span;
        let ExpressionKind::Row(parts) = &expression.kind else {
            return Ok(Operand { values: vec![self.bind(expression)?], is_row: false, span });
        };
        if parts.len() > VALUES_MAX {
            return Err(Fault::new(span, format!("A row that is compared has at most {VALUES_MAX} values")));
        }
        let values = parts.iter().map(|part| self.bind(part)).collect::<Result<_, _>>()?;
        Ok(Operand { values, is_row: true, span })
    }

    /// `(a, b) IN (SELECT …)`, `(a, b) < ANY (SELECT …)`.
    pub(super) fn any_row(
        &self,
        row: &Expression,
        comparison: Comparison,
        written: &Query,
        what: &str,
        span: Span,
    ) -> Result<Expr, Fault> {
        let (node, outer) = self.nested(written, what)?;
        let row = self.operand(row)?;
        let count = node.schema.columns.len();
        if count != row.values.len() {
            let message = format!(
                "{what} takes a query with {} columns for {}, and this one has {count}",
                row.values.len(),
                row.described("a")
            );
            return Err(Fault::new(written.span, message));
        }
        AnyRow::new(node, outer, &row, comparison, span)?.found()
    }
}

/// A comparison of two operands.
pub(super) fn compare(comparison: Comparison, left: &Operand, right: &Operand, span: Span) -> Result<Expr, Fault> {
    left.fits(right)?;
    compare_values(comparison, &left.values, &right.values, span)
}

/// `left IS [NOT] DISTINCT FROM right`.
pub(super) fn distinct(left: &Operand, right: &Operand, negated: bool, span: Span) -> Result<Expr, Fault> {
    left.fits(right)?;
    let one = |(left, right): (&Expr, &Expr)| {
        let (left, right) = operator::alike(left.clone(), right.clone())?;
        let kind = ExprKind::Distinct { left: Box::new(left), right: Box::new(right), negated };
        Ok(truth(kind, false, span))
    };
    let parts = left.values.iter().zip(&right.values).map(one).collect::<Result<_, Fault>>()?;
    chain(if negated { BinaryOperator::And } else { BinaryOperator::Or }, parts, span)
}

fn compare_values(comparison: Comparison, left: &[Expr], right: &[Expr], span: Span) -> Result<Expr, Fault> {
    let one = |comparison: Comparison, index: usize| {
        operator::compare(comparison, left[index].clone(), right[index].clone(), span)
    };
    let all = |comparison: Comparison, count: usize| -> Result<Vec<Expr>, Fault> {
        (0..count).map(|index| one(comparison, index)).collect()
    };
    let strict = match comparison {
        Comparison::Equal => return chain(BinaryOperator::And, all(comparison, left.len())?, span),
        Comparison::NotEqual => return chain(BinaryOperator::Or, all(comparison, left.len())?, span),
        Comparison::Less | Comparison::LessOrEqual => Comparison::Less,
        Comparison::Greater | Comparison::GreaterOrEqual => Comparison::Greater,
    };
    // The first values that differ decide.
    let decided = |index: usize| {
        let last = index + 1 == left.len();
        let mut parts = all(Comparison::Equal, index)?;
        parts.push(one(if last { comparison } else { strict }, index)?);
        chain(BinaryOperator::And, parts, span)
    };
    chain(BinaryOperator::Or, (0..left.len()).map(decided).collect::<Result<_, Fault>>()?, span)
}

/// Conditions with AND or OR between them; one alone stays as it is.
fn chain(binary: BinaryOperator, parts: Vec<Expr>, span: Span) -> Result<Expr, Fault> {
    let mut parts = parts.into_iter();
    let first = parts.next().expect("a row has values");
    parts.try_fold(first, |all, part| operator::binary(binary, all, part, span))
}

/// Whether a comparison of a row of values holds for any row of a query.
struct AnyRow {
    query: Node,
    /// What the query looks at, then the values of the row.
    outer: Vec<Expr>,
    values: Vec<Expr>,
    comparison: Comparison,
    /// The comparison, over the rows of the query.
    holds: Expr,
    span: Span,
}

impl AnyRow {
    fn new(
        query: Node,
        mut outer: Vec<Expr>,
        row: &Operand,
        comparison: Comparison,
        span: Span,
    ) -> Result<Self, Fault> {
        let mut asked = Vec::with_capacity(row.values.len());
        for value in &row.values {
            let is_written_out = matches!(value.kind, ExprKind::Literal(_));
            asked.push(if is_written_out {
                value.clone()
            } else {
                outer.push(value.clone());
                Expr { kind: ExprKind::Outer(outer.len() - 1), order: Order::None, ..value.clone() }
            });
        }
        let own: Vec<Expr> = columns(&query, span).collect();
        let holds = compare_values(comparison, &asked, &own, span)?;
        Ok(Self { query, outer, values: row.values.clone(), comparison, holds, span })
    }

    /// Rows that equal it are looked up. Where there is none, only rows with a NULL can make the answer another than FALSE, unless
    /// the row of values has one.
    fn found(self) -> Result<Expr, Fault> {
        let span = self.span;
        if self.comparison != Comparison::Equal {
            return Ok(self.any(self.query.clone()));
        }
        let equal = self.asked(SubQueryForm::Exists, filtered(self.query.clone(), self.holds.clone()));
        let has_null = |values: Vec<Expr>| {
            let one = |value: Expr| truth(ExprKind::IsNull(Box::new(value)), false, span);
            chain(BinaryOperator::Or, values.into_iter().map(one).collect(), span)
        };
        let with_null = filtered(self.query.clone(), has_null(columns(&self.query, span).collect())?);
        let branches = vec![
            (equal, literal::constant(Value::Boolean(true), DataType::Boolean, span)),
            (has_null(self.values.clone())?, self.any(self.query.clone())),
        ];
        let kind = ExprKind::Case { branches, otherwise: Box::new(self.any(with_null)) };
        Ok(truth(kind, true, span))
    }

    /// Whether it holds for any of some rows of the query.
    fn any(&self, rows: Node) -> Expr {
        let columns = vec![column("HOLDS$".to_owned(), DataType::Boolean, true, Order::None)];
        let kind = NodeKind::Project { input: Box::new(rows), values: vec![self.holds.clone()], rowtime: None };
        let truths = Node { kind, schema: Schema { columns }, stream: false, span: self.query.span };
        let wanted = literal::constant(Value::Boolean(true), DataType::Boolean, self.span);
        self.asked(SubQueryForm::Any(Comparison::Equal, Box::new(wanted)), truths)
    }

    fn asked(&self, form: SubQueryForm, query: Node) -> Expr {
        let query = SubQuery { form, query, outer: self.outer.clone() };
        truth(ExprKind::Query(Box::new(query)), true, self.span)
    }
}

fn columns(query: &Node, span: Span) -> impl Iterator<Item = Expr> {
    let columns = query.schema.columns.iter().enumerate();
    columns.map(move |(index, column)| Expr::column(index, column.data_type, span))
}

fn filtered(input: Node, predicate: Expr) -> Node {
    let (schema, span) = (input.schema.clone(), input.span);
    Node { kind: NodeKind::Filter { input: Box::new(input), predicate }, schema, stream: false, span }
}
