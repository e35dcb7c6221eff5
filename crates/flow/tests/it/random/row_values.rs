//! Random comparisons of rows of values, with each other, with lists of them and with rows of the reference table.

use super::expressions::{Kind, Writer};

impl Writer<'_> {
    /// A condition on a row of values.
    pub(crate) fn condition_of_rows(&mut self, depth: u8) -> String {
        let kinds: Vec<Kind> = (0..self.random.u8(2..4)).map(|_| self.kind()).collect();
        let not = self.one_of(&["", "NOT "]);
        match self.random.u8(..6) {
            0 => {
                let operator = self.one_of(&["=", "<>", "<", "<=", ">", ">="]);
                format!("({} {operator} {})", self.row(&kinds, depth), self.row(&kinds, 0))
            }
            1 => format!("({} IS {not}DISTINCT FROM {})", self.row(&kinds, depth), self.row(&kinds, 0)),
            2 | 3 => {
                let list: Vec<String> = (0..self.random.u8(1..5)).map(|_| self.row(&kinds, 0)).collect();
                format!("({} {not}IN ({}))", self.row(&kinds, depth), list.join(", "))
            }
            _ => {
                let how = self.one_of(&["IN", "NOT IN", "= ANY", "<> ALL", "< ANY", ">= ALL"]);
                let row = self.row(&[Kind::Integer, Kind::Text], depth);
                let filter =
                    self.one_of(&["", " WHERE N > 0", " WHERE K IS NOT NULL", " WHERE K IS NULL", " WHERE FALSE"]);
                format!("({row} {how} (SELECT N, K FROM TT{filter}))")
            }
        }
    }

    fn row(&mut self, kinds: &[Kind], depth: u8) -> String {
        let values: Vec<String> = kinds.iter().map(|kind| self.of(*kind, depth)).collect();
        format!("({})", values.join(", "))
    }
}
