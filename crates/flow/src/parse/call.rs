//! Words that begin a literal, a special form such as `CAST`, or the call of a function.

use super::{Parser, Token};
use crate::Fault;
use crate::ast::{Call, Expression, ExpressionKind, Literal, TrimEnds};

impl Parser {
    /// What begins with a word that is no name here; none if it is one.
    pub(super) fn special_word(&mut self, word: &str) -> Result<Option<ExpressionKind>, Fault> {
        let parenthesis = matches!(self.peek_at(1), Token::Sign("("));
        let text = matches!(self.peek_at(1), Token::Text(_));
        let kind = match word {
            "NULL" | "UNKNOWN" => self.plain(Literal::Null),
            "TRUE" => self.plain(Literal::Boolean(true)),
            "FALSE" => self.plain(Literal::Boolean(false)),
            "DATE" if text => self.dated(Literal::Date)?,
            "TIME" if text => self.dated(Literal::Time)?,
            "TIMESTAMP" if text => self.dated(Literal::Timestamp)?,
            "INTERVAL" => self.interval_literal()?,
            "CASE" => self.case()?,
            "EXISTS" => {
                self.advance();
                let query = self.in_parentheses(Self::query)?;
                ExpressionKind::Exists(Box::new(query))
            }
            "CURSOR" => {
                self.advance();
                let query = self.in_parentheses(Self::query)?;
                ExpressionKind::Cursor(Box::new(query))
            }
            "ROW" | "PERIOD" if parenthesis => {
                self.advance();
                ExpressionKind::Row(self.in_parentheses(|parser| parser.list(Self::expression))?)
            }
            _ if parenthesis => return self.special_form(word),
            _ => return Ok(None),
        };
        Ok(Some(kind))
    }

    /// Calls whose arguments have words between them.
    fn special_form(&mut self, word: &str) -> Result<Option<ExpressionKind>, Fault> {
        let form: fn(&mut Self) -> Result<ExpressionKind, Fault> = match word {
            "CAST" => |parser| {
                let value = parser.boxed()?;
                parser.expect_word("AS")?;
                Ok(ExpressionKind::Cast(value, parser.type_name()?))
            },
            "EXTRACT" => |parser| {
                let unit = parser.extracted()?;
                parser.expect_word("FROM")?;
                Ok(ExpressionKind::Extract(unit, parser.boxed()?))
            },
            "FLOOR" => |parser| parser.round(false),
            "CEIL" | "CEILING" => |parser| parser.round(true),
            "STEP" => |parser| {
                let value = parser.boxed()?;
                parser.expect_word("BY")?;
                Ok(ExpressionKind::Step(value, parser.boxed()?))
            },
            "SUBSTRING" => Self::substring,
            "TRIM" => Self::trim,
            "OVERLAY" => Self::overlay,
            "POSITION" => |parser| {
                let what = Box::new(parser.additive()?);
                parser.expect_word("IN")?;
                Ok(ExpressionKind::Position(what, parser.boxed()?))
            },
            _ => return Ok(None),
        };
        self.advance();
        self.in_parentheses(form).map(Some)
    }

    pub(super) fn call(&mut self) -> Result<ExpressionKind, Fault> {
        let name = match self.advance().token {
            Token::Word(name) => name,
            _ => unreachable!("the caller saw a word"),
        };
        if !name.quoted && super::is_reserved(&name.text) && !matches!(name.text.as_str(), "LEFT" | "RIGHT") {
            return Err(Fault::new(name.span, format!("'{name}' is not a function")));
        }
        let mut call = Call {
            name,
            arguments: Vec::new(),
            star: false,
            distinct: false,
            ignore_nulls: None,
            from_last: None,
            over: None,
        };
        self.expect_sign("(")?;
        if self.take_sign("*") {
            call.star = true;
        } else if !self.is_sign(")") {
            call.distinct = self.take_word("DISTINCT");
            if !call.distinct {
                self.take_word("ALL");
            }
            call.arguments = self.list(Self::expression)?;
            // Some pages write it inside, some behind.
            call.ignore_nulls = self.nulls_treatment();
        }
        self.expect_sign(")")?;
        call.from_last = match () {
            () if self.take_words(&["FROM", "FIRST"]) => Some(false),
            () if self.take_words(&["FROM", "LAST"]) => Some(true),
            () => None,
        };
        call.ignore_nulls = call.ignore_nulls.or_else(|| self.nulls_treatment());
        call.over = self.over()?;
        Ok(ExpressionKind::Call(Box::new(call)))
    }

