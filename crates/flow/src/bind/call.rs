//! Calls of scalar functions: the language's own, by a table, and those a program makes.

use std::collections::HashMap;

use crate::ast::{Call, CreateFunction, Expression};
use crate::patterns;
use crate::plan::{Expr, ExprKind, Function, Order};
use crate::types::{self, DataType};
use crate::{Fault, Span};

use super::expression::Binder;
use super::operator::{unified_type, varying};
use super::{aggregate, monotonic, operator, row};

/// What an argument must be.
#[derive(Clone, Copy)]
enum Takes {
    Number,
    /// Made a DOUBLE.
    Double,
    Integer,
    Text,
    Timestamp,
    /// A TIMESTAMP, or its milliseconds since 1970.
    Instant,
    Date,
    Time,
    /// A Java date pattern that is written out, or a text.
    DatePattern,
    /// A Java regular expression that is written out, or a text.
    Regex,
    Any,
}

/// What comes out.
#[derive(Clone, Copy)]
enum Gives {
    /// The type of this argument; texts may become shorter.
    Like(usize),
    Type(DataType),
    /// The type that holds all arguments.
    Common,
}

struct Signature {
    name: &'static str,
    function: Function,
    takes: &'static [Takes],
    /// How many of `takes` may be left out at the end.
    optional: usize,
    gives: Gives,
}

const fn signature(name: &'static str, function: Function, takes: &'static [Takes], gives: Gives) -> Signature {
    Signature { name, function, takes, optional: 0, gives }
}

const TEXT: Gives = Gives::Type(DataType::Varchar(types::TEXT_CHARACTERS_MAX));
const DOUBLE: Gives = Gives::Type(DataType::Double);

/// Source: the pages under <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-functions.html>.
const SIGNATURES: &[Signature] = {
    use Takes::{Any, Date, DatePattern, Double, Instant, Integer, Number, Regex, Text, Time, Timestamp};
    &[
        signature("ABS", Function::Abs, &[Number], Gives::Like(0)),
        signature("EXP", Function::Exp, &[Double], DOUBLE),
        signature("LN", Function::Ln, &[Double], DOUBLE),
        signature("LOG10", Function::Log10, &[Double], DOUBLE),
        signature("MOD", Function::Mod, &[Number, Number], Gives::Common),
        signature("POWER", Function::Power, &[Double, Double], DOUBLE),
        signature("CHAR_LENGTH", Function::CharLength, &[Text], Gives::Type(DataType::Integer)),
        signature("CHARACTER_LENGTH", Function::CharLength, &[Text], Gives::Type(DataType::Integer)),
        signature("INITCAP", Function::InitCap, &[Text], Gives::Like(0)),
        signature("LOWER", Function::Lower, &[Text], Gives::Like(0)),
        signature("UPPER", Function::Upper, &[Text], Gives::Like(0)),
        Signature { optional: 1, ..signature("OVERLAY", Function::Overlay, &[Text, Text, Integer, Integer], TEXT) },
        signature("POSITION", Function::Position, &[Text, Text], Gives::Type(DataType::Integer)),
        Signature {
            optional: 2,
            ..signature("REGEX_REPLACE", Function::RegexReplace, &[Text, Regex, Text, Integer, Integer], TEXT)
        },
        Signature {
            optional: 1,
            ..signature("SUBSTRING", Function::Substring, &[Text, Integer, Integer], Gives::Like(0))
        },
        Signature {
            optional: 1,
            ..signature("SUBSTRING PATTERN", Function::SubstringPattern, &[Text, Text, Text], Gives::Like(0))
        },
        signature(
            "CHAR_TO_TIMESTAMP",
            Function::CharToTimestamp,
            &[DatePattern, Text],
            Gives::Type(DataType::Timestamp),
        ),
        signature("CHAR_TO_DATE", Function::CharToDate, &[DatePattern, Text], Gives::Type(DataType::Date)),
        signature("CHAR_TO_TIME", Function::CharToTime, &[DatePattern, Text], Gives::Type(DataType::Time)),
        signature("TIMESTAMP_TO_CHAR", Function::ToChar, &[DatePattern, Timestamp], TEXT),
        signature("DATE_TO_CHAR", Function::ToChar, &[DatePattern, Date], TEXT),
        signature("TIME_TO_CHAR", Function::ToChar, &[DatePattern, Time], TEXT),
        signature("TO_TIMESTAMP", Function::ToTimestamp, &[Integer], Gives::Type(DataType::Timestamp)),
        signature("UNIX_TIMESTAMP", Function::UnixTimestamp, &[Timestamp], Gives::Type(DataType::BigInt)),
        signature("TSDIFF", Function::TsDiff, &[Instant, Instant], Gives::Type(DataType::BigInt)),
        signature("NULLIF", Function::NullIf, &[Any, Any], Gives::Like(0)),
    ]
};

