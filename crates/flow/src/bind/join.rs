//! Joins: which windows and kinds are possible, keys that must be equal, and what else must hold.

use crate::ast::{JoinCondition, JoinKind};
use crate::plan::{Column, Expr, ExprKind, JoinNode, JoinSide, JoinWindow, Node, NodeKind, Order, Schema};
use crate::types::DataType;
use crate::{Fault, Span};

use super::expression::Binder;
use super::query::{Input, column, reference};
use super::scope::{ROWTIME, Relation, Rowtime, Scope};
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
    let left_count = left.scope.relations.len();
    for relation in left.scope.relations.clone() {
        let rowtime = relation.rowtime.map(|rowtime| at(rowtime, 0, width_left));
        taken.push(nullable(Relation { rowtime, ..relation }, outer.1));
    }
    for relation in right.scope.relations.clone() {
        distinct(&relation, &taken, right.node.span)?;
        let column = first_right + right.node.schema.columns.len();
        let rowtime = relation.rowtime.map(|rowtime| at(rowtime, first_right, column));
        taken.push(nullable(Relation { rowtime, first: relation.first + first_right, ..relation }, outer.0));
    }
    scope.relations = taken;
    let names = shared(&left.node.schema, &right.node.schema, condition, span)?;
    let schema = side_by_side(&left.node.schema, &right.node.schema, outer);
    scope.width = schema.columns.len();
    let stream = left.node.stream || right.node.stream;
    let (mut equal, mut rest) = (Vec::new(), None);
    for name in &names {
        equal.push(shared_key(&left.node.schema, &right.node.schema, name, span)?);
    }
    if let JoinCondition::On(on) = condition {
        let on = operator::condition(Binder::plain(catalog, &scope).bind(on)?)?;
        rest = split(on, first_right, &mut equal);
    }
    scope.merged.extend(names);
    let leads = (leads(&left, &right) && !outer.1, leads(&right, &left) && !outer.0);
    for (index, relation) in scope.relations.iter_mut().enumerate() {
        let (leads, column) =
            if index < left_count { (leads.0, width_left) } else { (leads.1, schema.columns.len() - 1) };
        if let Some(rowtime) =
            relation.rowtime.as_mut().filter(|rowtime| rowtime.kind == ExprKind::Column(column) && leads)
        {
            (rowtime.kind, rowtime.order) = (ExprKind::Rowtime, Order::Ascending);
        }
    }
    let join = JoinNode {
        left: JoinSide { input: left.node, window: left.window },
        right: JoinSide { input: right.node, window: right.window },
        left_outer: outer.0,
        right_outer: outer.1,
        equal,
        condition: rest,
        lone_rows: catalog.lone_rows,
    };
    let node = Node { kind: NodeKind::Join(Box::new(join)), schema, stream, span };
    Ok(Input { node, scope, window: None })
}

/// Refuses a name that another relation has already.
fn distinct(relation: &Relation, others: &[Relation], span: Span) -> Result<(), Fault> {
    match &relation.name {
        Some(name) if others.iter().any(|other| other.name.as_ref() == Some(name)) => {
            let message = format!("'{name}' stands twice in FROM; give one of them another name with AS");
            Err(Fault::new(span, message))
        }
        _ => Ok(()),
    }
}

/// Whether every joined row has the ROWTIME of this input's row: it meets a table, or rows that came before it.
fn leads(one: &Input, other: &Input) -> bool {
    let waits = matches!(other.window, Some(JoinWindow::RangeMs { following: 1.., .. }));
    one.node.stream && (!other.node.stream || one.window.is_none() && !waits)
}

/// Where a relation's ROWTIME stands in the joined row. In itself nothing is known of its order there.
fn at(rowtime: Rowtime, first: usize, column: usize) -> Rowtime {
    let kind = match rowtime.kind {
        ExprKind::Column(index) => ExprKind::Column(index + first),
        _ => ExprKind::Column(column),
    };
    Rowtime { kind, order: Order::None, ..rowtime }
}

fn nullable(mut relation: Relation, outer: bool) -> Relation {
    for column in &mut relation.schema.columns {
        column.nullable |= outer;
        // Rows meet rows of another input.
        column.order = Order::None;
    }
    if let Some(rowtime) = &mut relation.rowtime {
        rowtime.nullable |= outer;
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
    let mut rest = Vec::new();
    for part in on.conditions() {
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
    Expr::all(rest, span)
}
