//! Joins: which windows and kinds are possible, keys that must be equal, and what else must hold.

use crate::ast::{JoinCondition, JoinKind};
use crate::plan::{Column, Expr, ExprKind, JoinNode, JoinSide, Node, NodeKind, Order, Schema};
use crate::types::DataType;
use crate::{Fault, Span};

use super::expression::Binder;
use super::query::{Input, column, reference};
use super::scope::{ROWTIME, Relation, Scope};
use super::{Catalog, operator};

/// Two inputs joined.
pub(super) fn joined(
    catalog: &Catalog,
    left: Input,
    right: Input,
    kind: JoinKind,
    condition: &JoinCondition,
    span: Span,
) -> Result<Input, Fault> {
    if left.node.stream && right.node.stream && left.window.is_none() && right.window.is_none() {
        let message = "A join of two streams needs a window: name OVER (RANGE INTERVAL '1' MINUTE PRECEDING)";
        return Err(Fault::new(span, message));
    }
    let outer = (matches!(kind, JoinKind::Left | JoinKind::Full), matches!(kind, JoinKind::Right | JoinKind::Full));
    if outer.1 && left.node.stream && !right.node.stream || outer.0 && right.node.stream && !left.node.stream {
        return Err(Fault::new(
            span,
            "Rows of a reference table cannot be kept without a partner: there is no end at which they lack one",
        ));
    }
    let width_left = left.node.schema.columns.len();
    let first_right = width_left + 1;
    let mut scope = Scope { merged: left.scope.merged.clone(), ..Scope::default() };
    let mut taken = Vec::new();
    for relation in left.scope.relations {
        let rowtime = relation.rowtime.map(|kind| at(kind, 0, width_left));
        taken.push(nullable(Relation { rowtime, ..relation }, outer.1));
    }
    for relation in right.scope.relations {
        let rowtime = relation.rowtime.map(|kind| at(kind, first_right, first_right + right.node.schema.columns.len()));
        taken.push(nullable(Relation { rowtime, first: relation.first + first_right, ..relation }, outer.0));
    }
    scope.relations = taken;
    let names = shared(&left.node.schema, &right.node.schema, condition, span)?;
    let schema = side_by_side(&left.node.schema, &right.node.schema, outer);
    let stream = left.node.stream || right.node.stream;
    let mut equal = Vec::new();
    let mut rest = None;
    for name in &names {
        equal.push(shared_key(&left.node.schema, &right.node.schema, name, span)?);
    }
    if let JoinCondition::On(on) = condition {
        let on = operator::condition(Binder::plain(catalog, &scope).bind(on)?)?;
        rest = split(on, first_right, &mut equal);
    }
    scope.merged.extend(names);
    let join = JoinNode {
        left: JoinSide { input: left.node, window: left.window },
        right: JoinSide { input: right.node, window: right.window },
        left_outer: outer.0,
        right_outer: outer.1,
        equal,
        condition: rest,
    };
    let node = Node { kind: NodeKind::Join(Box::new(join)), schema, stream, span };
    Ok(Input { node, scope, window: None })
}

/// Where a relation's ROWTIME stands in the joined row.
fn at(kind: ExprKind, first: usize, rowtime: usize) -> ExprKind {
    match kind {
        ExprKind::Column(index) => ExprKind::Column(index + first),
        _ => ExprKind::Column(rowtime),
    }
}

fn nullable(mut relation: Relation, outer: bool) -> Relation {
    for column in &mut relation.schema.columns {
        column.nullable |= outer;
        // Rows meet rows of another input: only ROWTIME stays in order.
        column.order = Order::None;
    }
    relation
}

fn side_by_side(left: &Schema, right: &Schema, outer: (bool, bool)) -> Schema {
    let mut columns = Vec::new();
    for (schema, may_lack) in [(left, outer.1), (right, outer.0)] {
        columns.extend(schema.columns.iter().cloned().map(|one| Column {
            nullable: one.nullable || may_lack,
            order: Order::None,
            ..one
        }));
        let mut rowtime = column(ROWTIME.to_owned(), DataType::Timestamp, true, Order::None);
        rowtime.hidden = true;
        columns.push(rowtime);
    }
    Schema { columns }
}

fn shared(left: &Schema, right: &Schema, condition: &JoinCondition, span: Span) -> Result<Vec<String>, Fault> {
    let has = |schema: &Schema, name: &str| schema.columns.iter().any(|one| !one.hidden && one.name == name);
    match condition {
        JoinCondition::Using(names) => {
            for name in names {
                if !has(left, &name.text) || !has(right, &name.text) {
                    return Err(Fault::new(name.span, format!("Column '{name}' is not on both sides of the join")));
                }
            }
            Ok(names.iter().map(|name| name.text.clone()).collect())
        }
        JoinCondition::Natural => {
            let names = left.columns.iter().filter(|one| !one.hidden && has(right, &one.name));
            let names: Vec<String> = names.map(|one| one.name.clone()).collect();
            if names.is_empty() { Err(Fault::new(span, "The sides of the join share no column")) } else { Ok(names) }
        }
        JoinCondition::None | JoinCondition::On(_) => Ok(Vec::new()),
    }
}

fn shared_key(left: &Schema, right: &Schema, name: &str, span: Span) -> Result<(Expr, Expr), Fault> {
    let key = |schema: &Schema| {
        let index = schema.columns.iter().position(|one| !one.hidden && one.name == name);
        reference(schema, index.expect("checked to be there"), span)
    };
    operator::alike(key(left), key(right))
}

/// Equalities between the sides become keys; the rest is what else must hold.
fn split(on: Expr, first_right: usize, equal: &mut Vec<(Expr, Expr)>) -> Option<Expr> {
    let span = on.span;
    let parts = match on.kind {
        ExprKind::And(parts) => parts,
        _ => vec![on],
    };
    let mut rest = Vec::new();
    for part in parts {
        let ExprKind::Compare(crate::plan::Comparison::Equal, one, two) = &part.kind else {
            rest.push(part);
            continue;
        };
        match (one.side(first_right), two.side(first_right)) {
            (Some(false), Some(true)) => equal.push(((**one).clone(), two.moved(first_right))),
            (Some(true), Some(false)) => equal.push(((**two).clone(), one.moved(first_right))),
            _ => rest.push(part),
        }
    }
    match rest.len() {
        0 => None,
        1 => rest.pop(),
        _ => Some(Expr {
            kind: ExprKind::And(rest),
            data_type: DataType::Boolean,
            nullable: true,
            order: Order::None,
            span,
        }),
    }
}