/// How deep functions that a program makes may call each other.
const FUNCTION_DEPTH_MAX: usize = 16;

impl Binder<'_> {
    pub(super) fn call(&self, call: &Call, span: Span) -> Result<Expr, Fault> {
        let name = call.name.text.as_str();
        if aggregate::is_aggregate(name) {
            return self.aggregate(call, span);
        }
        if call.over.is_some() || call.distinct || call.star || call.ignore_nulls.is_some() || call.from_last.is_some()
        {
            return Err(Fault::new(span, format!("'{name}' is not an aggregate or analytic function")));
        }
        if row::is_row_function(name) {
            let message = format!("{name} returns a row of values: give it a name in the select list, as in AS r(c)");
            return Err(Fault::new(span, message));
        }
        let arguments: Vec<&Expression> = call.arguments.iter().collect();
        match name {
            "MONOTONIC" => {
                let [value] = &call.arguments[..] else {
                    return Err(Fault::new(span, "MONOTONIC takes one argument"));
                };
                Ok(Expr { order: Order::Ascending, ..self.bind(value)? })
            }
            "COALESCE" => self.coalesce(&arguments, span),
            _ if self.catalog.functions.contains_key(name) => self.made(call, span),
            _ => self.scalar(name, &arguments, span),
        }
    }

    /// A call of one of the language's own functions.
    pub(super) fn scalar(&self, name: &str, arguments: &[&Expression], span: Span) -> Result<Expr, Fault> {
        let Some(signature) = SIGNATURES.iter().find(|signature| signature.name == name) else {
            return Err(Fault::new(span, format!("No match found for function signature {name}")));
        };
        let (most, least) = (signature.takes.len(), signature.takes.len() - signature.optional);
        if !(least..=most).contains(&arguments.len()) {
            let wanted = if least == most { most.to_string() } else { format!("{least} to {most}") };
            return Err(Fault::new(span, format!("{name} takes {wanted} arguments, not {}", arguments.len())));
        }
        let mut bound = Vec::with_capacity(arguments.len());
        for (argument, takes) in arguments.iter().zip(signature.takes) {
            bound.push(taken(self.bind(argument)?, *takes)?);
        }
        let data_type = match signature.gives {
            Gives::Like(index) => varying(bound[index].data_type),
            Gives::Type(data_type) => data_type,
            Gives::Common => unified_type(bound.iter())?,
        };
        if matches!(signature.gives, Gives::Common) {
            bound = bound.into_iter().map(|one| operator::cast(one, data_type)).collect();
        }
        if signature.function == Function::NullIf {
            let right = bound.remove(1);
            let (left, right) = operator::alike(bound.remove(0), right)?;
            bound = vec![left, right];
        }
        let nullable = signature.function == Function::NullIf || bound.iter().any(|one| one.nullable);
        let order = match signature.function {
            // They grow with their argument.
            Function::Exp | Function::Ln | Function::Log10 | Function::ToTimestamp | Function::UnixTimestamp => {
                bound[0].order
            }
            _ => monotonic::mixed(&bound),
        };
        Ok(Expr { kind: ExprKind::Call(signature.function, bound), data_type, nullable, order, span })
    }

    fn coalesce(&self, arguments: &[&Expression], span: Span) -> Result<Expr, Fault> {
        if arguments.len() < 2 {
            return Err(Fault::new(span, "COALESCE takes two or more arguments"));
        }
        let bound = arguments.iter().map(|one| self.bind(one)).collect::<Result<Vec<_>, _>>()?;
        let data_type = unified_type(bound.iter())?;
        let nullable = bound.iter().all(|one| one.nullable);
        let bound: Vec<_> = bound.into_iter().map(|one| operator::cast(one, data_type)).collect();
        let order = monotonic::mixed(&bound);
        Ok(Expr { kind: ExprKind::Call(Function::Coalesce, bound), data_type, nullable, order, span })
    }

    /// A call of a function that the program made: its body, with the arguments in it.
    fn made(&self, call: &Call, span: Span) -> Result<Expr, Fault> {
        let arguments = call.arguments.iter().map(|one| self.bind(one)).collect::<Result<Vec<_>, _>>()?;
        let overloads = &self.catalog.functions[&call.name.text];
        let fits = |function: &&CreateFunction| takes(function, &arguments);
        let Some(function) = overloads.iter().find(fits) else {
            let types: Vec<String> = arguments.iter().map(|one| one.data_type.to_string()).collect();
            let message = format!("No match found for function signature {}({})", call.name, types.join(", "));
            return Err(Fault::new(span, message));
        };
        if self.catalog.depth.get() == FUNCTION_DEPTH_MAX {
            return Err(Fault::new(span, format!("Functions call each other more than {FUNCTION_DEPTH_MAX} deep")));
        }
        let null_on_null = function.null_on_null_input.then(|| arguments.clone());
        let parameters: HashMap<String, Expr> =
            function.parameters.iter().map(|(name, _)| name.text.clone()).zip(arguments).collect();
        let empty = super::scope::Scope::default();
        let inner = Binder { parameters: Some(&parameters), ..Binder::plain(self.catalog, &empty) };
        self.catalog.depth.set(self.catalog.depth.get() + 1);
        let body = inner.bind(&function.body);
        self.catalog.depth.set(self.catalog.depth.get() - 1);
        let body = body?;
        let returns = DataType::named(&function.returns)?;
        if !same_kind(body.data_type, returns) {
            let message = format!("The function returns {returns}, and its body is {}", body.data_type);
            return Err(Fault::new(function.body.span, message));
        }
        let value = Expr { span, ..operator::cast(body, returns) };
        Ok(match null_on_null {
            Some(arguments) => null_if_any_is(arguments, value),
            None => value,
        })
    }

    /// `SUBSTRING`, from a place or from a pattern.
    pub(super) fn substring(
        &self,
        value: &Expression,
        from: &Expression,
        length: Option<&Expression>,
        span: Span,
    ) -> Result<Expr, Fault> {
        let pattern = self.inside().bind(from).is_ok_and(|from| from.data_type.is_text());
        let arguments: Vec<&Expression> = [Some(value), Some(from), length].into_iter().flatten().collect();
        let bound = self.scalar(if pattern { "SUBSTRING PATTERN" } else { "SUBSTRING" }, &arguments, span)?;
        let ExprKind::Call(_, bound_arguments) = &bound.kind else { return Ok(bound) };
        if pattern {
            checked(bound_arguments)?;
        }
        // From the start a text is cut, not moved: what is in order stays in order.
        let from_start = bound_arguments.get(1).and_then(operator::constant_integer).is_some_and(|from| from <= 1);
        let order = if from_start { bound_arguments[0].order } else { bound.order };
        Ok(Expr { order, ..bound })
    }
}

