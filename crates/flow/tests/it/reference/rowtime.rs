//! What is known of a row by its ROWTIME alone: by that windows end, though no row comes.

use flow::plan::{Expr, ExprKind, Node, NodeKind};

use super::scalar::evaluate;
use super::value::Value;
use super::{Interpreter, Row};

impl Interpreter<'_> {
    /// The columns of a node's rows with a ROWTIME, where that alone tells them.
    fn known(&self, node: &Node, time: i64) -> Vec<Option<Value>> {
        let unknown = || vec![None; node.schema.columns.len()];
        match &node.kind {
            NodeKind::Filter { input, .. } | NodeKind::Distinct { input, .. } => self.known(input, time),
            NodeKind::Project { input, values, rowtime: None } => {
                values.iter().map(|value| self.value_at(value, input, time)).collect()
            }
            NodeKind::Slide(slide) => {
                let mut known = self.known(&slide.input, time);
                known.resize(node.schema.columns.len(), None);
                known
            }
            NodeKind::Tumble(tumble) => {
                // Its rows are stamped with the end of their window, the first instant that is not in it.
                let key = |index: &usize| self.value_at(&tumble.keys[*index], &tumble.input, time - 1);
                let keys: Vec<Option<Value>> = tumble.monotonic.iter().map(key).collect();
                let mut known = unknown();
                if keys.iter().all(Option::is_some) {
                    for (index, key) in tumble.monotonic.iter().zip(keys) {
                        known[*index] = key;
                    }
                }
                known
            }
            _ => unknown(),
        }
    }

    /// The value of an expression for a node's rows with a ROWTIME, if that alone tells it.
    pub(crate) fn value_at(&self, expr: &Expr, node: &Node, time: i64) -> Option<Value> {
        let known = self.known(node, time);
        if !told(expr, &known) {
            return None;
        }
        let values = known.into_iter().map(|value| value.unwrap_or(Value::Null)).collect();
        evaluate(expr, &Row { time, now: time, values }, self.tables).ok()
    }

    /// The first moment behind `time` at which one of the keys that ROWTIME alone tells is another one.
    pub(crate) fn window_end(&self, keys: &[&Expr], node: &Node, time: i64) -> Option<i64> {
        keys.iter().filter_map(|key| self.change(key, node, time)).min()
    }

    fn change(&self, key: &Expr, node: &Node, time: i64) -> Option<i64> {
        let here = self.value_at(key, node, time)?;
        let same_at = |time: i64| self.value_at(key, node, time).is_some_and(|value| value.same(&here));
        let (mut same, mut step) = (time, 1_i64);
        while same_at(same + step) {
            same += step;
            step *= 2;
            assert!(step < 1 << 50, "a key that follows ROWTIME changes");
        }
        // Between `same`, where it is the same, and `other`, where it is not.
        let mut other = same + step;
        while other - same > 1 {
            let middle = same + (other - same) / 2;
            if same_at(middle) { same = middle } else { other = middle }
        }
        Some(other)
    }
}

/// Whether all that an expression looks at is known.
fn told(expr: &Expr, known: &[Option<Value>]) -> bool {
    match expr.kind {
        ExprKind::Column(index) => known[index].is_some(),
        ExprKind::CurrentRowTimestamp | ExprKind::Query(_) | ExprKind::Outer(_) | ExprKind::Field(..) => false,
        _ => expr.parts().into_iter().all(|part| told(part, known)),
    }
}
