//! What an expression is made of, but for the queries in it.

use super::{Expression, ExpressionKind};

impl Expression {
    /// Whether it, or something that it is made of outside of queries, is of some sort.
    pub(crate) fn any(&self, is: &dyn Fn(&Self) -> bool) -> bool {
        is(self) || self.parts().into_iter().any(|part| part.any(is))
    }

    /// The expressions that it is made of.
    fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            ExpressionKind::Literal(_)
            | ExpressionKind::Column(_)
            | ExpressionKind::Exists(_)
            | ExpressionKind::Subquery(_)
            | ExpressionKind::Cursor(_) => Vec::new(),
            ExpressionKind::Unary(_, one)
            | ExpressionKind::InQuery { value: one, .. }
            | ExpressionKind::Quantified { value: one, .. }
            | ExpressionKind::Is { value: one, .. }
            | ExpressionKind::Cast(one, _)
            | ExpressionKind::Extract(_, one)
            | ExpressionKind::Round { value: one, .. } => vec![one],
            ExpressionKind::Binary(_, one, two)
            | ExpressionKind::IsDistinctFrom { left: one, right: two, .. }
            | ExpressionKind::Step(one, two)
            | ExpressionKind::Position(one, two)
            | ExpressionKind::IntervalBetween { left: one, right: two, .. } => vec![one, two],
            ExpressionKind::Between { value, low, high, .. } => vec![value, low, high],
            ExpressionKind::InList { value, list, .. } => std::iter::once(&**value).chain(list).collect(),
            ExpressionKind::Like { value, pattern, escape: third, .. }
            | ExpressionKind::Substring { value, from: pattern, length: third } => {
                [&**value, pattern].into_iter().chain(third.as_deref()).collect()
            }
            ExpressionKind::Case { operand, branches, otherwise } => {
                let branches = branches.iter().flat_map(|(when, then)| [when, then]);
                branches.chain(operand.as_deref()).chain(otherwise.as_deref()).collect()
            }
            ExpressionKind::Trim { what, value, .. } => what.as_deref().into_iter().chain([&**value]).collect(),
            ExpressionKind::Overlay { value, placing, from, length } => {
                [&**value, placing, from].into_iter().chain(length.as_deref()).collect()
            }
            ExpressionKind::Call(call) => call.arguments.iter().collect(),
            ExpressionKind::Row(parts) => parts.iter().collect(),
        }
    }
}
