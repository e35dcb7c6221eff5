//! Random queries over the reference table inside expressions, most of which look at the row around them.

use super::expressions::{Kind, Known, Writer};
use super::programs::{known, table};

/// What the table is called inside; a query inside of another hides the outer one.
const TABLE: &str = "Q";

impl Writer<'_> {
    /// A value of a kind of the table, if it has any.
    pub(crate) fn value_of_query(&mut self, kind: Kind, depth: u8) -> Option<String> {
        let column = self.inside(|writer| writer.column(kind))?;
        let from = self.table_and_where(depth);
        Some(match self.random.u8(..8) {
            0 => format!("(SELECT {column}{from})"),
            1 => format!("(SELECT DISTINCT {column}{from} ORDER BY 1)"),
            2 if kind == Kind::Integer => {
                let count = ["*", "DISTINCT K", "DISTINCT N", "N"][self.random.usize(..4)];
                format!("(SELECT CAST(COUNT({count}) AS INTEGER){from})")
            }
            3 if kind == Kind::Integer => {
                let distinct = ["", "DISTINCT "][self.random.usize(..2)];
                let call = ["SUM", "AVG"][self.random.usize(..2)];
                format!("(SELECT CAST({call}({distinct}{column}) AS INTEGER){from} HAVING COUNT(*) > 1)")
            }
            4 => {
                let outer = self.around(kind);
                format!("(SELECT MIN(COALESCE({column}, {outer})){from})")
            }
            _ => format!("(SELECT {}({column}){from})", ["MIN", "MAX"][self.random.usize(..2)]),
        })
    }

    /// A condition with a query in it.
    pub(crate) fn condition_of_query(&mut self, depth: u8) -> String {
        let kind = if self.random.bool() { Kind::Text } else { Kind::Integer };
        let column = self.inside(|writer| writer.column(kind)).expect("the table has texts and numbers");
        let from = self.table_and_where(depth);
        let not = if self.random.bool() { "NOT " } else { "" };
        let value = self.of(kind, depth);
        let query = match self.random.u8(..8) {
            0 => format!("SELECT {column}{from} GROUP BY {column} HAVING COUNT(*) < 3"),
            1 => format!("SELECT {column}{from} UNION ALL SELECT {column}{}", self.table_and_where(0)),
            2 => format!("SELECT X.{0} FROM (SELECT DISTINCT {column} AS {0}{from}) AS X", "ONE"),
            3 => {
                let kind = ["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"][self.random.usize(..4)];
                format!(
                    "SELECT {column} FROM (SELECT *{from}) AS Q {kind} (SELECT *{}) AS W ON Q.N = W.N",
                    self.table_and_where(0)
                )
            }
            4 => format!("SELECT {column}{from} ORDER BY {column}"),
            _ => format!("SELECT {column}{from}"),
        };
        match self.random.u8(..4) {
            0 => format!("({not}EXISTS ({query}))"),
            1 => {
                let operator = ["=", "<>", "<", "<=", ">", ">="][self.random.usize(..6)];
                format!("({value} {operator} {} ({query}))", ["ANY", "SOME", "ALL"][self.random.usize(..3)])
            }
            _ => format!("({value} {not}IN ({query}))"),
        }
    }

    /// The table, and which of its rows: mostly by an equality with the row around.
    fn table_and_where(&mut self, depth: u8) -> String {
        let from = format!(" FROM {} AS {TABLE}", table().name);
        let mut parts = Vec::new();
        if self.random.u8(..100) < 70 {
            let (column, kind) = [("K", Kind::Text), ("N", Kind::Integer)][self.random.usize(..2)];
            parts.push(format!("{TABLE}.{column} = {}", self.around(kind)));
        }
        if self.random.u8(..100) < 50 {
            let outer = self.plain_columns();
            let before = std::mem::replace(&mut self.columns, [known(&table(), TABLE), outer].concat());
            parts.push(self.condition(depth.min(1)));
            self.columns = before;
        }
        if parts.is_empty() { from } else { format!("{from} WHERE {}", parts.join(" AND ")) }
    }

    /// A value of the row around.
    fn around(&mut self, kind: Kind) -> String {
        let outer = self.plain_columns();
        let before = std::mem::replace(&mut self.columns, outer);
        let value = self.of(kind, 0);
        self.columns = before;
        value
    }

    /// An aggregate inside would be one of the query.
    fn plain_columns(&self) -> Vec<Known> {
        self.columns.iter().filter(|column| !column.text.contains('(')).cloned().collect()
    }

    fn inside<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.columns, known(&table(), TABLE));
        let made = write(self);
        self.columns = before;
        made
    }
}
