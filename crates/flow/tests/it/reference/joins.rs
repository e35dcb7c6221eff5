//! Joins: every row of one side against every row of the other.

use flow::ErrorName;
use flow::plan::{Expr, JoinNode, JoinWindow, LoneRows, Node};

use super::order::{Merged, least_bounds, merged};
use super::value::Value;
use super::{Bound, Flow, Interpreter, Row, Tables, scalar};

/// A row that is taken in, in the order of both sides.
struct Event {
    /// 0 is left, 1 is right.
    side: usize,
    row: Row,
    keys: Vec<Value>,
    matched: bool,
}

/// Whether a partner that came later keeps a row from coming out alone.
fn is_kept(join: &JoinNode, earlier: &Event, later: &Event) -> bool {
    let (own, other) = if earlier.side == 0 { (&join.left, &join.right) } else { (&join.right, &join.left) };
    let (LoneRows::AsDocumented, Some(JoinWindow::RangeMs { preceding, .. })) = (join.lone_rows, own.window) else {
        return true;
    };
    match other.window {
        // Nothing is held when the row's own window ends.
        None => later.row.time == earlier.row.time,
        Some(JoinWindow::RangeMs { preceding: back, following: ahead }) => {
            let end = earlier.row.time + preceding.max(ahead);
            later.row.time <= earlier.row.time + ahead || (end - back..=end + ahead).contains(&later.row.time)
        }
        Some(_) => true,
    }
}

impl Interpreter<'_> {
    pub(crate) fn join(&mut self, join: &JoinNode) -> Flow {
        match (join.left.input.stream, join.right.input.stream) {
            (true, true) => self.join_streams(join),
            (true, false) => self.look_up(join, &join.left.input, &join.right.input, true),
            _ => self.look_up(join, &join.right.input, &join.left.input, false),
        }
    }

    fn join_streams(&mut self, join: &JoinNode) -> Flow {
        let flows = [self.flow(&join.left.input), self.flow(&join.right.input)];
        let bounds = least_bounds(&flows);
        let mut events: Vec<Event> = Vec::new();
        let mut out: Vec<(Place, Row)> = Vec::new();
        for Merged { input, row } in merged(&flows) {
            let keys = join.equal.iter().map(|(left, right)| if input == 0 { left } else { right });
            let Some(keys) = self.values(keys, &row) else { continue };
            let mut event = Event { side: input, row, keys, matched: false };
            for other in 0..events.len() {
                if events[other].side == event.side || !may_meet(join, &events, other, &event) {
                    continue;
                }
                if let Some(pair) = self.pair(join, &events[other], &event) {
                    out.push(((pair.time, events.len(), 0, other), pair));
                    event.matched = true;
                    events[other].matched |= is_kept(join, &events[other], &event);
                }
            }
            events.push(event);
        }
        out.extend(unmatched(join, &events, &bounds));
        out.sort_by_key(|(place, _)| *place);
        Flow { rows: out.into_iter().map(|(_, row)| row).collect(), bounds }
    }

    /// The joined row, if keys are equal and the condition holds. Its ROWTIME is the later row's.
    fn pair(&mut self, join: &JoinNode, earlier: &Event, later: &Event) -> Option<Row> {
        let mut keys = join.equal.iter().zip(&earlier.keys).zip(&later.keys);
        let equal = |(((left, right), one), two): ((&(Expr, Expr), &Value), &Value)| {
            let (one, two) = scalar::alike(one.clone(), two.clone(), left, right);
            !one.is_null() && !two.is_null() && one.same(&two)
        };
        if !keys.all(equal) {
            return None;
        }
        let (left, right) = if earlier.side == 0 { (&earlier.row, &later.row) } else { (&later.row, &earlier.row) };
        let mut values = with_time(left);
        values.extend(with_time(right));
        let row = Row { time: later.row.time, now: later.row.now, values };
        match &join.condition {
            None => Some(row),
            Some(condition) => self.value(condition, &row)?.truth().filter(|holds| *holds).map(|_| row),
        }
    }

    /// Each row of a stream against a reference table.
    fn look_up(&mut self, join: &JoinNode, stream: &Node, table: &Node, stream_is_left: bool) -> Flow {
        let flow = self.flow(stream);
        let table_rows = self.tables.rows(table);
        let outer = if stream_is_left { join.left_outer } else { join.right_outer };
        let side = usize::from(!stream_is_left);
        let mut rows = Vec::new();
        for row in &flow.rows {
            let keys = join.equal.iter().map(|(left, right)| if stream_is_left { left } else { right });
            let Some(keys) = self.values(keys, row) else { continue };
            let current = Event { side, row: row.clone(), keys, matched: false };
            let before = rows.len();
            for found in &table_rows {
                let keys = join.equal.iter().map(|(left, right)| if stream_is_left { right } else { left });
                let keys = keys.map(|key| scalar::evaluate(key, found, self.tables)).collect::<Result<Vec<_>, _>>();
                let keys = keys.expect("tests have no errors in tables");
                let other = Event { side: 1 - side, row: found.clone(), keys, matched: false };
                if let Some(mut pair) = self.pair(join, &other, &current) {
                    let table_time = if stream_is_left { pair.values.len() - 1 } else { found.values.len() };
                    pair.values[table_time] = Value::Null;
                    rows.push(pair);
                }
            }
            if rows.len() == before && outer {
                let nulls = vec![Value::Null; table.schema.columns.len() + 1];
                let own = with_time(row);
                let values = if stream_is_left { [own, nulls].concat() } else { [nulls, own].concat() };
                rows.push(Row { values, ..row.clone() });
            }
        }
        Flow { rows, bounds: flow.bounds }
    }
}

