//! Queries: inputs, joins, unions and orders.

use crate::ast::{Join, JoinCondition, JoinKind, Name, OrderItem, Query, QueryBody, TableReference, WindowReference};
use crate::plan::{Column, Expr, ExprKind, JoinWindow, Node, NodeKind, Order, Schema, Sort, SortKey};
use crate::types::{self, DataType};
use crate::{Fault, Span};

use super::expression::Binder;
use super::scope::Scope;
use super::{Catalog, function, join, literal, operator, select, window};

/// A bound query.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) node: Node,
}

/// Binds a query.
pub(super) fn bind(catalog: &Catalog, query: &Query) -> Result<Bound, Fault> {
    if query.order_by.is_empty() {
        return body(catalog, &query.body);
    }
    if let Some(within) = &query.within {
        return time_sort(catalog, query, literal::interval_ms(within)?);
    }
    if let QueryBody::Select(select) = &query.body {
        return select::bind(catalog, select, &query.order_by);
    }
    let bound = body(catalog, &query.body)?;
    let node = bound.node;
    let scope = Scope::of(None, node.schema.clone(), node.stream);
    let at = |index| (index < node.schema.columns.len()).then(|| reference(&node.schema, index, query.span));
    let keys = sort_keys(&Binder::plain(catalog, &scope), &query.order_by, at, |_| None)?;
    Ok(Bound { node: sorted(node, keys, query.span)? })
}

fn body(catalog: &Catalog, body: &QueryBody) -> Result<Bound, Fault> {
    match body {
        QueryBody::Select(select) => select::bind(catalog, select, &[]),
        QueryBody::Nested(query) => bind(catalog, query),
        QueryBody::Values(rows, span) => values(catalog, rows, *span),
        QueryBody::UnionAll(..) => union(catalog, body),
    }
}

fn values(catalog: &Catalog, rows: &[Vec<crate::ast::Expression>], span: Span) -> Result<Bound, Fault> {
    let scope = Scope::default();
    let binder = Binder::plain(catalog, &scope);
    let mut bound: Vec<Vec<Expr>> = Vec::with_capacity(rows.len());
    for row in rows {
        bound.push(row.iter().map(|value| binder.bind(value)).collect::<Result<_, _>>()?);
        if bound[0].len() != row.len() {
            return Err(Fault::new(span, "The rows of VALUES must be of one length"));
        }
    }
    let mut columns = Vec::new();
    for index in 0..bound[0].len() {
        let data_type = operator::unified_type(bound.iter().map(|row| &row[index]))?;
        for row in &mut bound {
            row[index] = operator::cast(row[index].clone(), data_type);
        }
        columns.push(column(format!("EXPR${index}"), data_type, true, Order::None));
    }
    Ok(Bound { node: Node { kind: NodeKind::Values(bound), schema: Schema { columns }, stream: false, span } })
}

/// A column without history.
pub(super) fn column(name: String, data_type: DataType, nullable: bool, order: Order) -> Column {
    Column { name, data_type, nullable, hidden: false, order, of_row: None }
}

fn union(catalog: &Catalog, all: &QueryBody) -> Result<Bound, Fault> {
    let mut inputs = Vec::new();
    let mut rest = all;
    while let QueryBody::UnionAll(left, right) = rest {
        inputs.push(body(catalog, right)?.node);
        rest = left;
    }
    inputs.push(body(catalog, rest)?.node);
    inputs.reverse();
    let (stream, span) = (inputs[0].stream, inputs[0].span.to(inputs[inputs.len() - 1].span));
    let mut columns: Vec<Column> = inputs[0].schema.columns.iter().filter(|column| !column.hidden).cloned().collect();
    for input in &inputs[1..] {
        let others: Vec<&Column> = input.schema.columns.iter().filter(|column| !column.hidden).collect();
        if others.len() != columns.len() {
            return Err(Fault::new(input.span, "The inputs of a UNION ALL must have the same number of columns"));
        }
        if input.stream != stream {
            return Err(Fault::new(input.span, "A stream and a table cannot be joined with UNION ALL"));
        }
        for (column, other) in columns.iter_mut().zip(others) {
            let Some(data_type) = types::unified_type(column.data_type, other.data_type) else {
                let (one, two) = (column.data_type, other.data_type);
                let message =
                    format!("Column '{}' is {one} in one input of the UNION ALL and {two} in another", column.name);
                return Err(Fault::new(input.span, message));
            };
            column.data_type = data_type;
            column.nullable |= other.nullable;
            // Each input may be in order by itself; the merged rows are in order by ROWTIME only.
            column.order = Order::None;
        }
    }
    let schema = Schema { columns };
    let inputs = inputs.into_iter().map(|input| conformed(input, &schema)).collect();
    Ok(Bound { node: Node { kind: NodeKind::Union(inputs), schema, stream, span } })
}

