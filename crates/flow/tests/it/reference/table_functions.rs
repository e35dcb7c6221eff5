//! Functions of rows. The two that count items do it exactly; those that learn are not here.

use flow::plan::{Node, TableFunction};

use super::value::Value;
use super::{Flow, Interpreter, Row};

impl Interpreter<'_> {
    pub(crate) fn function(&mut self, function: &TableFunction, input: &Node) -> Flow {
        let flow = self.flow(input);
        match function {
            TableFunction::TopKItems { column, k, seconds } => windows(&flow, *column, *seconds, |mut items| {
                items.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
                items.truncate(*k as usize);
                items.into_iter().map(|(value, count)| vec![value, Value::Integer(count)]).collect()
            }),
            TableFunction::CountDistinctItems { column, seconds } => windows(&flow, *column, *seconds, |items| {
                vec![vec![Value::Integer(i64::try_from(items.len()).expect("few items"))]]
            }),
            TableFunction::GroupRank { column, descending, output_descending, output_max, idle_max_ms } => {
                let ranked = |rows: &[Row]| rank(rows, *column, *descending, *output_descending, *output_max);
                grouped(&flow, *idle_max_ms, ranked)
            }
            learning => panic!("{learning:?} has no naive form"),
        }
    }
}

/// The different values of a column in each window of so many seconds, in the order in which they came, with their counts.
fn windows(flow: &Flow, column: usize, seconds: u32, rows_of: impl Fn(Vec<(Value, i64)>) -> Vec<Vec<Value>>) -> Flow {
    let length = i64::from(seconds) * 1_000;
    let mut all: Vec<(i64, Vec<(Value, i64)>)> = Vec::new();
    for row in &flow.rows {
        let end = row.time.div_euclid(length) * length + length;
        if all.last().is_none_or(|(other, _)| *other != end) {
            all.push((end, Vec::new()));
        }
        let (_, items) = all.last_mut().expect("just pushed");
        let value = &row.values[column];
        if value.is_null() {
            continue;
        }
        match items.iter_mut().find(|(other, _)| other.same(value)) {
            Some((_, count)) => *count += 1,
            None => items.push((value.clone(), 1)),
        }
    }
    let mut rows = Vec::new();
    for (time, items) in all {
        if let Some(now) = flow.reached(time) {
            rows.extend(rows_of(items).into_iter().map(|values| Row { time, now, values }));
        }
    }
    Flow { rows, bounds: flow.bounds.clone() }
}

/// Rows with equal ROWTIME, ranked when that changes, or when nothing came for so long.
fn grouped(flow: &Flow, idle_max_ms: Option<u64>, ranked: impl Fn(&[Row]) -> Vec<Row>) -> Flow {
    let mut rows = Vec::new();
    let mut rest = &flow.rows[..];
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|row| row.time == first.time).count();
        let (group, behind) = rest.split_at(count);
        rest = behind;
        // A bound behind the rows' time is a change of it, too; idle time ends a group no sooner than that.
        let _ = idle_max_ms;
        if let Some(now) = flow.reached(first.time + 1) {
            rows.extend(ranked(group).into_iter().map(|row| Row { now, ..row }));
        }
    }
    Flow { rows, bounds: flow.bounds.clone() }
}

fn rank(
    group: &[Row],
    column: usize,
    descending: bool,
    output_descending: Option<bool>,
    output_max: Option<u64>,
) -> Vec<Row> {
    let better = |one: &Value, two: &Value| match (one.is_null(), two.is_null()) {
        (_, true) => !one.is_null(),
        (true, false) => false,
        (false, false) => {
            one.order(two) == if descending { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Less }
        }
    };
    // A row's rank is one more than the number of rows that are better.
    let mut ranked: Vec<(i64, Row)> = Vec::new();
    for row in group {
        let ahead = group.iter().filter(|other| better(&other.values[column], &row.values[column])).count();
        let rank = i64::try_from(ahead).expect("few rows") + 1;
        let mut values = row.values.clone();
        values.push(Value::Integer(rank));
        ranked.push((rank, Row { values, ..row.clone() }));
    }
    match output_descending {
        None => {}
        Some(false) => ranked.sort_by_key(|(rank, _)| *rank),
        Some(true) => ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank)),
    }
    let most = output_max.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    ranked.into_iter().take(most).map(|(_, row)| row).collect()
}
