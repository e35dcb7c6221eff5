//! Expressions, from the loosest operator to the tightest.

use super::{Parser, Token};
use crate::ast::{BinaryOperator, Expression, ExpressionKind, IsWhat, Literal, Name, PeriodPredicate, UnaryOperator};
use crate::{Fault, Span};

/// The most operands of one chain of operators: trees are walked recursively.
const CHAIN_MAX: usize = 1_000;

/// The right period of a predicate on two, and of the last one of a chain.
fn last_period(kind: &ExpressionKind) -> Option<&Expression> {
    match kind {
        ExpressionKind::Binary(BinaryOperator::Period(_), _, right) => Some(right),
        ExpressionKind::Binary(BinaryOperator::And, _, second) => last_period(&second.kind),
        _ => None,
    }
}

impl Parser {
    pub(super) fn expression(&mut self) -> Result<Expression, Fault> {
        self.deeper(Self::disjunction)
    }

    fn disjunction(&mut self) -> Result<Expression, Fault> {
        self.chain(Self::conjunction, |parser| parser.take_word("OR").then_some(BinaryOperator::Or))
    }

    fn conjunction(&mut self) -> Result<Expression, Fault> {
        self.chain(Self::negation, |parser| parser.take_word("AND").then_some(BinaryOperator::And))
    }

    fn negation(&mut self) -> Result<Expression, Fault> {
        let start = self.here();
        if !self.take_word("NOT") {
            return self.predicate();
        }
        let inner = self.deeper(Self::negation)?;
        Ok(self.finish(start, ExpressionKind::Unary(UnaryOperator::Not, Box::new(inner))))
    }

    /// Left-associative operators of one strength.
    fn chain(
        &mut self,
        operand: fn(&mut Self) -> Result<Expression, Fault>,
        operator: fn(&mut Self) -> Option<BinaryOperator>,
    ) -> Result<Expression, Fault> {
        let start = self.here();
        let mut left = operand(self)?;
        let mut operands = 1;
        while let Some(operator) = operator(self) {
            operands += 1;
            if operands > CHAIN_MAX {
                return Err(Fault::new(self.since(start), format!("More than {CHAIN_MAX} operands in a row")));
            }
            let right = operand(self)?;
            left = self.finish(start, ExpressionKind::Binary(operator, Box::new(left), Box::new(right)));
        }
        Ok(left)
    }

    /// Comparisons and everything that stands where they stand.
    fn predicate(&mut self) -> Result<Expression, Fault> {
        let start = self.here();
        let mut left = self.additive()?;
        let mut middle = None;
        for _ in 0..CHAIN_MAX {
            let before = self.next;
            let negated = self.take_word("NOT");
            let kind = match self.predicate_behind(&left, negated, middle.as_ref())? {
                Some(kind) => kind,
                None => {
                    self.next = before;
                    return Ok(left);
                }
            };
            middle = last_period(&kind).cloned();
            left = self.finish(start, kind);
        }
        Err(Fault::new(self.since(start), format!("More than {CHAIN_MAX} predicates in a row")))
    }

    /// The predicate that stands behind a value. `middle` is the period before it if that value is itself a predicate on periods.
    fn predicate_behind(
        &mut self,
        left: &Expression,
        negated: bool,
        middle: Option<&Expression>,
    ) -> Result<Option<ExpressionKind>, Fault> {
        let value = || Box::new(left.clone());
        if self.take_word("BETWEEN") {
            let symmetric = self.take_word("SYMMETRIC") || {
                self.take_word("ASYMMETRIC");
                false
            };
            let low = Box::new(self.additive()?);
            self.expect_word("AND")?;
            let high = Box::new(self.additive()?);
            return Ok(Some(ExpressionKind::Between { value: value(), low, high, symmetric, negated }));
        }
        if self.take_word("IN") {
            return self.in_list(value(), negated).map(Some);
        }
        let similar = self.is_word("SIMILAR") && self.is_word_at(1, "TO");
        if similar || self.is_word("LIKE") {
            self.advance();
            if similar {
                self.advance();
            }
            let pattern = Box::new(self.additive()?);
            let escape = if self.take_word("ESCAPE") { Some(Box::new(self.additive()?)) } else { None };
            return Ok(Some(ExpressionKind::Like { value: value(), pattern, escape, similar, negated }));
        }
        if negated {
            return Ok(None);
        }
        if self.take_word("IS") {
            return self.is_predicate(value()).map(Some);
        }
        let Some(operator) = self.comparison() else { return Ok(None) };
        if let Some(all) = self.quantifier(operator) {
            let query = Box::new(self.in_parentheses(Self::query)?);
            return Ok(Some(ExpressionKind::Quantified { value: value(), operator, all, query }));
        }
        let right = Box::new(self.additive()?);
        let Some(middle) = middle.filter(|_| matches!(operator, BinaryOperator::Period(_))) else {
            return Ok(Some(ExpressionKind::Binary(operator, value(), right)));
        };
        // `a PRECEDES b PRECEDES c` is `a PRECEDES b AND b PRECEDES c`.
        let span = Span { start: middle.span.start, end: right.span.end };
        let second = Expression { kind: ExpressionKind::Binary(operator, Box::new(middle.clone()), right), span };
        Ok(Some(ExpressionKind::Binary(BinaryOperator::And, value(), Box::new(second))))
    }

