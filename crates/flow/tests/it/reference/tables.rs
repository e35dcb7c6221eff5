//! Reference tables, and queries over them: everything at once, without time.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use flow::ErrorName;
use flow::plan::{Node, NodeKind, SortKey};

use super::aggregates::{Seen, aggregate};
use super::value::{Value, all_same};
use super::{Row, scalar};

/// Reference tables by their folded names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tables {
    pub(crate) tables: BTreeMap<String, Vec<Vec<Value>>>,
    /// What the query that is carried out sees of the row around it.
    pub(crate) outer: Vec<Value>,
    /// The entry at which that row came.
    pub(crate) now: i64,
}

impl Tables {
    /// The rows of a query over tables only. A row with an error fails the query, as a table has no error stream.
    pub(crate) fn rows(&self, query: &Node) -> Vec<Row> {
        self.query(query).expect("tests have no errors in tables")
    }

    pub(super) fn query(&self, node: &Node) -> Result<Vec<Row>, ErrorName> {
        let plain = |values: Vec<Value>| Row { time: 0, now: self.now, values };
        match &node.kind {
            NodeKind::Table(name) => Ok(self.tables.get(name).into_iter().flatten().cloned().map(plain).collect()),
            NodeKind::Values(rows) => {
                let nothing = plain(Vec::new());
                rows.iter()
                    .map(|row| {
                        row.iter().map(|value| scalar::evaluate(value, &nothing, self)).collect::<Result<_, _>>()
                    })
                    .map(|values| values.map(plain))
                    .collect()
            }
            NodeKind::Filter { input, predicate } => {
                let mut kept = Vec::new();
                for row in self.query(input)? {
                    if scalar::holds(predicate, &row, self)? {
                        kept.push(row);
                    }
                }
                Ok(kept)
            }
            NodeKind::Project { input, values, .. } => {
                let made = |row: Row| {
                    let values = values.iter().map(|value| scalar::evaluate(value, &row, self));
                    values.collect::<Result<Vec<_>, _>>().map(plain)
                };
                self.query(input)?.into_iter().map(made).collect()
            }
            NodeKind::Union(inputs) => {
                let all = inputs.iter().map(|input| self.query(input)).collect::<Result<Vec<_>, _>>()?;
                Ok(all.into_iter().flatten().collect())
            }
            NodeKind::Distinct { input, .. } => {
                let mut kept: Vec<Row> = Vec::new();
                for row in self.query(input)? {
                    if !kept.iter().any(|other| all_same(&other.values, &row.values)) {
                        kept.push(row);
                    }
                }
                Ok(kept)
            }
            NodeKind::Sort(sort) => self.sorted(self.query(&sort.input)?, &sort.keys),
            NodeKind::Tumble(tumble) => self.grouped(tumble),
            NodeKind::Join(join) => super::joins::join_tables(self, join),
            other => panic!("{other:?} is not for tables"),
        }
    }

    /// Rows in an order; those with equal keys stay as they were.
    pub(crate) fn sorted(&self, rows: Vec<Row>, keys: &[SortKey]) -> Result<Vec<Row>, ErrorName> {
        let mut keyed = Vec::new();
        for row in rows {
            let values =
                keys.iter().map(|key| scalar::evaluate(&key.value, &row, self)).collect::<Result<Vec<_>, _>>()?;
            keyed.push((values, row));
        }
        keyed.sort_by(|(one, _), (two, _)| compare_keys(one, two, keys));
        Ok(keyed.into_iter().map(|(_, row)| row).collect())
    }

    fn grouped(&self, tumble: &flow::plan::Tumble) -> Result<Vec<Row>, ErrorName> {
        let mut groups: Vec<(Vec<Value>, Vec<Row>)> = Vec::new();
        for row in self.query(&tumble.input)? {
            let keys =
                tumble.keys.iter().map(|key| scalar::evaluate(key, &row, self)).collect::<Result<Vec<_>, _>>()?;
            match groups.iter_mut().find(|(other, _)| all_same(other, &keys)) {
                Some((_, rows)) => rows.push(row),
                None => groups.push((keys, vec![row])),
            }
        }
        if tumble.keys.is_empty() && groups.is_empty() {
            groups.push((Vec::new(), Vec::new()));
        }
        let mut out = Vec::new();
        for (mut values, rows) in groups {
            for call in &tumble.aggregates {
                let mut seen = Vec::new();
                for row in &rows {
                    let value = match &call.argument {
                        Some(argument) => scalar::evaluate(argument, row, self)?,
                        None => Value::Null,
                    };
                    seen.push(Seen { time: 0, value, default: Value::Null });
                }
                values.push(aggregate(call, &seen)?);
            }
            out.push(Row { time: 0, now: self.now, values });
        }
        Ok(out)
    }
}

/// The order of two lists of keys.
pub(crate) fn compare_keys(one: &[Value], two: &[Value], keys: &[SortKey]) -> Ordering {
    for ((one, two), key) in one.iter().zip(two).zip(keys) {
        let nulls = if key.nulls_first { Ordering::Less } else { Ordering::Greater };
        let order = match (one.is_null(), two.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => nulls,
            (false, true) => nulls.reverse(),
            (false, false) if key.descending => two.order(one),
            (false, false) => one.order(two),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}