/// The rows with these columns' types.
fn conformed(input: Node, schema: &Schema) -> Node {
    let visible: Vec<usize> =
        (0..input.schema.columns.len()).filter(|index| !input.schema.columns[*index].hidden).collect();
    let same = visible.len() == input.schema.columns.len()
        && input.schema.columns.iter().zip(&schema.columns).all(|(one, two)| one.data_type == two.data_type);
    if same {
        return input;
    }
    let span = input.span;
    let values = visible
        .iter()
        .zip(&schema.columns)
        .map(|(index, wanted)| operator::cast(reference(&input.schema, *index, span), wanted.data_type))
        .collect();
    let stream = input.stream;
    Node {
        kind: NodeKind::Project { input: Box::new(input), values, rowtime: None },
        schema: schema.clone(),
        stream,
        span,
    }
}

/// The value of a column.
pub(super) fn reference(schema: &Schema, index: usize, span: Span) -> Expr {
    let column = &schema.columns[index];
    let (data_type, nullable, order) = (column.data_type, column.nullable, column.order);
    Expr { kind: ExprKind::Column(index), data_type, nullable, order, span }
}

/// What `FROM` names: rows, and how expressions see them.
pub(super) fn from(catalog: &Catalog, references: &[TableReference], span: Span) -> Result<(Node, Scope), Fault> {
    let Some((first, rest)) = references.split_first() else {
        let kind = NodeKind::Values(vec![Vec::new()]);
        return Ok((Node { kind, schema: Schema::default(), stream: false, span }, Scope::default()));
    };
    let mut left = input(catalog, first)?;
    for right in rest {
        let right = input(catalog, right)?;
        left = join::joined(catalog, left, right, JoinKind::Cross, &JoinCondition::None, span)?;
    }
    if left.window.is_some() {
        return Err(Fault::new(
            span,
            "OVER behind a single input has no meaning; windows of aggregates stand in the select list",
        ));
    }
    Ok((left.node, left.scope))
}

/// One input of a join, on its way.
pub(super) struct Input {
    pub(super) node: Node,
    pub(super) scope: Scope,
    pub(super) window: Option<JoinWindow>,
}

fn input(catalog: &Catalog, reference: &TableReference) -> Result<Input, Fault> {
    match reference {
        TableReference::Named { name, window, alias } => {
            let node = catalog.relation(name).map_err(|fault| match window {
                Some(_) => fault.of_stream(),
                None => fault,
            })?;
            let seen_as = alias.as_ref().map_or(name, |alias| &alias.name);
            let columns = alias.as_ref().map_or(&[][..], |alias| &alias.columns);
            windowed(catalog, node, Some(seen_as), columns, window.as_ref())
        }
        TableReference::Derived { query, window, alias } => {
            let node = bind(catalog, query)?.node;
            let columns = alias.as_ref().map_or(&[][..], |alias| &alias.columns);
            windowed(catalog, node, alias.as_ref().map(|alias| &alias.name), columns, window.as_ref())
        }
        TableReference::Function { name, arguments, alias, span } => {
            let node = function::bind(catalog, name, arguments, *span)?;
            let columns = alias.as_ref().map_or(&[][..], |alias| &alias.columns);
            windowed(catalog, node, alias.as_ref().map(|alias| &alias.name), columns, None)
        }
        TableReference::Join(join) => {
            let Join { left, right, kind, condition, span } = &**join;
            join::joined(catalog, input(catalog, left)?, input(catalog, right)?, *kind, condition, *span)
        }
    }
}

