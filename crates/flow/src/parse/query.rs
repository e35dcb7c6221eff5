//! Queries: selects, unions, joins and windows.

use super::{Parser, Token, is_reserved};
use crate::ast::{
    Alias, Expression, Frame, FrameBound, FrameUnit, Grouping, Join, JoinCondition, JoinKind, Name, OrderItem, Query,
    QueryBody, Select, SelectItem, TableReference, Window, WindowReference,
};
use crate::{Fault, Span};

impl Parser {
    pub(super) fn query(&mut self) -> Result<Query, Fault> {
        self.deeper(|parser| {
            let start = parser.here();
            let body = parser.query_body()?;
            let order_by = parser.order_by()?;
            let mut within = None;
            if parser.is_word("WITHIN") {
                if order_by.is_empty() {
                    return Err(Fault::new(parser.here(), "WITHIN stands behind ORDER BY"));
                }
                parser.advance();
                within = Some(parser.expression()?);
            }
            Ok(Query { body, order_by, within, span: parser.since(start) })
        })
    }

    fn order_by(&mut self) -> Result<Vec<OrderItem>, Fault> {
        if self.take_words(&["ORDER", "BY"]) { self.list(Self::order_item) } else { Ok(Vec::new()) }
    }

    fn order_item(&mut self) -> Result<OrderItem, Fault> {
        let key = self.expression()?;
        let descending = self.take_word("DESC") || {
            self.take_word("ASC");
            false
        };
        let nulls_first = match () {
            () if self.take_words(&["NULLS", "FIRST"]) => Some(true),
            () if self.take_words(&["NULLS", "LAST"]) => Some(false),
            () => None,
        };
        Ok(OrderItem { key, descending, nulls_first })
    }

    fn query_body(&mut self) -> Result<QueryBody, Fault> {
        let mut body = self.query_term()?;
        loop {
            let here = self.here();
            if self.take_word("UNION") {
                if !self.take_word("ALL") {
                    return Err(Fault::new(here, "Streams can be joined with UNION ALL only"));
                }
                body = QueryBody::UnionAll(Box::new(body), Box::new(self.query_term()?));
            } else if self.is_word("EXCEPT") || self.is_word("INTERSECT") {
                return Err(Fault::new(here, "EXCEPT and INTERSECT are not supported"));
            } else {
                return Ok(body);
            }
        }
    }

    fn query_term(&mut self) -> Result<QueryBody, Fault> {
        let start = self.here();
        if self.take_sign("(") {
            let query = self.query()?;
            self.expect_sign(")")?;
            return Ok(QueryBody::Nested(Box::new(query)));
        }
        if self.take_word("VALUES") {
            let rows = self.list(|parser| {
                parser.expect_sign("(")?;
                let row = parser.list(Self::expression)?;
                parser.expect_sign(")")?;
                Ok(row)
            })?;
            return Ok(QueryBody::Values(rows, self.since(start)));
        }
        self.expect_word("SELECT")?;
        self.select(start).map(|select| QueryBody::Select(Box::new(select)))
    }

    fn select(&mut self, start: Span) -> Result<Select, Fault> {
        let stream = self.take_word("STREAM");
        let distinct = self.take_word("DISTINCT") || {
            self.take_word("ALL");
            false
        };
        let items = self.list(Self::select_item)?;
        let from = if self.take_word("FROM") { self.list(Self::table_reference)? } else { Vec::new() };
        let filter = if self.take_word("WHERE") { Some(self.expression()?) } else { None };
        let grouping = self.grouping()?;
        let having = if self.take_word("HAVING") { Some(self.expression()?) } else { None };
        let mut windows = Vec::new();
        if self.take_word("WINDOW") {
            windows = self.list(|parser| {
                let name = parser.name()?;
                parser.expect_word("AS")?;
                Ok((name, parser.window()?))
            })?;
        }
        Ok(Select { stream, distinct, items, from, filter, grouping, having, windows, span: self.since(start) })
    }

