//! How values move from row to row: what makes a key a window, and an order possible in a stream.
//!
//! Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-monotonic-expressions-operators.html>.

use crate::plan::{Arithmetic, Expr, ExprKind, Order, Value};

impl Order {
    /// The other way round.
    pub(crate) fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
            same => same,
        }
    }

    /// Whether it can end a group: it moves one way, and is not the same for ever.
    pub fn is_monotonic(self) -> bool {
        matches!(self, Self::Ascending | Self::Descending)
    }

    /// Of a function that never falls when its argument does not fall.
    pub(crate) fn through(argument: &Expr) -> Self {
        argument.order
    }
}

/// Of `left operator right`.
pub(super) fn arithmetic(operator: Arithmetic, left: &Expr, right: &Expr) -> Order {
    match operator {
        Arithmetic::Add => sum(left.order, right.order),
        Arithmetic::Subtract => sum(left.order, right.order.reversed()),
        Arithmetic::Multiply => match (left.order, right.order) {
            (_, Order::Constant) => scaled(left.order, sign(right)),
            (Order::Constant, _) => scaled(right.order, sign(left)),
            _ => Order::None,
        },
        Arithmetic::Divide => match (left.order, right.order) {
            (_, Order::Constant) => scaled(left.order, sign(right)),
            // c / m has a pole where m is zero, and nothing here tells whether m crosses it.
            _ => Order::None,
        },
    }
}

fn sum(left: Order, right: Order) -> Order {
    match (left, right) {
        (Order::Constant, other) | (other, Order::Constant) => other,
        _ if left == right => left,
        _ => Order::None,
    }
}

fn scaled(order: Order, sign: Option<i64>) -> Order {
    match sign {
        Some(1..) => order,
        Some(0) => Order::Constant,
        Some(_) => order.reversed(),
        None if order == Order::Constant => Order::Constant,
        None => Order::None,
    }
}

/// The sign of a number that is written out, through casts and minus signs.
fn sign(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(Value::Integer(value) | Value::Milliseconds(value) | Value::Months(value)) => {
            Some(value.signum())
        }
        ExprKind::Literal(Value::Double(value)) if *value == 0.0 => Some(0),
        ExprKind::Literal(Value::Double(value)) => Some(if *value > 0.0 { 1 } else { -1 }),
        ExprKind::Cast(inner) => sign(inner),
        ExprKind::Negate(inner) => sign(inner).map(|sign| -sign),
        _ => None,
    }
}

/// Of a value that depends on all of these in no known way.
pub(super) fn mixed<'e>(parts: impl IntoIterator<Item = &'e Expr>) -> Order {
    if parts.into_iter().all(|part| part.order == Order::Constant) { Order::Constant } else { Order::None }
}
