//! GROUP BY and WINDOWED BY STAGGER: all rows of a group are kept until it is complete.

use flow::plan::{Aggregate, Expr, Stagger, Tumble};

use super::aggregates::{Seen, aggregate};
use super::value::{Value, all_same};
use super::{Flow, Interpreter, Row};

/// Rows with the same keys, and what the aggregates look at.
struct Group {
    keys: Vec<Value>,
    /// For each aggregate, its argument for each row.
    arguments: Vec<Vec<Seen>>,
    first: Row,
}

impl Group {
    fn of(keys: Vec<Value>, row: &Row, aggregates: &[Aggregate]) -> Self {
        Self { keys, arguments: aggregates.iter().map(|_| Vec::new()).collect(), first: row.clone() }
    }

    fn add(&mut self, row: &Row, arguments: Vec<Value>) {
        for (all, value) in self.arguments.iter_mut().zip(arguments) {
            all.push(Seen { time: row.time, value, default: Value::Null });
        }
    }
}

impl Interpreter<'_> {
    pub(crate) fn tumble(&mut self, tumble: &Tumble) -> Flow {
        let flow = self.flow(&tumble.input);
        let monotonic: Vec<&Expr> = tumble.monotonic.iter().map(|index| &tumble.keys[*index]).collect();
        let mut rows = Vec::new();
        let mut set: Vec<Group> = Vec::new();
        for row in &flow.rows {
            let Some((keys, arguments)) = self.keyed(&tumble.keys, &tumble.aggregates, row) else { continue };
            let leaves = |group: &Group| tumble.monotonic.iter().any(|key| !group.keys[*key].same(&keys[*key]));
            if set.first().is_some_and(leaves) {
                // A window that only rows end bears the time of the row that did.
                let end = self.window_end(&monotonic, &tumble.input, set[0].first.time);
                let end = end.map_or(row.time, |end| end.min(row.time));
                let now = flow.reached(end).map_or(row.now, |now| now.min(row.now));
                for group in std::mem::take(&mut set) {
                    self.complete(group, &tumble.aggregates, end, now, &mut rows);
                }
            }
            match set.iter_mut().find(|group| all_same(&group.keys, &keys)) {
                Some(group) => group.add(row, arguments),
                None => {
                    let mut group = Group::of(keys, row, &tumble.aggregates);
                    group.add(row, arguments);
                    set.push(group);
                }
            }
        }
        let end = set.first().and_then(|first| self.window_end(&monotonic, &tumble.input, first.first.time));
        if let Some((end, now)) = end.and_then(|end| Some((end, flow.reached(end)?))) {
            for group in set {
                self.complete(group, &tumble.aggregates, end, now, &mut rows);
            }
        }
        Flow { rows, bounds: flow.bounds }
    }

    pub(crate) fn stagger(&mut self, stagger: &Stagger) -> Flow {
        let flow = self.flow(&stagger.input);
        let mut groups: Vec<Group> = Vec::new();
        for row in &flow.rows {
            let Some((keys, arguments)) = self.keyed(&stagger.keys, &stagger.aggregates, row) else { continue };
            let open = |group: &&mut Group| {
                all_same(&group.keys, &keys) && row.time < group.first.time.saturating_add(stagger.range_ms)
            };
            match groups.iter_mut().find(open) {
                Some(group) => group.add(row, arguments),
                None => {
                    let mut group = Group::of(keys, row, &stagger.aggregates);
                    group.add(row, arguments);
                    groups.push(group);
                }
            }
        }
        // They close in the order in which they were opened.
        let mut rows = Vec::new();
        for group in groups {
            let end = group.first.time.saturating_add(stagger.range_ms);
            if let Some(now) = flow.reached(end) {
                self.complete(group, &stagger.aggregates, end, now, &mut rows);
            }
        }
        Flow { rows, bounds: flow.bounds }
    }

    /// The keys of a row and the arguments of all aggregates; none if the row failed.
    fn keyed(&mut self, keys: &[Expr], aggregates: &[Aggregate], row: &Row) -> Option<(Vec<Value>, Vec<Value>)> {
        let keys = self.values(keys, row)?;
        let mut arguments = Vec::new();
        for call in aggregates {
            arguments.push(match &call.argument {
                Some(argument) => self.value(argument, row)?,
                None => Value::Null,
            });
        }
        Some((keys, arguments))
    }

    fn complete(&mut self, group: Group, aggregates: &[Aggregate], time: i64, now: i64, rows: &mut Vec<Row>) {
        let mut values = group.keys;
        let mut failed = None;
        for (call, seen) in aggregates.iter().zip(&group.arguments) {
            match aggregate(call, seen) {
                Ok(value) => values.push(value),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        let row = Row { time, now, values };
        match failed {
            Some(error) => self.fail(&row, error),
            None => rows.push(row),
        }
    }
}