    fn grouping(&mut self) -> Result<Grouping, Fault> {
        let start = self.here();
        if self.take_words(&["GROUP", "BY"]) {
            return self.list(Self::expression).map(Grouping::By);
        }
        if !self.take_words(&["WINDOWED", "BY"]) {
            return Ok(Grouping::None);
        }
        self.expect_word("STAGGER")?;
        self.expect_sign("(")?;
        let mut partition_by = Vec::new();
        if self.take_words(&["PARTITION", "BY"]) {
            partition_by = self.list(Self::expression)?;
        }
        self.expect_word("RANGE")?;
        let range = self.expression()?;
        // AWS's own pages write the window with and without this word.
        self.take_word("PRECEDING");
        self.expect_sign(")")?;
        Ok(Grouping::Stagger { partition_by, range, span: self.since(start) })
    }

    fn select_item(&mut self) -> Result<SelectItem, Fault> {
        let start = self.here();
        if self.take_sign("*") {
            return Ok(SelectItem::Wildcard(start));
        }
        let qualified = matches!(self.peek(), Token::Word(_))
            && matches!((self.peek_at(1), self.peek_at(2)), (Token::Sign("."), Token::Sign("*")));
        if qualified {
            let name = self.name()?;
            self.advance();
            self.advance();
            return Ok(SelectItem::QualifiedWildcard(name));
        }
        let value = self.expression()?;
        let mut fields = Vec::new();
        let alias = if self.take_word("AS") { Some(self.column_alias()?) } else { self.implicit_alias() };
        if alias.is_some() && self.is_sign("(") {
            fields = self.names_in_parentheses()?;
        }
        Ok(SelectItem::Expression { value, alias, fields })
    }