    /// `ANY`, `SOME` or `ALL` before a query. `ANY` before something else is an aggregate.
    fn quantifier(&mut self, operator: BinaryOperator) -> Option<bool> {
        let quantified = ["ANY", "SOME", "ALL"].into_iter().any(|word| self.is_word(word))
            && matches!(self.peek_at(1), Token::Sign("("))
            && self.is_query_at(2)
            && !matches!(operator, BinaryOperator::Period(_));
        quantified.then(|| {
            let all = self.is_word("ALL");
            self.advance();
            all
        })
    }

    /// Whether a query in parentheses begins there.
    fn is_query_at(&self, ahead: usize) -> bool {
        self.is_word_at(ahead, "SELECT")
            || self.is_word_at(ahead, "VALUES") && matches!(self.peek_at(ahead + 1), Token::Sign("("))
    }

    fn in_list(&mut self, value: Box<Expression>, negated: bool) -> Result<ExpressionKind, Fault> {
        self.expect_sign("(")?;
        let kind = if self.is_query_at(0) {
            ExpressionKind::InQuery { value, query: Box::new(self.query()?), negated }
        } else {
            ExpressionKind::InList { value, list: self.list(Self::expression)?, negated }
        };
        self.expect_sign(")")?;
        Ok(kind)
    }

    fn is_predicate(&mut self, value: Box<Expression>) -> Result<ExpressionKind, Fault> {
        let negated = self.take_word("NOT");
        if self.take_words(&["DISTINCT", "FROM"]) {
            let right = Box::new(self.additive()?);
            return Ok(ExpressionKind::IsDistinctFrom { left: value, right, negated });
        }
        for (word, what) in
            [("NULL", IsWhat::Null), ("TRUE", IsWhat::True), ("FALSE", IsWhat::False), ("UNKNOWN", IsWhat::Unknown)]
        {
            if self.take_word(word) {
                return Ok(ExpressionKind::Is { value, what, negated });
            }
        }
        Err(self.unexpected("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM"))
    }

    fn comparison(&mut self) -> Option<BinaryOperator> {
        const SIGNS: &[(&str, BinaryOperator)] = &[
            ("=", BinaryOperator::Equal),
            ("<>", BinaryOperator::NotEqual),
            ("<", BinaryOperator::Less),
            ("<=", BinaryOperator::LessOrEqual),
            (">", BinaryOperator::Greater),
            (">=", BinaryOperator::GreaterOrEqual),
        ];
        if let Some((_, operator)) = SIGNS.iter().find(|(sign, _)| self.take_sign(sign)) {
            return Some(*operator);
        }
        const WORDS: &[(&[&str], PeriodPredicate)] = &[
            (&["CONTAINS"], PeriodPredicate::Contains),
            (&["OVERLAPS"], PeriodPredicate::Overlaps),
            (&["EQUALS"], PeriodPredicate::Equals),
            (&["PRECEDES"], PeriodPredicate::Precedes),
            (&["SUCCEEDS"], PeriodPredicate::Succeeds),
            (&["IMMEDIATELY", "PRECEDES"], PeriodPredicate::ImmediatelyPrecedes),
            (&["IMMEDIATELY", "SUCCEEDS"], PeriodPredicate::ImmediatelySucceeds),
            (&["LEADS"], PeriodPredicate::Leads),
            (&["LAGS"], PeriodPredicate::Lags),
            (&["STRICTLY", "CONTAINS"], PeriodPredicate::StrictlyContains),
            (&["STRICTLY", "OVERLAPS"], PeriodPredicate::StrictlyOverlaps),
            (&["STRICTLY", "PRECEDES"], PeriodPredicate::StrictlyPrecedes),
            (&["STRICTLY", "SUCCEEDS"], PeriodPredicate::StrictlySucceeds),
            (&["STRICTLY", "LEADS"], PeriodPredicate::StrictlyLeads),
            (&["STRICTLY", "LAGS"], PeriodPredicate::StrictlyLags),
            (&["IMMEDIATELY", "LEADS"], PeriodPredicate::ImmediatelyLeads),
            (&["IMMEDIATELY", "LAGS"], PeriodPredicate::ImmediatelyLags),
        ];
        // The words are names elsewhere (`SELECT x lags`): here they must have a right side.
        let found = WORDS.iter().find(|(words, _)| {
            words.iter().enumerate().all(|(ahead, word)| self.is_word_at(ahead, word))
                && self.starts_operand(words.len())
        });
        let (words, predicate) = found?;
        self.take_words(words);
        Some(BinaryOperator::Period(*predicate))
    }

