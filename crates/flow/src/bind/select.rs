//! One `SELECT`: its rows filtered, grouped or seen through windows, and made into the columns of its list.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::ast::{Expression, ExpressionKind, Grouping, Name, OrderItem, Select, SelectItem, TableReference, Window};
use crate::plan::{Aggregate, Column, Expr, ExprKind, Node, NodeKind, Order, Schema, Slide, SortKey, Stagger, Tumble};
use crate::{Fault, Span};

use super::expression::{Binder, Place};
use super::query::{self, Bound, column};
use super::scope::{ROWTIME, Scope};
use super::{Catalog, aggregate, literal, operator, row};

/// The columns that a select list makes.
#[derive(Default)]
struct Items {
    columns: Vec<Column>,
    values: Vec<Expr>,
    /// `… AS ROWTIME`.
    rowtime: Option<Expr>,
}

impl Items {
    fn push(&mut self, name: String, value: Expr, of_row: Option<String>) {
        let made = column(name, super::operator::varying(value.data_type), value.nullable, value.order);
        self.columns.push(Column { of_row, data_type: value.data_type, ..made });
        self.values.push(value);
    }

    fn named(&self, name: &Name) -> Option<Expr> {
        let index = self.columns.iter().position(|column| column.name == name.text)?;
        Some(self.values[index].clone())
    }
}

/// Binds a select, its rows in an order if one is given.
pub(super) fn bind(catalog: &Catalog, select: &Select, order_by: &[OrderItem]) -> Result<Bound, Fault> {
    let windows = named_windows(select)?;
    catalog.windows.borrow_mut().push(windows.clone());
    let bound = bind_within(catalog, select, order_by, &windows);
    catalog.windows.borrow_mut().pop();
    bound
}

fn bind_within(
    catalog: &Catalog,
    select: &Select,
    order_by: &[OrderItem],
    windows: &HashMap<String, Window>,
) -> Result<Bound, Fault> {
    let (input, scope) = filtered(catalog, select)?;
    let (node, items, keys) = match &select.grouping {
        Grouping::None if !input.stream && is_of_all_rows(select, order_by) => {
            grouped(catalog, select, order_by, input, &scope, &[], None)?
        }
        Grouping::None => rows(catalog, select, order_by, windows, input, &scope)?,
        Grouping::By(keys) => grouped(catalog, select, order_by, input, &scope, keys, None)?,
        Grouping::Stagger { partition_by, range, span } => {
            let range_ms = literal::interval_ms(range)?;
            if range_ms == 0 {
                return Err(Fault::new(*span, "A stagger window must be longer than nothing"));
            }
            if !input.stream {
                return Err(Fault::new(*span, "WINDOWED BY STAGGER is for streams"));
            }
            grouped(catalog, select, order_by, input, &scope, partition_by, Some(range_ms))?
        }
    };
    let node =
        if keys.is_empty() { projected(node, items, select.span) } else { sorted(node, items, keys, select.span)? };
    if select.distinct { distinct(node, select.span).map(|node| Bound { node }) } else { Ok(Bound { node }) }
}

/// Whether a select over a table makes one row of all its rows.
fn is_of_all_rows(select: &Select, order_by: &[OrderItem]) -> bool {
    let items = select.items.iter().filter_map(|item| match item {
        SelectItem::Expression { value, .. } => Some(value),
        SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(_) => None,
    });
    let mut all = items.chain(order_by.iter().map(|item| &item.key));
    let is_aggregate = |one: &Expression| matches!(&one.kind, ExpressionKind::Call(call) if call.over.is_none() && aggregate::is_aggregate(&call.name.text));
    select.having.is_some() || all.any(|one| one.any(&is_aggregate))
}

fn named_windows(select: &Select) -> Result<HashMap<String, Window>, Fault> {
    let mut named = HashMap::new();
    for (name, window) in &select.windows {
        let whole = super::window::resolve(&crate::ast::WindowReference::Written(Box::new(window.clone())), &named)?;
        if named.insert(name.text.clone(), whole).is_some() {
            return Err(Fault::new(name.span, format!("Window '{name}' is defined twice")));
        }
    }
    Ok(named)
}