    fn nulls_treatment(&mut self) -> Option<bool> {
        match () {
            () if self.take_words(&["IGNORE", "NULLS"]) => Some(true),
            () if self.take_words(&["RESPECT", "NULLS"]) => Some(false),
            () => None,
        }
    }

    fn plain(&mut self, literal: Literal) -> ExpressionKind {
        self.advance();
        ExpressionKind::Literal(literal)
    }

    fn dated(&mut self, literal: fn(String) -> Literal) -> Result<ExpressionKind, Fault> {
        self.advance();
        Ok(ExpressionKind::Literal(literal(self.text()?)))
    }

    fn interval_literal(&mut self) -> Result<ExpressionKind, Fault> {
        self.advance();
        let negative = self.take_sign("-");
        if !negative {
            self.take_sign("+");
        }
        let text = self.text()?;
        let unit = self.interval_unit()?;
        Ok(ExpressionKind::Literal(Literal::Interval { text, negative, unit }))
    }

    fn case(&mut self) -> Result<ExpressionKind, Fault> {
        self.advance();
        let operand = if self.is_word("WHEN") { None } else { Some(self.boxed()?) };
        let mut branches = Vec::new();
        while self.take_word("WHEN") {
            let when = self.expression()?;
            self.expect_word("THEN")?;
            branches.push((when, self.expression()?));
        }
        if branches.is_empty() {
            return Err(self.unexpected("WHEN"));
        }
        let otherwise = if self.take_word("ELSE") { Some(self.boxed()?) } else { None };
        self.expect_word("END")?;
        Ok(ExpressionKind::Case { operand, branches, otherwise })
    }

    fn round(&mut self, up: bool) -> Result<ExpressionKind, Fault> {
        let value = self.boxed()?;
        let to = if self.take_word("TO") { Some(self.time_unit()?) } else { None };
        Ok(ExpressionKind::Round { up, value, to })
    }

    fn substring(&mut self) -> Result<ExpressionKind, Fault> {
        let value = self.boxed()?;
        if self.take_word("FROM") {
            let from = self.boxed()?;
            let length = if self.take_word("FOR") { Some(self.boxed()?) } else { None };
            return Ok(ExpressionKind::Substring { value, from, length });
        }
        if self.take_word("SIMILAR") {
            let pattern = self.boxed()?;
            self.expect_word("ESCAPE")?;
            return Ok(ExpressionKind::Substring { value, from: pattern, length: Some(self.boxed()?) });
        }
        self.expect_sign(",")?;
        let from = self.boxed()?;
        let length = if self.take_sign(",") { Some(self.boxed()?) } else { None };
        Ok(ExpressionKind::Substring { value, from, length })
    }

    fn trim(&mut self) -> Result<ExpressionKind, Fault> {
        let ends = match () {
            () if self.take_word("BOTH") => TrimEnds::Both,
            () if self.take_word("LEADING") => TrimEnds::Leading,
            () if self.take_word("TRAILING") => TrimEnds::Trailing,
            () => TrimEnds::Both,
        };
        if self.take_word("FROM") {
            return Ok(ExpressionKind::Trim { ends, what: None, value: self.boxed()? });
        }
        let first = self.boxed()?;
        if self.take_word("FROM") {
            return Ok(ExpressionKind::Trim { ends, what: Some(first), value: self.boxed()? });
        }
        Ok(ExpressionKind::Trim { ends, what: None, value: first })
    }

    fn overlay(&mut self) -> Result<ExpressionKind, Fault> {
        let value = self.boxed()?;
        self.expect_word("PLACING")?;
        let placing = self.boxed()?;
        self.expect_word("FROM")?;
        let from = self.boxed()?;
        let length = if self.take_word("FOR") { Some(self.boxed()?) } else { None };
        Ok(ExpressionKind::Overlay { value, placing, from, length })
    }

    fn boxed(&mut self) -> Result<Box<Expression>, Fault> {
        self.expression().map(Box::new)
    }

    pub(super) fn in_parentheses<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.expect_sign("(")?;
        let value = inner(self)?;
        self.expect_sign(")")?;
        Ok(value)
    }
}
