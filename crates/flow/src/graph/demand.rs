//! Which columns of the input anybody looks at: decoding the others would be for nothing.

use std::collections::BTreeMap;

use crate::plan::{Aggregate, AggregateFunction, Expr, ExprKind, JoinNode, Node, NodeKind, TableFunction};

/// The columns looked at, of each stream by its name.
pub(super) type Demand = BTreeMap<String, Vec<bool>>;

/// Notes what a node needs of the streams it reads, all its own columns being wanted.
pub(super) fn note(node: &Node, demand: &mut Demand) {
    wanted(node, &vec![true; node.schema.columns.len()], demand);
}

fn wanted(node: &Node, columns: &[bool], demand: &mut Demand) {
    match &node.kind {
        NodeKind::Stream(name) => {
            let noted = demand.entry(name.clone()).or_insert_with(|| vec![false; columns.len()]);
            noted.iter_mut().zip(columns).for_each(|(noted, wanted)| *noted |= wanted);
        }
        NodeKind::Table(_) | NodeKind::Values(_) => {}
        NodeKind::Filter { input, predicate } => from(input, columns, [predicate], demand),
        NodeKind::Project { input, values, rowtime } => from(input, &[], values.iter().chain(rowtime), demand),
        NodeKind::Union(inputs) => inputs.iter().for_each(|input| wanted(input, columns, demand)),
        NodeKind::Tumble(tumble) => {
            from(&tumble.input, &[], tumble.keys.iter().chain(arguments(&tumble.aggregates)), demand);
        }
        NodeKind::Stagger(stagger) => {
            from(&stagger.input, &[], stagger.keys.iter().chain(arguments(&stagger.aggregates)), demand);
        }
        NodeKind::Slide(slide) => {
            let keys = slide.windows.iter().flat_map(|window| &window.partition_by);
            let calls = slide.calls.iter().flat_map(|(_, call)| arguments(std::slice::from_ref(call)));
            from(&slide.input, columns, keys.chain(calls), demand);
        }
        NodeKind::Join(join) => joined(join, columns, demand),
        NodeKind::Sort(sort) => from(&sort.input, columns, sort.keys.iter().map(|key| &key.value), demand),
        NodeKind::TimeSort { input, key, .. } => from(input, columns, [key], demand),
        // Rows are compared as a whole.
        NodeKind::Distinct { input, .. } => note(input, demand),
        NodeKind::Function { function, input } => match function {
            TableFunction::TopKItems { column, .. } | TableFunction::CountDistinctItems { column, .. } => {
                let mut wanted_of_input = vec![false; input.schema.columns.len()];
                wanted_of_input[*column] = true;
                wanted(input, &wanted_of_input, demand);
            }
            _ => note(input, demand),
        },
    }
}

/// What is wanted of an input that passes `columns` on and whose rows expressions look at.
fn from<'e>(input: &Node, columns: &[bool], expressions: impl IntoIterator<Item = &'e Expr>, demand: &mut Demand) {
    let mut of_input: Vec<bool> =
        (0..input.schema.columns.len()).map(|index| columns.get(index) == Some(&true)).collect();
    expressions.into_iter().for_each(|expression| look(expression, &mut of_input));
    wanted(input, &of_input, demand);
}

fn joined(join: &JoinNode, columns: &[bool], demand: &mut Demand) {
    let mut of_output = columns.to_vec();
    join.condition.iter().for_each(|condition| look(condition, &mut of_output));
    // Behind the columns of each side stands its ROWTIME.
    let left_count = join.left.input.schema.columns.len();
    from(&join.left.input, &of_output[..left_count], join.equal.iter().map(|(left, _)| left), demand);
    from(&join.right.input, &of_output[left_count + 1..], join.equal.iter().map(|(_, right)| right), demand);
}

fn arguments(aggregates: &[Aggregate]) -> impl Iterator<Item = &Expr> {
    aggregates.iter().flat_map(|aggregate| {
        let default = match &aggregate.function {
            AggregateFunction::Lag { default, .. } => default.as_deref(),
            _ => None,
        };
        aggregate.argument.iter().chain(default)
    })
}

/// Marks the columns that an expression looks at.
fn look(expression: &Expr, columns: &mut [bool]) {
    if let ExprKind::Column(index) = &expression.kind {
        columns[*index] = true;
    }
    expression.parts().into_iter().for_each(|part| look(part, columns));
}