    /// Behind `AS` any word is a name, `AS ROWTIME` and reserved ones such as `AS row` among them.
    fn column_alias(&mut self) -> Result<Name, Fault> {
        match self.peek() {
            Token::Word(name) => {
                let name = name.clone();
                self.advance();
                Ok(name)
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    fn implicit_alias(&mut self) -> Option<Name> {
        // Words that go on with a select, and are names everywhere else.
        const FOLLOWING: &[&str] = &["ASC", "DESC", "NULLS", "LIMIT", "OFFSET"];
        match self.peek() {
            Token::Word(name)
                if name.quoted || !is_reserved(&name.text) && !FOLLOWING.contains(&name.text.as_str()) =>
            {
                let name = name.clone();
                self.advance();
                Some(name)
            }
            _ => None,
        }
    }

    fn table_reference(&mut self) -> Result<TableReference, Fault> {
        let start = self.here();
        let mut left = self.table_factor()?;
        loop {
            let natural = self.take_word("NATURAL");
            let kind = self.join_kind()?;
            let Some(kind) = kind else {
                if natural {
                    return Err(self.unexpected("JOIN"));
                }
                return Ok(left);
            };
            let right = self.table_factor()?;
            let condition = match () {
                () if natural => JoinCondition::Natural,
                () if kind == JoinKind::Cross => JoinCondition::None,
                () if self.take_word("ON") => JoinCondition::On(self.expression()?),
                () if self.take_word("USING") => JoinCondition::Using(self.names_in_parentheses()?),
                () => return Err(self.unexpected("ON or USING")),
            };
            left = TableReference::Join(Box::new(Join { left, right, kind, condition, span: self.since(start) }));
        }
    }

    fn join_kind(&mut self) -> Result<Option<JoinKind>, Fault> {
        for (word, kind) in [("LEFT", JoinKind::Left), ("RIGHT", JoinKind::Right), ("FULL", JoinKind::Full)] {
            if self.take_word(word) {
                self.take_word("OUTER");
                self.expect_word("JOIN")?;
                return Ok(Some(kind));
            }
        }
        for (word, kind) in [("INNER", JoinKind::Inner), ("CROSS", JoinKind::Cross)] {
            if self.take_word(word) {
                self.expect_word("JOIN")?;
                return Ok(Some(kind));
            }
        }
        Ok(self.take_word("JOIN").then_some(JoinKind::Inner))
    }

    fn table_factor(&mut self) -> Result<TableReference, Fault> {
        let start = self.here();
        if self.is_word("TABLE") || self.is_word("STREAM") && matches!(self.peek_at(1), Token::Sign("(")) {
            self.advance();
            self.expect_sign("(")?;
            let name = self.object_name()?;
            self.expect_sign("(")?;
            let arguments = if self.is_sign(")") { Vec::new() } else { self.list(Self::expression)? };
            self.expect_sign(")")?;
            self.expect_sign(")")?;
            let alias = self.alias()?;
            return Ok(TableReference::Function { name, arguments, alias, span: self.since(start) });
        }
        if self.is_sign("(") {
            return self.deeper(|parser| parser.parenthesised_table());
        }
        let name = self.object_name()?;
        let (window, alias) = self.window_and_alias()?;
        Ok(TableReference::Named { name, window, alias })
    }

    /// `(SELECT …) AS a`, or a join in parentheses.
    fn parenthesised_table(&mut self) -> Result<TableReference, Fault> {
        self.expect_sign("(")?;
        let is_query = self.is_word("SELECT") || self.is_word("VALUES") || self.is_sign("(");
        if !is_query {
            let inner = self.table_reference()?;
            self.expect_sign(")")?;
            return Ok(inner);
        }
        let query = Box::new(self.query()?);
        self.expect_sign(")")?;
        let (window, alias) = self.window_and_alias()?;
        Ok(TableReference::Derived { query, window, alias })
    }

    /// `OVER …` and an alias; AWS's examples write them in this order, the other order is taken too.
    fn window_and_alias(&mut self) -> Result<(Option<WindowReference>, Option<Alias>), Fault> {
        let mut window = self.over()?;
        let alias = self.alias()?;
        if window.is_none() {
            window = self.over()?;
        }
        Ok((window, alias))
    }

    fn alias(&mut self) -> Result<Option<Alias>, Fault> {
        let name = if self.take_word("AS") { Some(self.name()?) } else { self.implicit_alias() };
        let Some(name) = name else { return Ok(None) };
        let columns = if self.is_sign("(") { self.names_in_parentheses()? } else { Vec::new() };
        Ok(Some(Alias { name, columns }))
    }

    /// `OVER name` or `OVER (…)`, if it stands here.
    pub(super) fn over(&mut self) -> Result<Option<WindowReference>, Fault> {
        if !self.take_word("OVER") {
            return Ok(None);
        }
        Ok(Some(match self.is_sign("(") {
            true => WindowReference::Written(Box::new(self.window()?)),
            false => WindowReference::Named(self.name()?),
        }))
    }

    fn window(&mut self) -> Result<Window, Fault> {
        let start = self.here();
        self.expect_sign("(")?;
        let base = match self.peek() {
            Token::Word(name) if name.quoted || !is_reserved(&name.text) => Some(self.name()?),
            _ => None,
        };
        let partition_by =
            if self.take_words(&["PARTITION", "BY"]) { self.list(Self::expression)? } else { Vec::new() };
        let order_by = self.order_by()?;
        let frame = self.frame()?;
        self.expect_sign(")")?;
        Ok(Window { base, partition_by, order_by, frame, span: self.since(start) })
    }

    fn frame(&mut self) -> Result<Option<Frame>, Fault> {
        let unit = match () {
            () if self.take_word("ROWS") => FrameUnit::Rows,
            () if self.take_word("RANGE") => FrameUnit::Range,
            () => return Ok(None),
        };
        if self.take_word("BETWEEN") {
            let start = self.frame_bound()?;
            self.expect_word("AND")?;
            let end = Some(self.frame_bound()?);
            return Ok(Some(Frame { unit, start, end }));
        }
        Ok(Some(Frame { unit, start: self.frame_bound()?, end: None }))
    }

    fn frame_bound(&mut self) -> Result<FrameBound, Fault> {
        if self.take_words(&["CURRENT", "ROW"]) {
            return Ok(FrameBound::CurrentRow);
        }
        if self.take_words(&["UNBOUNDED", "PRECEDING"]) {
            return Ok(FrameBound::UnboundedPreceding);
        }
        if self.take_words(&["UNBOUNDED", "FOLLOWING"]) {
            return Ok(FrameBound::UnboundedFollowing);
        }
        // Without operators that join conditions, so that the AND of BETWEEN is not taken for one.
        let size: Expression = self.additive()?;
        if self.take_word("FOLLOWING") {
            return Ok(FrameBound::Following(size));
        }
        self.expect_word("PRECEDING")?;
        Ok(FrameBound::Preceding(size))
    }
}
