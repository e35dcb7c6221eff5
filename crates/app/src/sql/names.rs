//! Which streams a program reads that it does not make itself.

use std::collections::BTreeSet;

use flow::ast::{Expression, ExpressionKind, Name, Query, QueryBody, Statement, TableReference};

/// The names, as the language compares them, in alphabetical order.
pub(super) fn read_by(statements: &[Statement]) -> Vec<String> {
    let mut found = Names::default();
    for statement in statements {
        match statement {
            Statement::CreateStream(create) => found.make(&create.name),
            Statement::CreateView(create) => {
                found.query(&create.query);
                found.make(&create.name);
            }
            Statement::CreatePump(create) => found.query(&create.insert.query),
            Statement::Query(query) => found.query(query),
            Statement::CreateFunction(_) | Statement::Drop(_) | Statement::AlterPump(_) => {}
        }
    }
    found.read.difference(&found.made).cloned().collect()
}

/// The last stream that a program makes.
pub(super) fn last_made(statements: &[Statement]) -> Option<&str> {
    statements.iter().rev().find_map(|statement| match statement {
        Statement::CreateStream(create) => Some(create.name.text.as_str()),
        _ => None,
    })
}

#[derive(Default)]
struct Names {
    read: BTreeSet<String>,
    made: BTreeSet<String>,
}

impl Names {
    fn make(&mut self, name: &Name) {
        self.made.insert(name.text.clone());
    }

    fn query(&mut self, query: &Query) {
        self.body(&query.body);
    }

    fn body(&mut self, body: &QueryBody) {
        match body {
            QueryBody::Select(select) => select.from.iter().for_each(|reference| self.reference(reference)),
            QueryBody::UnionAll(left, right) => {
                self.body(left);
                self.body(right);
            }
            QueryBody::Values(..) => {}
            QueryBody::Nested(query) => self.query(query),
        }
    }

    fn reference(&mut self, reference: &TableReference) {
        match reference {
            TableReference::Named { name, .. } => {
                self.read.insert(name.text.clone());
            }
            TableReference::Derived { query, .. } => self.query(query),
            TableReference::Function { arguments, .. } => {
                for Expression { kind, .. } in arguments {
                    if let ExpressionKind::Cursor(query) = kind {
                        self.query(query);
                    }
                }
            }
            TableReference::Join(join) => {
                self.reference(&join.left);
                self.reference(&join.right);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_found_wherever_a_query_reads() {
        let statements = flow::parse::program(
            "CREATE STREAM out (a INTEGER);
             CREATE VIEW v AS SELECT STREAM * FROM \"one\";
             CREATE PUMP p AS INSERT INTO out SELECT STREAM a FROM v
                UNION ALL SELECT STREAM a FROM (SELECT STREAM * FROM \"two\" AS t);
             SELECT STREAM * FROM TABLE (HOTSPOTS (CURSOR (SELECT STREAM * FROM three), 100, 1, 2));
             SELECT STREAM * FROM out JOIN \"four\" OVER (ROWS 2 PRECEDING) AS f ON out.a = f.a;",
        )
        .expect("parses");
        assert_eq!(read_by(&statements), ["THREE", "four", "one", "two"]);
        assert_eq!(last_made(&statements), Some("OUT"));
    }
}
