//! A query that looks at one row around it as one that answers many such rows at once.
//!
//! Behind the columns of its own each row gets *tags*: what the query is asked with, and the place of that among all that is
//! asked. The lowest parts of the query that depend on tables alone are *anchors*: of each one the rows come in with their
//! tags. Tags go up through filters and lists; groups are made within what is asked, and joined rows have the same tags.

use crate::plan::{
    AggregateFunction, Column, Comparison, Expr, ExprKind, Function, JoinNode, JoinSide, LoneRows, Node, NodeKind,
    Order, Schema, Sort, SortKey, Tumble, Value,
};
use crate::types::DataType;

/// The table of what is asked. No name that is written holds such a sign.
pub(super) const ASKED: &str = "\0";

/// The table with the rows of an anchor.
pub(super) fn anchor_name(index: usize) -> String {
    format!("\0{index}")
}

/// A rewritten query. Its rows have its own columns and then the tags.
pub(super) struct Rewritten {
    pub(super) node: Node,
    pub(super) anchors: Vec<AnchorPlan>,
}

/// A part of a query that depends on tables alone.
pub(super) struct AnchorPlan {
    pub(super) input: Node,
    /// Of its rows only those are wanted with keys that equal something of what is asked. Each expression over its own columns
    /// stands beside one over what is asked.
    pub(super) keys: Vec<(Expr, Expr)>,
    /// Of its one column only the least and the greatest value matter, and NULL; and whether spaces at the end do not count.
    pub(super) extremes: Option<bool>,
}

/// Rewrites a query that is asked with values of these types.
pub(super) fn rewritten(query: &Node, asked: &[DataType]) -> Rewritten {
    let tags = asked.iter().copied().chain([DataType::BigInt]).map(nameless).collect();
    let mut rewriting = Rewriting { tags, anchors: Vec::new() };
    let node = rewriting.tagged(query);
    Rewritten { node, anchors: rewriting.anchors }
}

struct Rewriting {
    tags: Vec<Column>,
    anchors: Vec<AnchorPlan>,
}

impl Rewriting {
    fn tagged(&mut self, node: &Node) -> Node {
        if !node.is_correlated() {
            return self.anchor(node.clone(), Vec::new());
        }
        let kind = match &node.kind {
            NodeKind::Filter { input, predicate } if !input.is_correlated() => {
                return self.looked_up(input, predicate, node);
            }
            NodeKind::Filter { input, predicate } => {
                let predicate = over(predicate, input.schema.columns.len());
                NodeKind::Filter { input: Box::new(self.tagged(input)), predicate }
            }
            NodeKind::Project { input, values, .. } => {
                let width = input.schema.columns.len();
                let values = values.iter().map(|value| over(value, width)).chain(self.tags_at(width, node)).collect();
                NodeKind::Project { input: Box::new(self.tagged(input)), values, rowtime: None }
            }
            NodeKind::Values(rows) => {
                let rows = rows.iter().map(|row| {
                    let values = row.iter().map(|value| over(value, 0)).chain(self.tags_at(0, node)).collect();
                    let kind = NodeKind::Project { input: Box::new(self.asked(node)), values, rowtime: None };
                    Node { kind, ..self.with_tags(node) }
                });
                NodeKind::Union(rows.collect())
            }
            NodeKind::Union(inputs) => NodeKind::Union(inputs.iter().map(|input| self.tagged(input)).collect()),
            NodeKind::Distinct { input, .. } => {
                NodeKind::Distinct { input: Box::new(self.tagged(input)), monotonic: Vec::new() }
            }
            NodeKind::Sort(sort) => {
                let width = sort.input.schema.columns.len();
                let key = |key: &SortKey| SortKey { value: over(&key.value, width), ..key.clone() };
                let keys = sort.keys.iter().map(key).collect();
                NodeKind::Sort(Box::new(Sort { input: self.tagged(&sort.input), keys }))
            }
            NodeKind::Tumble(tumble) => return self.grouped(tumble, node),
            NodeKind::Join(join) => return self.joined(join, node),
            NodeKind::Stream(_)
            | NodeKind::Table(_)
            | NodeKind::TimeSort { .. }
            | NodeKind::Stagger(_)
            | NodeKind::Slide(_)
            | NodeKind::Function { .. } => unreachable!("the binder takes none of these where the row around matters"),
        };
        Node { kind, ..self.with_tags(node) }
    }

    /// A node with the columns of another and the tags.
    fn with_tags(&self, node: &Node) -> Node {
        let columns = node.schema.columns.iter().chain(&self.tags).cloned().collect();
        Node { kind: NodeKind::Values(Vec::new()), schema: Schema { columns }, stream: false, span: node.span }
    }

    /// The tags behind so many columns.
    fn tags_at(&self, width: usize, node: &Node) -> Vec<Expr> {
        let tag = |(index, tag): (usize, &Column)| Expr::column(width + index, tag.data_type, node.span);
        self.tags.iter().enumerate().map(tag).collect()
    }