/// What `FROM` and `WHERE` leave.
fn filtered(catalog: &Catalog, select: &Select) -> Result<(Node, Scope), Fault> {
    let (input, scope) = query::from(catalog, &select.from, select.span).map_err(|fault| match select.from[..] {
        // The rows of a stream come from a stream.
        [TableReference::Named { .. }] if select.stream => fault.of_stream(),
        _ => fault,
    })?;
    match (select.stream, input.stream) {
        (false, true) => return Err(Fault::new(select.span, "Rows of a stream are selected with SELECT STREAM")),
        (true, false) => return Err(Fault::new(select.span, "SELECT STREAM needs a stream; a table has an end")),
        _ => {}
    }
    let Some(filter) = &select.filter else { return Ok((input, scope)) };
    let predicate = operator::condition(Binder::plain(catalog, &scope).bind(filter)?)?;
    let (schema, stream, span) = (input.schema.clone(), input.stream, filter.span);
    let kind = NodeKind::Filter { input: Box::new(input), predicate };
    Ok((Node { kind, schema, stream, span }, scope))
}

/// A select over single rows, perhaps with windows.
fn rows(
    catalog: &Catalog,
    select: &Select,
    order_by: &[OrderItem],
    windows: &HashMap<String, Window>,
    input: Node,
    scope: &Scope,
) -> Result<(Node, Items, Vec<SortKey>), Fault> {
    if let Some(having) = &select.having {
        return Err(Fault::new(having.span, "HAVING needs GROUP BY or WINDOWED BY"));
    }
    let (found, calls) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let place = Place::Row { windows, found: &found, calls: &calls };
    let binder = Binder::at(catalog, scope, place);
    let items = items(&binder, select)?;
    let keys = match order_by {
        [] => Vec::new(),
        _ => query::sort_keys(&binder, order_by, |index| items.values.get(index).cloned(), |name| items.named(name))?,
    };
    let (found, calls) = (found.into_inner(), calls.into_inner());
    let mut node = input;
    if !calls.is_empty() {
        if !node.stream {
            return Err(Fault::new(select.span, "Windows over a reference table are not supported"));
        }
        let mut schema = node.schema.clone();
        schema.columns.extend(
            calls
                .iter()
                .enumerate()
                .map(|(index, (_, call))| column(format!("CALL${index}"), call.data_type, true, Order::None)),
        );
        let span = node.span;
        let slide = Slide { input: node, windows: found, calls };
        node = Node { kind: NodeKind::Slide(Box::new(slide)), schema, stream: true, span };
    }
    Ok((node, items, keys))
}

/// A select over groups of rows.
fn grouped(
    catalog: &Catalog,
    select: &Select,
    order_by: &[OrderItem],
    input: Node,
    scope: &Scope,
    by: &[Expression],
    stagger_ms: Option<i64>,
) -> Result<(Node, Items, Vec<SortKey>), Fault> {
    let plain = Binder::plain(catalog, scope);
    let keys = by.iter().map(|key| plain.bind(key)).collect::<Result<Vec<_>, _>>()?;
    let monotonic: Vec<usize> = (0..keys.len()).filter(|index| keys[*index].order.is_monotonic()).collect();
    if stagger_ms.is_none() && input.stream && monotonic.is_empty() {
        let message =
            "GROUP BY on a stream needs a monotonic expression, such as STEP(s.ROWTIME BY INTERVAL '60' SECOND)";
        return Err(Fault::new(by[0].span.to(by[by.len() - 1].span), message));
    }
    let aggregates = RefCell::new(Vec::new());
    let place = Place::Grouped { keys: &keys, aggregates: &aggregates, stream: input.stream };
    let binder = Binder::at(catalog, scope, place);
    let items = items(&binder, select)?;
    let having = select.having.as_ref().map(|having| operator::condition(binder.bind(having)?)).transpose()?;
    let sort = match order_by {
        [] => Vec::new(),
        _ => query::sort_keys(&binder, order_by, |index| items.values.get(index).cloned(), |name| items.named(name))?,
    };
    let aggregates = aggregates.into_inner();
    let schema = group_schema(&keys, &aggregates, stagger_ms.is_none());
    let (stream, span) = (input.stream, select.span);
    let kind = match stagger_ms {
        None => NodeKind::Tumble(Box::new(Tumble { input, keys, monotonic, aggregates })),
        Some(range_ms) => NodeKind::Stagger(Box::new(Stagger { input, keys, range_ms, aggregates })),
    };
    let mut node = Node { kind, schema: schema.clone(), stream, span };
    if let Some(predicate) = having {
        node = Node { kind: NodeKind::Filter { input: Box::new(node), predicate }, schema, stream, span };
    }
    Ok((node, items, sort))
}

