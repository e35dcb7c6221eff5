//! Statements: what a program is a list of.

use super::{Parser, Token};
use crate::Fault;
use crate::ast::{
    AlterPump, ColumnDefinition, CreateFunction, CreatePump, CreateStream, CreateView, Drop, Insert, Name, ObjectKind,
    Statement,
};

impl Parser {
    pub(super) fn statement(&mut self) -> Result<Statement, Fault> {
        if self.take_word("CREATE") {
            let or_replace = self.take_words(&["OR", "REPLACE"]);
            return match self.object_kind()? {
                ObjectKind::Stream => self.create_stream(or_replace).map(Statement::CreateStream),
                ObjectKind::Pump => self.create_pump(or_replace).map(Statement::CreatePump),
                ObjectKind::View => self.create_view(or_replace).map(Statement::CreateView),
                ObjectKind::Function => self.create_function(or_replace).map(Statement::CreateFunction),
            };
        }
        if self.take_word("DROP") {
            let kind = self.object_kind()?;
            return Ok(Statement::Drop(Drop { kind, name: self.object_name()? }));
        }
        if self.take_words(&["ALTER", "PUMP"]) {
            return self.alter_pump();
        }
        if self.is_word("INSERT") {
            return Err(Fault::new(self.here(), "INSERT stands only in a pump: CREATE PUMP name AS INSERT INTO …"));
        }
        if self.is_word("SELECT") || self.is_word("VALUES") || self.is_sign("(") {
            return self.query().map(Statement::Query);
        }
        Err(self.unexpected("SELECT, CREATE STREAM, CREATE PUMP, CREATE VIEW, CREATE FUNCTION, DROP or ALTER PUMP"))
    }

    fn object_kind(&mut self) -> Result<ObjectKind, Fault> {
        let kinds = [
            ("STREAM", ObjectKind::Stream),
            ("PUMP", ObjectKind::Pump),
            ("VIEW", ObjectKind::View),
            ("FUNCTION", ObjectKind::Function),
        ];
        for (word, kind) in kinds {
            if self.take_word(word) {
                return Ok(kind);
            }
        }
        Err(self.unexpected("STREAM, PUMP, VIEW or FUNCTION"))
    }

    /// The name of a stream, pump, view or function; the schemas that examples put before it are all the same one.
    pub(super) fn object_name(&mut self) -> Result<Name, Fault> {
        let mut name = self.name()?;
        while self.take_sign(".") {
            name = self.name()?;
        }
        Ok(name)
    }

    fn create_stream(&mut self, or_replace: bool) -> Result<CreateStream, Fault> {
        let name = self.object_name()?;
        self.expect_sign("(")?;
        let columns = self.list(Self::column_definition)?;
        self.expect_sign(")")?;
        let mut description = None;
        if self.take_word("DESCRIPTION") {
            description = Some(self.text()?);
        }
        if self.take_word("OPTIONS") {
            self.options()?;
        }
        Ok(CreateStream { or_replace, name, columns, description })
    }

    /// `(name 'value', …)`: any names and values are possible, and none of them mean anything here. ≈
    fn options(&mut self) -> Result<(), Fault> {
        self.expect_sign("(")?;
        self.list(|parser| {
            parser.name()?;
            parser.take_sign("=");
            parser.text().map(drop)
        })?;
        self.expect_sign(")")
    }

    fn column_definition(&mut self) -> Result<ColumnDefinition, Fault> {
        let name = self.name()?;
        let data_type = self.type_name()?;
        let not_null = self.take_words(&["NOT", "NULL"]);
        if !not_null {
            self.take_word("NULL");
        }
        Ok(ColumnDefinition { name, data_type, not_null })
    }

    fn create_pump(&mut self, or_replace: bool) -> Result<CreatePump, Fault> {
        let name = self.object_name()?;
        let mut started = true;
        if self.take_word("STOPPED") {
            started = false;
        } else {
            self.take_word("STARTED");
        }
        self.expect_word("AS")?;
        Ok(CreatePump { or_replace, name, started, insert: self.insert()? })
    }

    fn insert(&mut self) -> Result<Insert, Fault> {
        self.expect_word("INSERT")?;
        self.take_word("EXPEDITED");
        self.expect_word("INTO")?;
        let stream = self.object_name()?;
        // `(SELECT …)` behind the name is a query in parentheses, not a list of columns.
        let columns_follow =
            self.is_sign("(") && matches!(self.peek_at(1), Token::Word(name) if name.quoted || name.text != "SELECT");
        let columns = if columns_follow { self.names_in_parentheses()? } else { Vec::new() };
        Ok(Insert { stream, columns, query: self.query()? })
    }

    fn create_view(&mut self, or_replace: bool) -> Result<CreateView, Fault> {
        let name = self.object_name()?;
        let columns = if self.is_sign("(") { self.names_in_parentheses()? } else { Vec::new() };
        if self.take_word("DESCRIPTION") {
            self.text()?;
        }
        self.expect_word("AS")?;
        Ok(CreateView { or_replace, name, columns, query: self.query()? })
    }

    fn create_function(&mut self, or_replace: bool) -> Result<CreateFunction, Fault> {
        let name = self.object_name()?;
        self.expect_sign("(")?;
        let parameters = match self.is_sign(")") {
            true => Vec::new(),
            false => self.list(|parser| Ok((parser.name()?, parser.type_name()?)))?,
        };
        self.expect_sign(")")?;
        self.expect_word("RETURNS")?;
        let returns = self.type_name()?;
        let mut null_on_null_input = false;
        loop {
            if self.take_word("LANGUAGE") {
                let here = self.here();
                if self.name()?.text != "SQL" {
                    return Err(Fault::new(here, "Only functions in LANGUAGE SQL can be made"));
                }
            } else if self.take_word("SPECIFIC") {
                self.object_name()?;
            } else if self.take_words(&["RETURNS", "NULL", "ON", "NULL", "INPUT"]) {
                null_on_null_input = true;
            } else if !self.take_function_remark() {
                break;
            }
        }
        self.expect_word("RETURN")?;
        Ok(CreateFunction { or_replace, name, parameters, returns, null_on_null_input, body: self.expression()? })
    }

    /// What may be said of a function without changing what an expression does.
    fn take_function_remark(&mut self) -> bool {
        const REMARKS: &[&[&str]] = &[
            &["NOT", "DETERMINISTIC"],
            &["DETERMINISTIC"],
            &["CONTAINS", "SQL"],
            &["READS", "SQL", "DATA"],
            &["MODIFIES", "SQL", "DATA"],
            &["CALLED", "ON", "NULL", "INPUT"],
        ];
        REMARKS.iter().any(|words| self.take_words(words))
    }

    fn alter_pump(&mut self) -> Result<Statement, Fault> {
        let name = self.object_name()?;
        let start = if self.take_word("START") {
            true
        } else if self.take_word("STOP") {
            false
        } else {
            return Err(self.unexpected("START or STOP"));
        };
        Ok(Statement::AlterPump(AlterPump { name, start }))
    }
}
