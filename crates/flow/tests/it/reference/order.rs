//! What concerns the order of rows: UNION ALL, ORDER BY, T-sort, DISTINCT.

use flow::ErrorName;
use flow::plan::{Expr, Node, Sort};

use super::value::{Value, all_same};
use super::{Bound, Flow, Interpreter, Row, tables};

/// A row of one of several inputs, at the entry at which nothing can come before it any more.
pub(crate) struct Merged {
    pub(crate) input: usize,
    pub(crate) row: Row,
}

/// The rows of all inputs by ROWTIME, then by input, then as they came. They come out when no input can have an older
/// or an equal one any more; those that wait for an input which never gets that far do not.
pub(crate) fn merged(flows: &[Flow]) -> Vec<Merged> {
    let mut all: Vec<Merged> = Vec::new();
    for (input, flow) in flows.iter().enumerate() {
        for row in &flow.rows {
            let passed = |flow: &Flow| flow.bounds.iter().find(|one| one.bound > row.time).map(|one| one.now);
            if let Some(now) = flows.iter().map(passed).collect::<Option<Vec<i64>>>() {
                let now = now.into_iter().max().unwrap_or(row.now).max(row.now);
                all.push(Merged { input, row: Row { now, ..row.clone() } });
            }
        }
    }
    all.sort_by_key(|one| (one.row.time, one.input));
    all
}

/// The least bound of all inputs.
pub(crate) fn least_bounds(flows: &[Flow]) -> Vec<Bound> {
    let at = |bound: &Bound| {
        let least = flows.iter().map(|flow| flow.bound_at(bound.now)).min().expect("an input");
        Bound { bound: least, ..*bound }
    };
    flows[0].bounds.iter().map(at).collect()
}

/// `UNION ALL`, and several pumps into one stream.
pub(crate) fn union(flows: &[Flow]) -> Flow {
    if let [only] = flows {
        return only.clone();
    }
    let rows = merged(flows).into_iter().map(|one| one.row).collect();
    Flow { rows, bounds: least_bounds(flows) }
}

impl Interpreter<'_> {
    /// Rows with one value of the leading key, in the order of the others. They get the ROWTIME of the last of them.
    pub(crate) fn sort(&mut self, sort: &Sort) -> Flow {
        let flow = self.flow(&sort.input);
        let leading = [&sort.keys[0].value];
        let mut sets: Vec<Set> = Vec::new();
        for row in &flow.rows {
            let Some(keys) = self.values(sort.keys.iter().map(|key| &key.value), row) else { continue };
            match sets.last_mut() {
                Some(set) if set.rows[0].0[0].same(&keys[0]) => set.rows.push((keys, row.clone())),
                open => {
                    if let Some(set) = open {
                        set.ended = Some((row.time, row.now));
                    }
                    sets.push(Set { rows: vec![(keys, row.clone())], ended: None });
                }
            }
        }
        let mut out = Vec::new();
        for set in &mut sets {
            let end = self.window_end(&leading, &sort.input, set.rows[0].1.time);
            let reached = end.and_then(|end| flow.reached(end));
            set.ended =
                set.ended.map(|(time, now)| (time, now.min(reached.unwrap_or(now)))).or(reached.map(|now| (0, now)));
            let Some((_, now)) = set.ended else { continue };
            let time = set.last_time(i64::MAX).expect("a set has rows");
            let mut rows = set.rows.clone();
            rows.sort_by(|(one, _), (two, _)| tables::compare_keys(one, two, &sort.keys));
            out.extend(rows.into_iter().map(|(_, row)| Row { time, now, ..row }));
        }
        // What is gathered at a moment still comes, with the time of its last row.
        let at = |bound: &Bound| {
            let open = |set: &&Set| set.ended.is_none_or(|(_, now)| now > bound.now);
            let last = sets.iter().filter(open).find_map(|set| set.last_time(bound.now));
            Bound { bound: last.map_or(bound.bound, |last| last.min(bound.bound)), ..*bound }
        };
        let bounds = flow.bounds.iter().map(at).collect();
        Flow { rows: out, bounds }
    }

    /// `ORDER BY key WITHIN …`: a row leaves when one comes that is as much newer.
    pub(crate) fn time_sort(&mut self, input: &Node, key: &Expr, within_ms: i64) -> Flow {
        let flow = self.flow(input);
        let (mut out, mut buffer): (Vec<Row>, Vec<Row>) = (Vec::new(), Vec::new());
        let mut newest: Option<i64> = None;
        let mut edges: Vec<Bound> = Vec::new();
        for row in &flow.rows {
            let Some(Value::Timestamp(time)) = self.value(key, row) else { continue };
            if newest.is_some_and(|newest| time < newest - within_ms) {
                self.fail(row, ErrorName::OutOfOrder);
                continue;
            }
            newest = newest.max(Some(time));
            buffer.push(Row { time, ..row.clone() });
            buffer.sort_by_key(|row| row.time);
            let edge = newest.expect("just seen") - within_ms;
            let leaving = buffer.iter().take_while(|row| row.time <= edge).count();
            out.extend(buffer.drain(..leaving).map(|left| Row { now: row.now, ..left }));
            edges.push(Bound { now: row.now, bound: edge });
        }
        // Rows alone tell the time, and only an entry's end says so.
        let at = |bound: &Bound| {
            let edge = edges.iter().filter(|edge| edge.now <= bound.now).map(|edge| edge.bound).next_back();
            Bound { bound: edge.unwrap_or(i64::MIN), ..*bound }
        };
        let bounds = flow.bounds.iter().map(at).collect();
        Flow { rows: out, bounds }
    }

    /// Rows that are not repeated while the monotonic columns stay the same.
    pub(crate) fn distinct(&mut self, input: &Node, monotonic: &[usize]) -> Flow {
        let flow = self.flow(input);
        let mut out: Vec<Row> = Vec::new();
        let mut set: Vec<Row> = Vec::new();
        for row in flow.rows {
            let stays = |other: &Row| match monotonic {
                [] => other.time == row.time,
                columns => columns.iter().all(|column| other.values[*column].same(&row.values[*column])),
            };
            if !set.first().is_some_and(stays) {
                set.clear();
            }
            if !set.iter().any(|other| all_same(&other.values, &row.values)) {
                set.push(row.clone());
                out.push(row);
            }
        }
        Flow { rows: out, bounds: flow.bounds }
    }
}

/// Rows with one value of the leading key.
struct Set {
    rows: Vec<(Vec<Value>, Row)>,
    /// The row that has another key and the entry at which it is sure that no more come.
    ended: Option<(i64, i64)>,
}

impl Set {
    /// The ROWTIME of the last row that has come by an entry.
    fn last_time(&self, now: i64) -> Option<i64> {
        self.rows.iter().filter(|(_, row)| row.now <= now).map(|(_, row)| row.time).next_back()
    }
}