fn group_schema(keys: &[Expr], aggregates: &[Aggregate], ordered: bool) -> Schema {
    let key = |(index, key): (usize, &Expr)| {
        let order = if ordered { key.order } else { Order::None };
        column(format!("KEY${index}"), key.data_type, key.nullable, order)
    };
    let aggregate =
        |(index, one): (usize, &Aggregate)| column(format!("CALL${index}"), one.data_type, true, Order::None);
    let columns = keys.iter().enumerate().map(key).chain(aggregates.iter().enumerate().map(aggregate)).collect();
    Schema { columns }
}

/// The select list.
fn items(binder: &Binder<'_>, select: &Select) -> Result<Items, Fault> {
    let mut items = Items::default();
    for item in &select.items {
        match item {
            SelectItem::Wildcard(span) => wildcard(binder, &mut items, None, *span)?,
            SelectItem::QualifiedWildcard(name) => wildcard(binder, &mut items, Some(name), name.span)?,
            SelectItem::Expression { value, alias, fields } => {
                expression(binder, &mut items, value, alias.as_ref(), fields)?;
            }
        }
    }
    if items.columns.is_empty() {
        return Err(Fault::new(select.span, "A select list needs a column beside ROWTIME"));
    }
    Ok(items)
}

fn wildcard(binder: &Binder<'_>, items: &mut Items, of: Option<&Name>, span: Span) -> Result<(), Fault> {
    if matches!(binder.place, Place::Grouped { .. }) {
        return Err(Fault::new(span, "* cannot stand in a grouped select list; name the columns"));
    }
    if let Some(name) = of
        && binder.scope.relation(name).is_none()
    {
        return Err(Fault::new(span, format!("Table '{name}' not found")));
    }
    let mut merged = Vec::new();
    for relation in &binder.scope.relations {
        if of.is_some_and(|name| relation.name.as_deref() != Some(&name.text)) {
            continue;
        }
        for (index, one) in relation.schema.columns.iter().enumerate() {
            if one.hidden || merged.contains(&&one.name) {
                continue;
            }
            if of.is_none() && binder.scope.merged.contains(&one.name) {
                merged.push(&one.name);
            }
            let value = query::reference(&relation.schema, index, span);
            let value = Expr { kind: ExprKind::Column(relation.first + index), ..value };
            items.push(one.name.clone(), value, one.of_row.clone());
        }
    }
    Ok(())
}

fn expression(
    binder: &Binder<'_>,
    items: &mut Items,
    value: &Expression,
    alias: Option<&Name>,
    fields: &[Name],
) -> Result<(), Fault> {
    if let ExpressionKind::Call(call) = &value.kind
        && row::is_row_function(&call.name.text)
    {
        let function = row::bind(binder, call, fields, value.span)?;
        let of_row = alias.map_or_else(|| format!("EXPR${}", items.columns.len()), |alias| alias.text.clone());
        for index in 0..function.fields.columns.len() {
            let field = operator::field(&function, index, value.span);
            items.push(function.fields.columns[index].name.clone(), field, Some(of_row.clone()));
        }
        return Ok(());
    }
    if let Some(first) = fields.first() {
        return Err(Fault::new(first.span, "Only a row of values takes names for its fields"));
    }
    let bound = binder.bind(value)?;
    let name = match (alias, &value.kind) {
        (Some(alias), _) if alias.text == ROWTIME => {
            if bound.data_type != crate::types::DataType::Timestamp {
                return Err(Fault::new(value.span, format!("ROWTIME is a TIMESTAMP, not {}", bound.data_type)));
            }
            if items.rowtime.replace(bound).is_some() {
                return Err(Fault::new(alias.span, "ROWTIME is given twice"));
            }
            return Ok(());
        }
        (Some(alias), _) => alias.text.clone(),
        (None, ExpressionKind::Column(path)) => path[path.len() - 1].text.clone(),
        (None, _) => format!("EXPR${}", items.columns.len()),
    };
    items.push(name, bound, None);
    Ok(())
}

fn projected(input: Node, items: Items, span: Span) -> Node {
    let (schema, stream) = (Schema { columns: items.columns }, input.stream);
    let kind = NodeKind::Project { input: Box::new(input), values: items.values, rowtime: items.rowtime };
    Node { kind, schema, stream, span }
}

