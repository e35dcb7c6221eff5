//! Expressions: names found, types checked, casts put in.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::ast::{BinaryOperator, Expression, ExpressionKind, IsWhat, Name, TimeUnit, UnaryOperator, WindowReference};
use crate::plan::{Aggregate, Expr, ExprKind, Order, Pattern, SlidingWindow, Value};
use crate::types::DataType;
use crate::{Fault, Span};

use super::operator::{truth, unified_type, varying};
use super::scope::{ROWTIME, Scope};
use super::{Catalog, interval, literal, monotonic, operator, row_value};

/// What an expression may hold, by where it stands.
pub(super) enum Place<'a> {
    /// No aggregates: conditions, keys, arguments.
    Plain,
    /// Items of a grouped select: keys, aggregates, and what is made of them.
    Grouped {
        /// The keys; they are the first columns of the group's row.
        keys: &'a [Expr],
        /// The aggregates found so far; they are the columns behind the keys.
        aggregates: &'a RefCell<Vec<Aggregate>>,
        /// Whether the groups are of a stream.
        stream: bool,
    },
    /// Items of a select over single rows, perhaps with `OVER`.
    Row {
        /// The windows with names.
        windows: &'a HashMap<String, crate::ast::Window>,
        /// Different windows found so far.
        found: &'a RefCell<Vec<SlidingWindow>>,
        /// Calls found so far; they are the columns behind the input's.
        calls: &'a RefCell<Vec<(usize, Aggregate)>>,
    },
}

/// Binds expressions of one place.
pub(super) struct Binder<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) scope: &'a Scope,
    pub(super) place: Place<'a>,
    /// The arguments of the SQL function whose body this is.
    pub(super) parameters: Option<&'a HashMap<String, Expr>>,
    /// How many rows around sub-queries it can see.
    pub(super) level: usize,
}

impl<'a> Binder<'a> {
    /// For expressions without aggregates.
    pub(super) fn plain(catalog: &'a Catalog, scope: &'a Scope) -> Self {
        Self::at(catalog, scope, Place::Plain)
    }

    /// For expressions at a place.
    pub(super) fn at(catalog: &'a Catalog, scope: &'a Scope, place: Place<'a>) -> Self {
        Self { catalog, scope, place, parameters: None, level: catalog.around.borrow().len() }
    }