    fn starts_operand(&self, ahead: usize) -> bool {
        match self.peek_at(ahead) {
            Token::Word(name) => {
                let begins = matches!(name.text.as_str(), "CASE" | "CAST" | "NULL" | "ROW");
                name.quoted || begins || !super::is_reserved(&name.text)
            }
            Token::Sign(sign) => *sign == "(",
            Token::Number(_) | Token::Text(_) | Token::Binary(_) => true,
            Token::End => false,
        }
    }

    pub(super) fn additive(&mut self) -> Result<Expression, Fault> {
        self.chain(Self::multiplicative, |parser| match () {
            () if parser.take_sign("+") => Some(BinaryOperator::Add),
            () if parser.take_sign("-") => Some(BinaryOperator::Subtract),
            () if parser.take_sign("||") => Some(BinaryOperator::Concatenate),
            () => None,
        })
    }

    fn multiplicative(&mut self) -> Result<Expression, Fault> {
        self.chain(Self::unary, |parser| match () {
            () if parser.take_sign("*") => Some(BinaryOperator::Multiply),
            () if parser.take_sign("/") => Some(BinaryOperator::Divide),
            () => None,
        })
    }

    fn unary(&mut self) -> Result<Expression, Fault> {
        let start = self.here();
        let operator = match () {
            () if self.take_sign("-") => UnaryOperator::Minus,
            () if self.take_sign("+") => UnaryOperator::Plus,
            () => return self.primary(),
        };
        let inner = self.deeper(Self::unary)?;
        Ok(self.finish(start, ExpressionKind::Unary(operator, Box::new(inner))))
    }

    fn primary(&mut self) -> Result<Expression, Fault> {
        let start = self.here();
        let kind = match self.peek().clone() {
            Token::Number(digits) => self.literal(Literal::Number(digits)),
            Token::Text(text) => self.literal(Literal::Text(text)),
            Token::Binary(digits) => {
                let bytes = bytes(&digits, start)?;
                self.literal(Literal::Binary(bytes))
            }
            Token::Sign("(") => return self.parenthesised(),
            Token::Word(name) => self.word(&name)?,
            Token::Sign(_) | Token::End => return Err(self.unexpected("an expression")),
        };
        Ok(self.finish(start, kind))
    }

    fn literal(&mut self, literal: Literal) -> ExpressionKind {
        self.advance();
        ExpressionKind::Literal(literal)
    }

    /// `(x)`, `(a, b)`, `(SELECT …)`, and `(x - y) SECOND`.
    fn parenthesised(&mut self) -> Result<Expression, Fault> {
        let start = self.here();
        self.expect_sign("(")?;
        if self.is_query_at(0) {
            let query = Box::new(self.query()?);
            self.expect_sign(")")?;
            return Ok(self.finish(start, ExpressionKind::Subquery(query)));
        }
        let mut all = self.list(Self::expression)?;
        self.expect_sign(")")?;
        if all.len() > 1 {
            return Ok(self.finish(start, ExpressionKind::Row(all)));
        }
        let inner = all.remove(0);
        match inner.kind {
            ExpressionKind::Binary(BinaryOperator::Subtract, left, right) if self.is_time_unit().is_some() => {
                let unit = self.interval_unit()?;
                Ok(self.finish(start, ExpressionKind::IntervalBetween { left, right, unit }))
            }
            kind => Ok(self.finish(start, kind)),
        }
    }

    fn word(&mut self, name: &Name) -> Result<ExpressionKind, Fault> {
        if !name.quoted {
            if let Some(kind) = self.special_word(&name.text)? {
                return Ok(kind);
            }
            if matches!(self.peek_at(1), Token::Sign("(")) {
                return self.call();
            }
        }
        let mut path = vec![self.name()?];
        while path.len() < 4 && self.is_sign(".") {
            self.advance();
            path.push(self.column_name()?);
        }
        if path.len() == 1 && self.is_sign("(") {
            // A function whose name is quoted.
            self.next -= 1;
            return self.call();
        }
        Ok(ExpressionKind::Column(path))
    }

    /// Behind a dot every word is a name: `s.ROWTIME`, `s.row`.
    fn column_name(&mut self) -> Result<Name, Fault> {
        match self.peek().clone() {
            Token::Word(name) => {
                self.advance();
                Ok(name)
            }
            _ => Err(self.unexpected("a column")),
        }
    }

    pub(super) fn finish(&self, start: Span, kind: ExpressionKind) -> Expression {
        Expression { kind, span: self.since(start) }
    }
}

fn bytes(digits: &str, span: Span) -> Result<Vec<u8>, Fault> {
    let wrong = || Fault::new(span, "A binary literal holds pairs of hexadecimal digits");
    if !digits.len().is_multiple_of(2) || !digits.is_ascii() {
        return Err(wrong());
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| wrong())).collect()
}