    /// What is asked.
    fn asked(&self, node: &Node) -> Node {
        let (kind, schema) = (NodeKind::Table(ASKED.to_owned()), Schema { columns: self.tags.clone() });
        Node { kind, schema, stream: false, span: node.span }
    }

    fn anchor(&mut self, input: Node, keys: Vec<(Expr, Expr)>) -> Node {
        let kind = NodeKind::Table(anchor_name(self.anchors.len()));
        let node = Node { kind, ..self.with_tags(&input) };
        self.anchors.push(AnchorPlan { input, keys, extremes: None });
        node
    }

    /// A filter over tables alone: what comes first in it and depends on tables alone belongs to the anchor, equalities with
    /// what is asked are looked up, and the rest is left.
    fn looked_up(&mut self, input: &Node, predicate: &Expr, node: &Node) -> Node {
        let mut own = predicate.clone().conditions();
        let others = own.split_off(own.iter().take_while(|part| !part.is_correlated()).count());
        let mut keys = Vec::new();
        let mut rest = Vec::new();
        for part in &others {
            match key(part) {
                Some((own, asked)) => keys.push((own.clone(), over(asked, 0))),
                None => rest.push(over(part, input.schema.columns.len())),
            }
        }
        let input = match Expr::all(own, predicate.span) {
            None => input.clone(),
            Some(predicate) => {
                let (schema, stream, span) = (input.schema.clone(), false, input.span);
                Node { kind: NodeKind::Filter { input: Box::new(input.clone()), predicate }, schema, stream, span }
            }
        };
        let found = self.anchor(input, keys);
        match Expr::all(rest, predicate.span) {
            None => found,
            Some(predicate) => {
                Node { kind: NodeKind::Filter { input: Box::new(found), predicate }, ..self.with_tags(node) }
            }
        }
    }

    /// Groups within what is asked. Without keys of their own there is one even where no row is.
    fn grouped(&mut self, tumble: &Tumble, node: &Node) -> Node {
        let (width, own) = (tumble.input.schema.columns.len(), tumble.keys.len());
        let mut aggregates = tumble.aggregates.clone();
        for argument in aggregates.iter_mut().filter_map(|call| call.argument.as_mut()) {
            *argument = over(argument, width);
        }
        let tags = self.tags.len();
        let keys: Vec<Expr> = tumble.keys.iter().map(|key| over(key, width)).chain(self.tags_at(width, node)).collect();
        let key_columns = node.schema.columns[..own].iter().chain(&self.tags);
        let columns = key_columns.chain(&node.schema.columns[own..]).cloned().collect();
        let input = self.tagged(&tumble.input);
        let tumble = Tumble { input, keys, monotonic: Vec::new(), aggregates };
        let groups = |tumble: Tumble| Node {
            kind: NodeKind::Tumble(Box::new(tumble)),
            schema: Schema { columns },
            stream: false,
            span: node.span,
        };
        let calls = tumble.aggregates.len();
        let moved = |index: usize, at: usize| Expr::column(at, node.schema.columns[index].data_type, node.span);
        let of = |index: usize| moved(index, index);
        let (input, values) = if own > 0 {
            let values = (0..own).map(of).chain((0..calls).map(|call| moved(own + call, own + tags + call)));
            let values = values.chain(self.tags_at(own, node)).collect();
            (groups(tumble), values)
        } else {
            // Behind the tags of what is asked stands its ROWTIME, then the group.
            let value = |call: usize| {
                let found = moved(call, 2 * tags + 1 + call);
                match tumble.aggregates[call].function {
                    AggregateFunction::Count => counted(found),
                    _ => found,
                }
            };
            let values = (0..calls).map(value).chain(self.tags_at(0, node)).collect();
            (self.for_all_asked(groups(tumble), node), values)
        };
        let kind = NodeKind::Project { input: Box::new(input), values, rowtime: None };
        Node { kind, ..self.with_tags(node) }
    }

    /// Everything that is asked beside the row that begins with its tags, or NULLs.
    fn for_all_asked(&self, groups: Node, node: &Node) -> Node {
        let place = Expr::column(self.tags.len() - 1, DataType::BigInt, node.span);
        let join = JoinNode {
            left: JoinSide { input: self.asked(node), window: None },
            right: JoinSide { input: groups, window: None },
            left_outer: true,
            right_outer: false,
            equal: vec![(place.clone(), place)],
            condition: None,
            lone_rows: LoneRows::default(),
        };
        joined_node(join, node)
    }