fn with_time(row: &Row) -> Vec<Value> {
    let mut values = row.values.clone();
    values.push(Value::Timestamp(row.time));
    values
}

fn window(join: &JoinNode, side: usize) -> Option<JoinWindow> {
    if side == 0 { join.left.window } else { join.right.window }
}

/// How long after its ROWTIME a row of a side can be met, the last millisecond included; none if time does not matter.
fn reach_ms(join: &JoinNode, side: usize) -> Option<i64> {
    let own = match window(join, side) {
        Some(JoinWindow::RangeMs { preceding, .. }) => Some(preceding),
        Some(JoinWindow::Unbounded) => Some(i64::MAX),
        _ => None,
    };
    // A row of the other side's window may come as much later, and of two rows with one ROWTIME neither is the later one.
    let others = match window(join, 1 - side) {
        Some(JoinWindow::RangeMs { following, .. }) => Some(following),
        Some(JoinWindow::Unbounded) => Some(0),
        _ => None,
    };
    own.max(others)
}

/// Of a window by count, how many rows of its side may come before a row is out of it.
fn reach_rows(join: &JoinNode, side: usize) -> Option<usize> {
    match window(join, side) {
        Some(JoinWindow::Rows(before)) => Some(usize::try_from(before).unwrap_or(usize::MAX)),
        _ => None,
    }
}

/// Whether the windows let an earlier row meet the one that comes now.
fn may_meet(join: &JoinNode, events: &[Event], earlier: usize, later: &Event) -> bool {
    let side = events[earlier].side;
    let in_time = reach_ms(join, side).is_some_and(|ms| later.row.time - events[earlier].row.time <= ms);
    let newer = events[earlier + 1..].iter().filter(|event| event.side == side).count();
    in_time || reach_rows(join, side).is_some_and(|before| newer <= before)
}

/// Where a row stands among others: its ROWTIME, what brought it forth, its side and its number.
type Place = (i64, usize, usize, usize);

/// Rows that have met none, and no row of the other side can meet any more.
fn unmatched(join: &JoinNode, events: &[Event], bounds: &[Bound]) -> Vec<(Place, Row)> {
    let widths = [join.left.input.schema.columns.len(), join.right.input.schema.columns.len()];
    let mut out = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let outer = if event.side == 0 { join.left_outer } else { join.right_outer };
        if !outer || event.matched {
            continue;
        }
        let Some((time, order, now)) = given_up(join, events, index, bounds) else { continue };
        let mut values = with_time(&event.row);
        let nulls = vec![Value::Null; widths[1 - event.side] + 1];
        if event.side == 0 {
            values.extend(nulls);
        } else {
            values = nulls.into_iter().chain(values).collect();
        }
        out.push(((time, order, event.side, index), Row { time, now, values }));
    }
    out
}

/// The ROWTIME at which a row that met none gives up, what makes it do so, and the entry at which that is sure.
fn given_up(join: &JoinNode, events: &[Event], index: usize, bounds: &[Bound]) -> Option<(i64, usize, i64)> {
    let event = &events[index];
    let end = reach_ms(join, event.side).map(|ms| event.row.time.saturating_add(ms));
    let pushed_out_by = match reach_rows(join, event.side) {
        None => None,
        Some(before) => {
            let mut newer = (index + 1..events.len()).filter(|other| events[*other].side == event.side);
            Some(newer.nth(before)?)
        }
    };
    match (end, pushed_out_by) {
        (None, None) => Some((event.row.time, index, event.row.now)),
        (None, Some(by)) => Some((events[by].row.time, by, events[by].row.now)),
        (Some(end), Some(by)) if events[by].row.time > end => Some((events[by].row.time, by, events[by].row.now)),
        // A row exactly at the end would still meet it.
        (Some(end), _) => {
            let sure = bounds.iter().find(|bound| bound.bound > end)?;
            Some((end, usize::MAX, sure.now))
        }
    }
}

/// A join of reference tables.
pub(crate) fn join_tables(tables: &Tables, join: &JoinNode) -> Result<Vec<Row>, ErrorName> {
    let (left, right) = (tables.query(&join.left.input)?, tables.query(&join.right.input)?);
    let mut out = Vec::new();
    let mut right_matched = vec![false; right.len()];
    let joined = |one: Vec<Value>, two: Vec<Value>| {
        let mut values = one;
        values.push(Value::Null);
        values.extend(two);
        values.push(Value::Null);
        Row { time: 0, now: tables.now, values }
    };
    for one in &left {
        let mut matched = false;
        for (index, two) in right.iter().enumerate() {
            let mut meets = true;
            for (key_one, key_two) in &join.equal {
                let (key_one, key_two) =
                    (scalar::evaluate(key_one, one, tables)?, scalar::evaluate(key_two, two, tables)?);
                meets &= !key_one.is_null() && !key_two.is_null() && key_one.same(&key_two);
            }
            let row = joined(one.values.clone(), two.values.clone());
            if let (true, Some(condition)) = (meets, &join.condition) {
                meets = scalar::holds(condition, &row, tables)?;
            }
            if meets {
                (matched, right_matched[index]) = (true, true);
                out.push(row);
            }
        }
        if !matched && join.left_outer {
            out.push(joined(one.values.clone(), vec![Value::Null; join.right.input.schema.columns.len()]));
        }
    }
    for (two, matched) in right.iter().zip(right_matched) {
        if !matched && join.right_outer {
            out.push(joined(vec![Value::Null; join.left.input.schema.columns.len()], two.values.clone()));
        }
    }
    Ok(out)
}
