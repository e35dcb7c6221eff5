//! What follows ROWTIME alone. Of such an expression the engine knows at every instant what it will be, without a row:
//! bounds can be translated, and windows end on time.

use arrow_array::{ArrayRef, Scalar};

use crate::Fault;
use crate::evaluate::Evaluator;
use crate::plan::{Arithmetic, Expr, ExprKind, Node, NodeKind, Order, Value};
use crate::rows::Rows;
use crate::tables::Tables;
use crate::types::DataType;

/// How far ahead the end of a window is looked for: 2^42 ms are 139 years.
const HORIZON_BITS: u32 = 42;
/// How many instants are looked at together.
const STEPS: i64 = 64;

/// An expression over the rows of a node as one over their ROWTIME alone, if it is that: the key of a window may come from a window further inside.
pub(crate) fn over_rowtime(expr: &Expr, node: &Node) -> Option<Expr> {
    match &expr.kind {
        ExprKind::CurrentRowTimestamp | ExprKind::Query(_) | ExprKind::Outer(_) | ExprKind::Field(..) => None,
        ExprKind::Column(index) => column_over_rowtime(*index, node),
        _ => {
            let mut expr = expr.clone();
            for part in expr.parts_mut() {
                *part = over_rowtime(part, node)?;
            }
            Some(expr)
        }
    }
}

fn column_over_rowtime(index: usize, node: &Node) -> Option<Expr> {
    match &node.kind {
        NodeKind::Filter { input, .. } | NodeKind::Distinct { input, .. } => column_over_rowtime(index, input),
        NodeKind::Project { input, values, rowtime: None } => over_rowtime(&values[index], input),
        NodeKind::Slide(slide) if index < slide.input.schema.columns.len() => column_over_rowtime(index, &slide.input),
        NodeKind::Tumble(tumble) if tumble.monotonic.contains(&index) => {
            let mut keys = tumble.monotonic.iter().map(|index| &tumble.keys[*index]);
            // Only then the group's ROWTIME is the end of its window.
            if !keys.all(|key| over_rowtime(key, &tumble.input).is_some()) {
                return None;
            }
            let mut key = over_rowtime(&tumble.keys[index], &tumble.input)?;
            move_rowtime(&mut key);
            Some(key)
        }
        _ => None,
    }
}

/// The expression a millisecond earlier: the end of a window is the first instant that is not in it.
fn move_rowtime(expr: &mut Expr) {
    if expr.kind != ExprKind::Rowtime {
        expr.parts_mut().into_iter().for_each(move_rowtime);
        return;
    }
    let earlier = Expr {
        kind: ExprKind::Literal(Value::Milliseconds(1)),
        data_type: DataType::Interval,
        nullable: false,
        order: Order::Constant,
        span: expr.span,
    };
    expr.kind = ExprKind::Arithmetic(Arithmetic::Subtract, Box::new(expr.clone()), Box::new(earlier));
}

/// Monotonic expressions over ROWTIME alone, and where they change.
pub(crate) struct Edges {
    evaluators: Vec<Evaluator>,
    /// The last answer: the instants from `from` up to `end` have these values.
    known: Option<Known>,
}

struct Known {
    from: i64,
    end: Option<i64>,
    values: Vec<ArrayRef>,
}

impl Edges {
    pub(crate) fn new<'e>(exprs: impl IntoIterator<Item = &'e Expr>, tables: &Tables) -> Result<Self, Fault> {
        let evaluators = exprs.into_iter().map(|expr| Evaluator::new(expr, tables)).collect::<Result<_, _>>()?;
        Ok(Self { evaluators, known: None })
    }

    /// The values at an instant, and the first instant behind it at which one of them is another.
    pub(crate) fn at(&mut self, time: i64) -> (Vec<ArrayRef>, Option<i64>) {
        if self.known.as_ref().is_none_or(|known| time < known.from || known.end.is_some_and(|end| end <= time)) {
            let values = self.evaluators.iter().map(|evaluator| values(evaluator, &[time]).0).collect();
            let ends = self.evaluators.iter().filter_map(|evaluator| end(evaluator, time));
            self.known = Some(Known { from: time, end: ends.min(), values });
        }
        let known = self.known.as_ref().expect("just found");
        (known.values.clone(), known.end)
    }
}

fn values(evaluator: &Evaluator, times: &[i64]) -> (ArrayRef, usize) {
    let evaluated = evaluator.evaluate(&Rows::new(times.to_vec().into(), Vec::new()), 0);
    let good = evaluated.errors.first().map_or(times.len(), |(row, _)| *row);
    (evaluated.values, good)
}

/// The first instant behind `time` at which an expression is not what it is then. It never turns back, so the way there is halved again and again.
fn end(evaluator: &Evaluator, time: i64) -> Option<i64> {
    let (now, good) = values(evaluator, &[time]);
    if good == 0 {
        return None;
    }
    let now = Scalar::new(now);
    let first_other = |times: &[i64]| {
        let (values, good) = values(evaluator, times);
        let other = arrow_ord::cmp::distinct(&values, &now).ok()?;
        (0..good).find(|place| other.value(*place))
    };
    let far: Vec<i64> = (0..=HORIZON_BITS).map_while(|bits| time.checked_add(1 << bits)).collect();
    let found = first_other(&far)?;
    let (mut same, mut other) = (if found == 0 { time } else { far[found - 1] }, far[found]);
    while other - same > 1 {
        let step = ((other - same) / STEPS).max(1);
        let between: Vec<i64> = (1..=STEPS).map(|count| same + count * step).take_while(|time| *time < other).collect();
        match first_other(&between) {
            Some(0) => other = between[0],
            Some(found) => (same, other) = (between[found - 1], between[found]),
            None => same = between[between.len() - 1],
        }
    }
    Some(other)
}