    /// A join of rows with the same tags. A side that needs none stays as it is.
    fn joined(&mut self, join: &JoinNode, node: &Node) -> Node {
        let widths = (join.left.input.schema.columns.len(), join.right.input.schema.columns.len());
        let holds = |left: bool| {
            let keys = join.equal.iter().map(|(one, two)| if left { one } else { two });
            keys.into_iter().any(Expr::is_correlated)
        };
        let mut tagged =
            (join.left.input.is_correlated() || holds(true), join.right.input.is_correlated() || holds(false));
        tagged.0 |= !tagged.1 || join.left_outer;
        tagged.1 |= join.right_outer;
        let side = |rewriting: &mut Self, side: &JoinSide, tagged: bool| {
            let input = if tagged { rewriting.tagged(&side.input) } else { side.input.clone() };
            JoinSide { input, window: None }
        };
        let (left, right) = (side(self, &join.left, tagged.0), side(self, &join.right, tagged.1));
        let tags = self.tags.len();
        let (more_left, more_right) = (if tagged.0 { tags } else { 0 }, if tagged.1 { tags } else { 0 });
        let mut equal: Vec<(Expr, Expr)> =
            join.equal.iter().map(|(one, two)| (over(one, widths.0), over(two, widths.1))).collect();
        if tagged.0 && tagged.1 {
            let place = |width: usize| Expr::column(width + tags - 1, DataType::BigInt, node.span);
            equal.push((place(widths.0), place(widths.1)));
        }
        // Columns of the left side stay, what stands behind them moves.
        let at = |index: usize| match index {
            _ if index < widths.0 => index,
            _ if index < widths.0 + 1 + widths.1 => index + more_left,
            _ => index + more_left + more_right,
        };
        let (left_tags, right_tags) = (widths.0, widths.0 + more_left + 1 + widths.1);
        let condition = join.condition.as_ref().map(|condition| {
            let tags = if tagged.0 { left_tags } else { right_tags };
            mapped(condition, &|kind| match kind {
                ExprKind::Column(index) => *index = at(*index),
                ExprKind::Outer(index) => *kind = ExprKind::Column(tags + *index),
                _ => {}
            })
        });
        let columns = node.schema.columns.iter().enumerate();
        let own = columns.map(|(index, own)| Expr::column(at(index), own.data_type, node.span));
        let tag = |index: usize| {
            let of = |first: usize| Expr::column(first + index, self.tags[index].data_type, node.span);
            match tagged {
                // Either side may be missing.
                (true, true) if join.left_outer && join.right_outer => either(
                    of(left_tags),
                    of(right_tags),
                    Expr::column(left_tags + tags - 1, DataType::BigInt, node.span),
                ),
                (true, true) if join.right_outer => of(right_tags),
                (true, _) => of(left_tags),
                (false, _) => of(right_tags),
            }
        };
        let values = own.chain((0..tags).map(tag)).collect();
        let input = joined_node(JoinNode { left, right, equal, condition, ..join.clone() }, node);
        let kind = NodeKind::Project { input: Box::new(input), values, rowtime: None };
        Node { kind, ..self.with_tags(node) }
    }
}

/// An equality of something of the own row with something that is asked, in this order.
fn key(part: &Expr) -> Option<(&Expr, &Expr)> {
    let ExprKind::Compare(Comparison::Equal, one, two) = &part.kind else { return None };
    let is_asked = |expr: &Expr| expr.holds_outer() && !expr.holds_column();
    match () {
        () if is_asked(two) && !one.is_correlated() => Some((one, two)),
        () if is_asked(one) && !two.is_correlated() => Some((two, one)),
        () => None,
    }
}

/// A column that no name means.
fn nameless(data_type: DataType) -> Column {
    Column { name: String::new(), data_type, nullable: true, hidden: true, order: Order::None, of_row: None }
}

fn joined_node(join: JoinNode, node: &Node) -> Node {
    let time = nameless(DataType::Timestamp);
    let (left, right) = (&join.left.input.schema.columns, &join.right.input.schema.columns);
    let columns = left.iter().chain([&time]).chain(right).chain([&time]).cloned().collect();
    Node { kind: NodeKind::Join(Box::new(join)), schema: Schema { columns }, stream: false, span: node.span }
}

/// The expression over rows whose tags stand behind so many columns.
fn over(expr: &Expr, width: usize) -> Expr {
    mapped(expr, &|kind| {
        if let ExprKind::Outer(index) = kind {
            *kind = ExprKind::Column(width + *index);
        }
    })
}

fn mapped(expr: &Expr, change: &dyn Fn(&mut ExprKind)) -> Expr {
    fn walk(expr: &mut Expr, change: &dyn Fn(&mut ExprKind)) {
        change(&mut expr.kind);
        expr.order = Order::None;
        expr.parts_mut().into_iter().for_each(|part| walk(part, change));
    }
    let mut expr = expr.clone();
    walk(&mut expr, change);
    expr
}

/// A count that is 0 where there is none.
fn counted(count: Expr) -> Expr {
    let zero = Expr { kind: ExprKind::Literal(Value::Integer(0)), ..count.clone() };
    Expr { kind: ExprKind::Call(Function::Coalesce, vec![count.clone(), zero]), ..count }
}

/// One value, or where something is NULL the other.
fn either(one: Expr, other: Expr, place: Expr) -> Expr {
    let is_null =
        Expr { kind: ExprKind::IsNull(Box::new(place)), data_type: DataType::Boolean, nullable: false, ..one.clone() };
    let kind = ExprKind::Case { branches: vec![(is_null, other)], otherwise: Box::new(one.clone()) };
    Expr { kind, ..one }
}