fn windowed(
    catalog: &Catalog,
    mut node: Node,
    name: Option<&Name>,
    columns: &[Name],
    reference: Option<&WindowReference>,
) -> Result<Input, Fault> {
    if !columns.is_empty() {
        rename(&mut node.schema, columns)?;
    }
    let window = match reference {
        None => None,
        Some(WindowReference::Named(name)) => Some(window::join(catalog, &catalog.join_window(name)?)?),
        Some(WindowReference::Written(written)) => Some(window::join(catalog, written)?),
    };
    if let (Some(_), false) = (&window, node.stream) {
        return Err(Fault::new(node.span, "A reference table has no window"));
    }
    let scope = Scope::of(name.map(|name| name.text.clone()), node.schema.clone(), node.stream);
    Ok(Input { node, scope, window })
}

/// New names for the columns that `*` shows; a row value counts as one.
fn rename(schema: &mut Schema, names: &[Name]) -> Result<(), Fault> {
    let mut next = names.iter();
    let mut last_row: Option<(String, String)> = None;
    for column in schema.columns.iter_mut().filter(|column| !column.hidden) {
        if let (Some(row), Some((old, new))) = (&column.of_row, &last_row)
            && row == old
        {
            column.of_row = Some(new.clone());
            continue;
        }
        let Some(name) = next.next() else {
            return Err(Fault::new(names[names.len() - 1].span, "There are more columns than new names for them"));
        };
        match column.of_row.take() {
            Some(row) => {
                last_row = Some((row, name.text.clone()));
                column.of_row = Some(name.text.clone());
            }
            None => column.name.clone_from(&name.text),
        }
    }
    match next.next() {
        Some(name) => Err(Fault::new(name.span, "There are more new names than columns")),
        None => Ok(()),
    }
}

/// Keys of an order: expressions, names of select items, or their numbers.
pub(super) fn sort_keys(
    binder: &Binder<'_>,
    items: &[OrderItem],
    numbered: impl Fn(usize) -> Option<Expr>,
    named: impl Fn(&Name) -> Option<Expr>,
) -> Result<Vec<SortKey>, Fault> {
    let mut keys = Vec::with_capacity(items.len());
    for order in items {
        let value = match &order.key.kind {
            crate::ast::ExpressionKind::Literal(crate::ast::Literal::Number(digits)) => {
                let index = digits.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                let value = index.and_then(&numbered);
                value.ok_or_else(|| Fault::new(order.key.span, format!("There is no column {digits} to order by")))?
            }
            crate::ast::ExpressionKind::Column(path) if path.len() == 1 => match named(&path[0]) {
                Some(value) => value,
                None => binder.bind(&order.key)?,
            },
            _ => binder.bind(&order.key)?,
        };
        let nulls_first = order.nulls_first.unwrap_or(!order.descending);
        keys.push(SortKey { value, descending: order.descending, nulls_first });
    }
    Ok(keys)
}

/// The rows in an order, if a stream can have it.
pub(super) fn sorted(input: Node, keys: Vec<SortKey>, span: Span) -> Result<Node, Fault> {
    let first = &keys[0];
    if input.stream
        && (!first.value.order.is_monotonic() || first.descending != (first.value.order == Order::Descending))
    {
        let message = "The first key of a streaming ORDER BY must be monotonic, such as FLOOR(s.ROWTIME TO MINUTE)";
        return Err(Fault::new(first.value.span, message));
    }
    let (schema, stream) = (input.schema.clone(), input.stream);
    Ok(Node { kind: NodeKind::Sort(Box::new(Sort { input, keys })), schema, stream, span })
}

/// `SELECT STREAM x AS ROWTIME, … ORDER BY x WITHIN INTERVAL …`.
fn time_sort(catalog: &Catalog, query: &Query, within_ms: i64) -> Result<Bound, Fault> {
    let (QueryBody::Select(select), [item]) = (&query.body, &query.order_by[..]) else {
        return Err(Fault::new(query.span, "ORDER BY … WITHIN takes one key, and stands behind one SELECT"));
    };
    if item.descending {
        return Err(Fault::new(item.key.span, "ORDER BY … WITHIN cannot be descending"));
    }
    select::time_sorted(catalog, select, item, within_ms)
}