    /// The same scope, where no aggregate may stand.
    pub(super) fn inside(&self) -> Binder<'a> {
        Binder { place: Place::Plain, ..*self }
    }

    /// The expression with every name found and every type known.
    pub(super) fn bind(&self, expression: &Expression) -> Result<Expr, Fault> {
        if let Place::Grouped { keys, .. } = &self.place
            && let Ok(whole) = self.inside().bind(expression)
            && let Some(index) = keys.iter().position(|key| *key == whole)
        {
            return Ok(Expr { kind: ExprKind::Column(index), ..whole });
        }
        self.bind_parts(expression)
    }

    fn bind_parts(&self, expression: &Expression) -> Result<Expr, Fault> {
        let span = expression.span;
        match &expression.kind {
            ExpressionKind::Literal(value) => literal::bind(value, span),
            ExpressionKind::Column(path) => self.column(path, span),
            ExpressionKind::Unary(UnaryOperator::Not, inner) => operator::not(self.bind(inner)?, span),
            ExpressionKind::Unary(UnaryOperator::Plus, inner) => self.number(inner),
            ExpressionKind::Unary(UnaryOperator::Minus, inner) => self.negate(inner, span),
            ExpressionKind::Binary(BinaryOperator::Period(predicate), left, right) => {
                let kind = ExprKind::Period(*predicate, self.period(left)?, self.period(right)?);
                Ok(truth(kind, true, span))
            }
            ExpressionKind::Binary(binary, left, right) => match operator::comparison(*binary) {
                Some(comparison) => row_value::compare(comparison, &self.operand(left)?, &self.operand(right)?, span),
                None => operator::binary(*binary, self.bind(left)?, self.bind(right)?, span),
            },
            ExpressionKind::Between { value, low, high, symmetric, negated } => {
                let (value, low, high) = (self.bind(value)?, self.bind(low)?, self.bind(high)?);
                operator::negated(operator::between(value, low, high, *symmetric, span)?, *negated, span)
            }
            ExpressionKind::InList { value, list, negated } => self.in_list(value, list, *negated, span),
            ExpressionKind::InQuery { value, query, negated } => self.in_query(value, query, *negated, span),
            ExpressionKind::Like { value, pattern, escape, similar, negated } => {
                let matches = self.matches(value, pattern, escape.as_deref(), *similar, span)?;
                operator::negated(matches, *negated, span)
            }
            ExpressionKind::Is { value, what, negated } => self.is(value, *what, *negated, span),
            ExpressionKind::IsDistinctFrom { left, right, negated } => {
                row_value::distinct(&self.operand(left)?, &self.operand(right)?, *negated, span)
            }
            ExpressionKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), span)
            }
            ExpressionKind::Cast(value, name) => self.cast(value, DataType::named(name)?, span),
            ExpressionKind::IntervalBetween { left, right, .. } => self.interval_between(left, right, span),
            ExpressionKind::Call(call) => self.call(call, span),
            ExpressionKind::Exists(query) => self.exists(query, span),
            ExpressionKind::Quantified { value, operator, all, query } => {
                self.quantified(value, *operator, *all, query, span)
            }
            ExpressionKind::Subquery(query) => self.value_of(query, span),
            ExpressionKind::Cursor(_) => Err(Fault::new(span, "CURSOR stands only in the arguments of TABLE(…)")),
            ExpressionKind::Row(_) => Err(Fault::new(span, "A row of values stands only in comparisons and before IN")),
            _ => self.form(expression),
        }
    }

    fn column(&self, path: &[Name], span: Span) -> Result<Expr, Fault> {
        if let ([name], Some(parameters)) = (path, self.parameters) {
            let found = parameters.get(&name.text).cloned();
            return found.ok_or_else(|| Fault::new(span, format!("Parameter '{name}' not found")));
        }
        if let [name] = path
            && !name.quoted
        {
            if let Some(now) = self.clock(&name.text, span) {
                // A query over tables is carried out at no time of its own.
                return if self.level > 0 { self.catalog.around(self.level, path, span) } else { Ok(now) };
            }
            if name.text == ROWTIME && matches!(self.place, Place::Grouped { .. }) {
                // The ROWTIME of the row that is being made: the end of its window.
                let kind = ExprKind::Rowtime;
                let (data_type, order) = (DataType::Timestamp, Order::Ascending);
                return Ok(Expr { kind, data_type, nullable: false, order, span });
            }
        }
        if !self.scope.knows(path) && self.catalog.is_around(self.level, path) {
            return self.catalog.around(self.level, path, span);
        }
        let found = self.scope.find(path)?;
        match &self.place {
            Place::Grouped { .. } => {
                Err(Fault::new(span, format!("Expression '{}' is not being grouped", path[path.len() - 1])))
            }
            _ => Ok(found),
        }
    }

    /// The words that stand for the present moment.
    fn clock(&self, word: &str, span: Span) -> Option<Expr> {
        let data_type = match word {
            "CURRENT_TIMESTAMP" | "CURRENT_ROW_TIMESTAMP" | "LOCALTIMESTAMP" => DataType::Timestamp,
            "CURRENT_DATE" => DataType::Date,
            "CURRENT_TIME" | "LOCALTIME" => DataType::Time,
            _ => return None,
        };
        let kind = ExprKind::CurrentRowTimestamp;
        let now = Expr { kind, data_type: DataType::Timestamp, nullable: false, order: Order::Ascending, span };
        Some(operator::cast(now, data_type))
    }

    /// A number, or an interval, as it is.
    fn number(&self, inner: &Expression) -> Result<Expr, Fault> {
        let number = |data_type: DataType| {
            data_type.is_numeric() || matches!(data_type, DataType::Interval | DataType::MonthInterval)
        };
        operator::expect(self.bind(inner)?, number, "A number")
    }

    fn negate(&self, inner: &Expression, span: Span) -> Result<Expr, Fault> {
        let inner = self.number(inner)?;
        let (data_type, nullable, order) = (inner.data_type, inner.nullable, inner.order.reversed());
        Ok(Expr { kind: ExprKind::Negate(Box::new(inner)), data_type, nullable, order, span })
    }

    fn period(&self, expression: &Expression) -> Result<Box<[Expr; 2]>, Fault> {
        let instants = match &expression.kind {
            ExpressionKind::Row(parts) => parts.iter().map(|part| self.bind(part)).collect::<Result<_, _>>()?,
            _ => vec![self.bind(expression)?],
        };
        operator::period(instants, expression.span)
    }

    fn matches(
        &self,
        value: &Expression,
        pattern: &Expression,
        escape: Option<&Expression>,
        similar: bool,
        span: Span,
    ) -> Result<Expr, Fault> {
        let value = Box::new(operator::expect(self.bind(value)?, DataType::is_text, "A text")?);
        let bound = operator::expect(self.bind(pattern)?, DataType::is_text, "A text")?;
        let escape =
            escape.map(|escape| operator::expect(self.bind(escape)?, DataType::is_text, "A text")).transpose()?;
        let constant_escape = escape.as_ref().map(|escape| operator::constant_text(escape).ok_or(escape.span));
        let regex = match (operator::constant_text(&bound), constant_escape) {
            (Some(text), None) => Some(crate::patterns::like(text, None, similar, bound.span)?),
            (Some(text), Some(Ok(escape))) => {
                let mut characters = escape.chars();
                let (Some(escape), None) = (characters.next(), characters.next()) else {
                    return Err(Fault::new(bound.span, "ESCAPE takes one character"));
                };
                Some(crate::patterns::like(text, Some(escape), similar, bound.span)?)
            }
            _ => None,
        };
        let pattern = match regex {
            Some(regex) if similar => Pattern::Fixed(regex),
            None if similar => return Err(Fault::new(bound.span, "The pattern of SIMILAR TO must be written out")),
            _ => Pattern::Like(Box::new(bound), escape.map(Box::new)),
        };
        Ok(truth(ExprKind::Matches { value, pattern }, true, span))
    }

    fn is(&self, value: &Expression, what: IsWhat, negated: bool, span: Span) -> Result<Expr, Fault> {
        let value = self.bind(value)?;
        let kind = match what {
            IsWhat::Null => ExprKind::IsNull(Box::new(value)),
            IsWhat::Unknown => ExprKind::IsNull(Box::new(operator::condition(value)?)),
            IsWhat::True => ExprKind::IsBoolean(Box::new(operator::condition(value)?), true),
            IsWhat::False => ExprKind::IsBoolean(Box::new(operator::condition(value)?), false),
        };
        operator::negated(truth(kind, false, span), negated, span)
    }

    fn case(
        &self,
        operand: Option<&Expression>,
        branches: &[(Expression, Expression)],
        otherwise: Option<&Expression>,
        span: Span,
    ) -> Result<Expr, Fault> {
        let operand = operand.map(|operand| self.bind(operand)).transpose()?;
        let mut bound = Vec::with_capacity(branches.len());
        for (when, then) in branches {
            let when = self.bind(when)?;
            let when = match &operand {
                Some(operand) => {
                    let span = when.span;
                    operator::compare(crate::plan::Comparison::Equal, operand.clone(), when, span)?
                }
                None => operator::condition(when)?,
            };
            bound.push((when, self.bind(then)?));
        }
        let otherwise = match otherwise {
            Some(otherwise) => self.bind(otherwise)?,
            None => literal::constant(Value::Null, DataType::Null, span),
        };
        let values = bound.iter().map(|(_, then)| then).chain([&otherwise]);
        let data_type = unified_type(values)?;
        let branches: Vec<_> = bound.into_iter().map(|(when, then)| (when, operator::cast(then, data_type))).collect();
        let otherwise = Box::new(operator::cast(otherwise, data_type));
        let nullable = otherwise.nullable || branches.iter().any(|(_, then)| then.nullable);
        Ok(Expr { kind: ExprKind::Case { branches, otherwise }, data_type, nullable, order: Order::None, span })
    }

    fn cast(&self, value: &Expression, to: DataType, span: Span) -> Result<Expr, Fault> {
        let (written, value) = (value, self.bind(value)?);
        if !crate::types::castable(value.data_type, to) {
            return Err(Fault::new(span, format!("{} cannot be cast to {to}", value.data_type)));
        }
        if matches!(value.data_type, DataType::Interval | DataType::MonthInterval)
            && let Some(cast) = interval::cast(written, &value, to, span)
        {
            return Ok(cast);
        }
        Ok(Expr { span, ..operator::cast(value, to) })
    }

    fn interval_between(&self, left: &Expression, right: &Expression, span: Span) -> Result<Expr, Fault> {
        let instant = |side: &Expression| operator::expect(self.bind(side)?, DataType::is_datetime, "An instant");
        let (left, right) = operator::alike(instant(left)?, instant(right)?)?;
        let order = monotonic::arithmetic(crate::plan::Arithmetic::Subtract, &left, &right);
        let nullable = left.nullable || right.nullable;
        let kind = ExprKind::Between(Box::new(left), Box::new(right));
        Ok(Expr { kind, data_type: DataType::Interval, nullable, order, span })
    }

    /// `FLOOR`, `STEP`, `EXTRACT`, `SUBSTRING`, `TRIM` …
    fn form(&self, expression: &Expression) -> Result<Expr, Fault> {
        let span = expression.span;
        match &expression.kind {
            ExpressionKind::Extract(unit, value) => {
                let is = |data_type: DataType| {
                    data_type.is_datetime() || matches!(data_type, DataType::Interval | DataType::MonthInterval)
                };
                let value = Box::new(operator::expect(self.bind(value)?, is, "An instant or an interval")?);
                let from = value.data_type;
                let of_day = *unit >= TimeUnit::Hour;
                let has = match from {
                    DataType::Time => of_day,
                    DataType::Interval => of_day || *unit == TimeUnit::Day,
                    DataType::MonthInterval => *unit <= TimeUnit::Month,
                    _ => true,
                };
                if !has {
                    return Err(Fault::new(span, format!("A value of type {from} has no such part")));
                }
                let (nullable, order) = (value.nullable, monotonic::mixed([&*value]));
                // Seconds come with their milliseconds.
                let data_type = match unit {
                    TimeUnit::Second => DataType::Decimal { precision: 5, scale: 3 },
                    _ => DataType::BigInt,
                };
                Ok(Expr { kind: ExprKind::Extract(*unit, value), data_type, nullable, order, span })
            }
            ExpressionKind::Round { up, value, to } => self.round(*up, value, *to, span),
            ExpressionKind::Step(value, by) => self.step(value, by, span),
            ExpressionKind::Substring { value, from, length } => self.substring(value, from, length.as_deref(), span),
            ExpressionKind::Trim { ends, what, value } => {
                let value = operator::expect(self.bind(value)?, DataType::is_text, "A text")?;
                let what = match what {
                    Some(what) => operator::expect(self.bind(what)?, DataType::is_text, "A text")?,
                    None => literal::constant(Value::Text(" ".to_owned()), DataType::Char(1), span),
                };
                let (data_type, nullable) = (varying(value.data_type), value.nullable || what.nullable);
                let order = monotonic::mixed([&value, &what]);
                Ok(Expr {
                    kind: ExprKind::Trim(*ends, Box::new(what), Box::new(value)),
                    data_type,
                    nullable,
                    order,
                    span,
                })
            }
            ExpressionKind::Overlay { value, placing, from, length } => {
                let arguments = [Some(value), Some(placing), Some(from), length.as_ref()];
                let arguments: Vec<&Expression> = arguments.into_iter().flatten().map(|one| &**one).collect();
                self.scalar("OVERLAY", &arguments, span)
            }
            ExpressionKind::Position(what, value) => self.scalar("POSITION", &[&**what, &**value], span),
            _ => unreachable!("every other kind was bound before"),
        }
    }

    fn round(&self, up: bool, value: &Expression, to: Option<TimeUnit>, span: Span) -> Result<Expr, Fault> {
        let value = self.bind(value)?;
        let (nullable, order) = (value.nullable, Order::through(&value));
        let Some(to) = to else {
            let value = operator::expect(value, DataType::is_numeric, "A number, or an instant TO a unit,")?;
            let data_type = match value.data_type {
                DataType::Decimal { precision, .. } => DataType::Decimal { precision, scale: 0 },
                other => other,
            };
            return Ok(Expr {
                kind: ExprKind::RoundNumber { up, value: Box::new(value) },
                data_type,
                nullable,
                order,
                span,
            });
        };
        let is = |data_type: DataType| data_type.is_datetime() || data_type == DataType::Interval;
        let value = Box::new(operator::expect(value, is, "An instant")?);
        let data_type = value.data_type;
        if to < TimeUnit::Day && matches!(data_type, DataType::Time | DataType::Interval) {
            return Err(Fault::new(span, format!("A value of type {data_type} cannot be rounded to that unit")));
        }
        Ok(Expr { kind: ExprKind::RoundTime { up, value, to }, data_type, nullable, order, span })
    }

    fn step(&self, value: &Expression, by: &Expression, span: Span) -> Result<Expr, Fault> {
        let value = self.bind(value)?;
        let (data_type, nullable, order) = (value.data_type, value.nullable, Order::through(&value));
        if data_type.is_datetime() {
            let milliseconds = literal::interval_ms(by)?;
            if milliseconds == 0 {
                return Err(Fault::new(by.span, "A step must be longer than nothing"));
            }
            return Ok(Expr {
                kind: ExprKind::StepTime(Box::new(value), milliseconds),
                data_type,
                nullable,
                order,
                span,
            });
        }
        let value = operator::expect(value, DataType::is_integer, "An instant or a whole number")?;
        let by = operator::expect(self.bind(by)?, DataType::is_integer, "A whole number")?;
        let order = if operator::constant_integer(&by).is_some_and(|by| by > 0) { order } else { Order::None };
        let by = operator::cast(by, data_type);
        Ok(Expr { kind: ExprKind::StepNumber(Box::new(value), Box::new(by)), data_type, nullable, order, span })
    }

    /// The windows that names behind `OVER` mean.
    pub(super) fn named_window(&self, reference: &WindowReference) -> Result<crate::ast::Window, Fault> {
        let Place::Row { windows, .. } = &self.place else { unreachable!("only rows have windows") };
        super::window::resolve(reference, windows)
    }
}
