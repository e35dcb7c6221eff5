//! Types and intervals as they are written.

use super::{Parser, Token};
use crate::Fault;
use crate::ast::{IntervalUnit, TimeUnit, TypeName};

impl Parser {
    /// A type: words, then perhaps numbers in parentheses. Which types there are is the validator's business.
    pub(super) fn type_name(&mut self) -> Result<TypeName, Fault> {
        let start = self.here();
        if self.take_word("INTERVAL") {
            let interval = Some(self.interval_unit()?);
            return Ok(TypeName {
                name: "INTERVAL".to_owned(),
                arguments: Vec::new(),
                interval,
                span: self.since(start),
            });
        }
        let mut name = self.name()?.text;
        for (first, second) in
            [("DOUBLE", "PRECISION"), ("CHAR", "VARYING"), ("CHARACTER", "VARYING"), ("BINARY", "VARYING")]
        {
            if name == first && self.take_word(second) {
                name = format!("{first} {second}");
            }
        }
        let mut arguments = Vec::new();
        if self.take_sign("(") {
            arguments = self.list(Self::whole_number)?;
            self.expect_sign(")")?;
        }
        Ok(TypeName { name, arguments, interval: None, span: self.since(start) })
    }

    /// `DAY`, `HOUR(3)`, `DAY TO SECOND(3)` …
    pub(super) fn interval_unit(&mut self) -> Result<IntervalUnit, Fault> {
        let from = self.interval_part()?;
        let (mut precision, mut fraction) = (None, None);
        if self.take_sign("(") {
            precision = Some(self.whole_number()?);
            if from == TimeUnit::Second && self.take_sign(",") {
                fraction = Some(self.whole_number()?);
            }
            self.expect_sign(")")?;
        }
        let start = self.here();
        let mut to = None;
        if self.take_word("TO") {
            let unit = self.interval_part()?;
            let calendar = |unit| matches!(unit, TimeUnit::Year | TimeUnit::Month);
            if unit <= from || calendar(from) != calendar(unit) {
                return Err(Fault::new(self.since(start), "An interval goes from a larger unit to a smaller one"));
            }
            to = Some(unit);
            if unit == TimeUnit::Second && self.take_sign("(") {
                fraction = Some(self.whole_number()?);
                self.expect_sign(")")?;
            }
        }
        Ok(IntervalUnit { from, to, precision, fraction })
    }

    fn interval_part(&mut self) -> Result<TimeUnit, Fault> {
        let unit = self.is_time_unit().filter(|unit| *unit <= TimeUnit::Second && *unit != TimeUnit::Week);
        let unit = unit.ok_or_else(|| self.unexpected("YEAR, MONTH, DAY, HOUR, MINUTE or SECOND"))?;
        self.advance();
        Ok(unit)
    }

    /// What `EXTRACT` takes: AWS's page has these six and no other
    /// (<https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-extract.html>).
    pub(super) fn extracted(&mut self) -> Result<TimeUnit, Fault> {
        match self.is_time_unit() {
            Some(unit) if unit != TimeUnit::Week => {
                self.advance();
                Ok(unit)
            }
            _ => Err(self.unexpected("YEAR, MONTH, DAY, HOUR, MINUTE or SECOND")),
        }
    }

    /// A unit of time, as `FLOOR` and `CEIL` name it.
    pub(super) fn time_unit(&mut self) -> Result<TimeUnit, Fault> {
        let unit = self.is_time_unit().ok_or_else(|| self.unexpected("a unit of time"))?;
        self.advance();
        Ok(unit)
    }

    /// The unit that the next token names.
    pub(super) fn is_time_unit(&self) -> Option<TimeUnit> {
        let Token::Word(name) = self.peek() else { return None };
        Some(match name.text.as_str() {
            "YEAR" | "YEARS" => TimeUnit::Year,
            "MONTH" | "MONTHS" => TimeUnit::Month,
            "WEEK" => TimeUnit::Week,
            "DAY" | "DAYS" => TimeUnit::Day,
            "HOUR" | "HOURS" => TimeUnit::Hour,
            "MINUTE" | "MINUTES" => TimeUnit::Minute,
            "SECOND" | "SECONDS" => TimeUnit::Second,
            _ => return None,
        })
        .filter(|_| !name.quoted)
    }
}