/// The pattern of a `SUBSTRING`: Java's, or the language's own in three parts if there is an escape character.
fn checked(arguments: &[Expr]) -> Result<(), Fault> {
    let pattern = &arguments[1];
    match (operator::constant_text(pattern), arguments.get(2)) {
        (Some(text), None) => drop(patterns::JavaRegex::parse_without_groups(text, pattern.span)?),
        (None, None) => {}
        (text, Some(escape)) => {
            let (Some(text), Some(escape)) = (text, operator::constant_text(escape)) else {
                let message = "The pattern and the escape character of SUBSTRING must be written out";
                return Err(Fault::new(pattern.span, message));
            };
            drop(patterns::three_parts(text, escape, pattern.span)?);
        }
    }
    Ok(())
}

/// Whether a function takes these arguments: nothing is cast for it, but lengths and digits may differ.
fn takes(function: &CreateFunction, arguments: &[Expr]) -> bool {
    function.parameters.len() == arguments.len()
        && function.parameters.iter().zip(arguments).all(|((_, name), argument)| {
            DataType::named(name).is_ok_and(|wanted| same_kind(argument.data_type, wanted))
        })
}

fn same_kind(found: DataType, wanted: DataType) -> bool {
    found == DataType::Null
        || found == wanted
        || found.is_text() && wanted.is_text()
        || found.is_binary() && wanted.is_binary()
        || matches!((found, wanted), (DataType::Decimal { .. }, DataType::Decimal { .. }))
}

