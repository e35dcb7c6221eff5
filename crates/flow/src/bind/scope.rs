//! The names that an expression can use, and what they mean.

use crate::ast::Name;
use crate::plan::{Expr, ExprKind, Order, Schema};
use crate::types::DataType;
use crate::{Fault, Span, spelling};

/// The name that every row has beside its columns.
pub(super) const ROWTIME: &str = "ROWTIME";

/// One input of a query as its expressions see it.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// What qualifies its columns.
    pub(super) name: Option<String>,
    /// Where its columns begin in the row.
    pub(super) first: usize,
    /// Its columns.
    pub(super) schema: Schema,
    /// What `name.ROWTIME` is; none for a table.
    pub(super) rowtime: Option<Rowtime>,
}

/// The ROWTIME of an input.
#[derive(Debug, Clone)]
pub(super) struct Rowtime {
    /// The row's own, or a column of a joined row.
    pub(super) kind: ExprKind,
    /// How it moves from row to row.
    pub(super) order: Order,
    /// Whether rows without this input come, too.
    pub(super) nullable: bool,
}

/// The inputs of a query.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub(super) relations: Vec<Relation>,
    /// Columns that `USING` or `NATURAL` made one, by name; the first relation's stands for both.
    pub(super) merged: Vec<String>,
    /// How many values a row has; of a joined row some have no name.
    pub(super) width: usize,
}

impl Scope {
    /// The scope of one input.
    pub(super) fn of(name: Option<String>, schema: Schema, stream: bool) -> Self {
        let own = Rowtime { kind: ExprKind::Rowtime, order: Order::Ascending, nullable: false };
        let rowtime = stream.then_some(own);
        let width = schema.columns.len();
        Self { relations: vec![Relation { name, first: 0, schema, rowtime }], merged: Vec::new(), width }
    }

    /// Whether any input keeps coming.
    fn streams(&self) -> bool {
        self.relations.iter().any(|relation| relation.rowtime.is_some())
    }

    /// What `column`, `relation.column`, `row.field` or `relation.row.field` means.
    pub(super) fn find(&self, path: &[Name]) -> Result<Expr, Fault> {
        let span = path[0].span.to(path[path.len() - 1].span);
        match path {
            [column] if column.text == ROWTIME && !column.quoted && self.streams() => {
                let (kind, data_type, order) = (ExprKind::Rowtime, DataType::Timestamp, Order::Ascending);
                Ok(Expr { kind, data_type, nullable: false, order, span })
            }
            [column] => self.unqualified(column, None, span),
            [first, column] => match self.relation(first) {
                Some(relation) => Self::qualified(relation, column, None, span),
                None => self.unqualified(column, Some(first), span),
            },
            [.., first, row, field] => {
                let relation = self.relation(first).ok_or_else(|| unknown(first))?;
                Self::qualified(relation, field, Some(row), span)
            }
            [] => unreachable!("a path has at least one name"),
        }
    }

    /// Whether a path begins with something that is here, so that it means nothing further out.
    pub(super) fn knows(&self, path: &[Name]) -> bool {
        let column = |column: &Name, row: Option<&Name>| {
            self.relations.iter().any(|relation| column_of(relation, column, row, column.span).is_some())
        };
        match path {
            [only] => only.text == ROWTIME && !only.quoted && self.streams() || column(only, None),
            [first, second] => self.relation(first).is_some() || column(second, Some(first)),
            [.., first, _, _] => self.relation(first).is_some(),
            [] => false,
        }
    }

    /// The relation of a name; the innermost one where two have it.
    pub(super) fn relation(&self, name: &Name) -> Option<&Relation> {
        self.relations.iter().find(|relation| relation.name.as_deref() == Some(&name.text))
    }

    fn unqualified(&self, column: &Name, row: Option<&Name>, span: Span) -> Result<Expr, Fault> {
        let mut found = self.relations.iter().filter_map(|relation| column_of(relation, column, row, span));
        let Some(first) = found.next() else {
            return Err(match row {
                Some(row) => unknown(row),
                None => Fault::new(
                    span,
                    format!("Column '{column}' not found in any table{}", meant(column, &self.relations)),
                ),
            });
        };
        if found.next().is_some() && !self.merged.contains(&column.text) {
            return Err(Fault::new(span, format!("Column '{column}' is ambiguous")));
        }
        Ok(first)
    }

    fn qualified(relation: &Relation, column: &Name, row: Option<&Name>, span: Span) -> Result<Expr, Fault> {
        if let (ROWTIME, Some(rowtime), None) = (column.text.as_str(), &relation.rowtime, row) {
            let Rowtime { kind, order, nullable } = rowtime.clone();
            return Ok(Expr { kind, data_type: DataType::Timestamp, nullable, order, span });
        }
        column_of(relation, column, row, span).ok_or_else(|| {
            let (table, meant) = (relation.name.as_deref().unwrap_or_default(), meant(column, [relation]));
            Fault::new(span, format!("Column '{column}' not found in table '{table}'{meant}"))
        })
    }
}

fn column_of(relation: &Relation, column: &Name, row: Option<&Name>, span: Span) -> Option<Expr> {
    let columns = &relation.schema.columns;
    let is_meant = |index: &usize| {
        let one = &columns[*index];
        one.name == column.text && row.is_none_or(|row| one.of_row.as_ref() == Some(&row.text))
    };
    let index = (0..columns.len()).find(is_meant)?;
    let one = &columns[index];
    let kind = ExprKind::Column(relation.first + index);
    Some(Expr { kind, data_type: one.data_type, nullable: one.nullable, order: one.order, span })
}

/// What is said of a column that may have been meant by an unknown name.
fn meant<'r>(name: &Name, relations: impl IntoIterator<Item = &'r Relation>) -> String {
    let columns = relations.into_iter().flat_map(|relation| &relation.schema.columns).filter(|column| !column.hidden);
    let meant = spelling::meant(&name.text, columns.map(|column| column.name.as_str()));
    meant.map(|column| format!("; did you mean \"{column}\"?")).unwrap_or_default()
}

fn unknown(name: &Name) -> Fault {
    Fault::new(name.span, format!("Table '{name}' not found"))
}