/// The select list's rows in an order. Its values are made before that, as rows may get another ROWTIME when they are sorted; a
/// new ROWTIME is given behind it.
fn sorted(input: Node, mut items: Items, keys: Vec<SortKey>, span: Span) -> Result<Node, Fault> {
    let count = items.columns.len();
    let rowtime = items.rowtime.take();
    let leading = keys[0].value.clone();
    for (index, key) in keys.iter().enumerate() {
        items.push(format!("KEY${index}"), key.value.clone(), None);
    }
    if let Some(rowtime) = &rowtime {
        items.push("TIME$".to_owned(), rowtime.clone(), None);
    }
    let mut columns = items.columns[..count].to_vec();
    for (column, value) in columns.iter_mut().zip(&items.values) {
        // Only the leading key moves as it did.
        column.order = if *value == leading { value.order } else { Order::None };
    }
    let made = projected(input, items, span);
    let value = |index: usize, span: Span| query::reference(&made.schema, index, span);
    let keys = keys.into_iter().enumerate();
    let keys =
        keys.map(|(index, key)| SortKey { value: value(count + index, key.value.span), ..key }).collect::<Vec<_>>();
    let rowtime = rowtime.map(|rowtime| Expr { order: Order::None, ..value(count + keys.len(), rowtime.span) });
    let values = columns.iter().enumerate().map(|(index, column)| Expr { order: column.order, ..value(index, span) });
    let values = values.collect();
    let node = query::sorted(made, keys, span)?;
    let stream = node.stream;
    let kind = NodeKind::Project { input: Box::new(node), values, rowtime };
    Ok(Node { kind, schema: Schema { columns }, stream, span })
}

fn distinct(input: Node, span: Span) -> Result<Node, Fault> {
    let columns = &input.schema.columns;
    let monotonic: Vec<usize> = (0..columns.len()).filter(|index| columns[*index].order.is_monotonic()).collect();
    if input.stream && monotonic.is_empty() {
        let message = "SELECT STREAM DISTINCT needs a monotonic column, such as FLOOR(s.ROWTIME TO MINUTE)";
        return Err(Fault::new(span, message));
    }
    let (schema, stream) = (input.schema.clone(), input.stream);
    Ok(Node { kind: NodeKind::Distinct { input: Box::new(input), monotonic }, schema, stream, span })
}

/// A select whose rows are put in the order of a time that becomes their ROWTIME.
pub(super) fn time_sorted(
    catalog: &Catalog,
    select: &Select,
    item: &OrderItem,
    within_ms: i64,
) -> Result<Bound, Fault> {
    if select.grouping != Grouping::None || select.distinct {
        return Err(Fault::new(
            select.span,
            "ORDER BY … WITHIN does not go with GROUP BY or DISTINCT; use a sub-query",
        ));
    }
    let windows = named_windows(select)?;
    let (input, scope) = filtered(catalog, select)?;
    let (node, mut items, _) = rows(catalog, select, &[], &windows, input, &scope)?;
    let Some(rowtime) = items.rowtime.take() else {
        return Err(Fault::new(select.span, "ORDER BY … WITHIN needs its key in the select list AS ROWTIME"));
    };
    let is_rowtime = |path: &[Name]| path.len() == 1 && path[0].text == ROWTIME;
    let names_it = matches!(&item.key.kind, ExpressionKind::Column(path) if is_rowtime(path));
    if !names_it && Binder::plain(catalog, &scope).bind(&item.key)? != rowtime {
        return Err(Fault::new(
            item.key.span,
            "The key of ORDER BY … WITHIN must be the one that is selected AS ROWTIME",
        ));
    }
    if rowtime.kind == ExprKind::Rowtime {
        return Err(Fault::new(item.key.span, "ROWTIME is in order already; name a column"));
    }
    items.push("TIME$".to_owned(), rowtime, None);
    items.columns.last_mut().expect("just pushed").hidden = true;
    let mut node = projected(node, items, select.span);
    let index = node.schema.columns.len() - 1;
    let key = query::reference(&node.schema, index, item.key.span);
    for column in &mut node.schema.columns {
        column.order = Order::None;
    }
    let (schema, stream, span) = (node.schema.clone(), node.stream, node.span);
    let kind = NodeKind::TimeSort { input: Box::new(node), key, within_ms };
    Ok(Bound { node: Node { kind, schema, stream, span } })
}