fn null_if_any_is(arguments: Vec<Expr>, value: Expr) -> Expr {
    let (data_type, span) = (value.data_type, value.span);
    let null = super::literal::constant(crate::plan::Value::Null, data_type, span);
    let truth = |kind| Expr { kind, data_type: DataType::Boolean, nullable: false, order: Order::None, span };
    let any = truth(ExprKind::Or(arguments.into_iter().map(|one| truth(ExprKind::IsNull(Box::new(one)))).collect()));
    let kind = ExprKind::Case { branches: vec![(any, null)], otherwise: Box::new(value) };
    Expr { kind, data_type, nullable: true, order: Order::None, span }
}

fn taken(argument: Expr, takes: Takes) -> Result<Expr, Fault> {
    let datetime = |argument, wanted: DataType| {
        let is = |found: DataType| types::castable(found, wanted) && found.is_datetime();
        Ok(operator::cast(operator::expect(argument, is, &wanted.to_string())?, wanted))
    };
    match takes {
        Takes::Any => Ok(argument),
        Takes::Number => operator::expect(argument, DataType::is_numeric, "A number"),
        Takes::Double => {
            Ok(operator::cast(operator::expect(argument, DataType::is_numeric, "A number")?, DataType::Double))
        }
        Takes::Integer => {
            Ok(operator::cast(operator::expect(argument, DataType::is_integer, "A whole number")?, DataType::BigInt))
        }
        Takes::Text => operator::expect(argument, DataType::is_text, "A text"),
        Takes::Timestamp => datetime(argument, DataType::Timestamp),
        Takes::Instant if argument.data_type.is_integer() => {
            let Expr { nullable, order, span, .. } = argument;
            let milliseconds = operator::cast(argument, DataType::BigInt);
            let kind = ExprKind::Call(Function::ToTimestamp, vec![milliseconds]);
            Ok(Expr { kind, data_type: DataType::Timestamp, nullable, order, span })
        }
        Takes::Instant => datetime(argument, DataType::Timestamp),
        Takes::Date => datetime(argument, DataType::Date),
        Takes::Time => datetime(argument, DataType::Time),
        Takes::DatePattern | Takes::Regex => {
            let argument = operator::expect(argument, DataType::is_text, "A text")?;
            if let Some(text) = operator::constant_text(&argument) {
                match takes {
                    Takes::Regex => drop(patterns::JavaRegex::parse(text, argument.span)?),
                    _ => drop(patterns::DatePattern::parse(text, argument.span)?),
                }
            }
            Ok(argument)
        }
    }
}
