//! `OVER`: for each row, all rows before it are scanned.

use flow::plan::{Aggregate, AggregateFunction, Extent, Slide};

use super::aggregates::{Seen, aggregate};
use super::value::{Value, all_same};
use super::{Flow, Interpreter, Row};

/// What one call sees of one row.
struct Looked {
    partition: Vec<Value>,
    seen: Seen,
}

impl Interpreter<'_> {
    /// Each row with the values of the calls behind its own.
    pub(crate) fn slide(&mut self, slide: &Slide) -> Flow {
        let flow = self.flow(&slide.input);
        // A row that fails in one call is not seen by any.
        let mut kept: Vec<(Row, Vec<Looked>)> = Vec::new();
        for row in flow.rows {
            let looked: Option<Vec<Looked>> = slide
                .calls
                .iter()
                .map(|(window, call)| self.looked(&slide.windows[*window].partition_by, call, &row))
                .collect();
            if let Some(looked) = looked {
                kept.push((row, looked));
            }
        }
        let mut rows = Vec::new();
        for (current, (row, looked)) in kept.iter().enumerate() {
            let mut values = row.values.clone();
            let mut failed = None;
            for (index, (window, call)) in slide.calls.iter().enumerate() {
                let same = |(other, _): &&(Row, Vec<Looked>)| other.time <= row.time;
                let earlier: Vec<Seen> = kept[..=current]
                    .iter()
                    .filter(same)
                    .filter(|(_, other)| all_same(&other[index].partition, &looked[index].partition))
                    .map(|(_, other)| other[index].seen.clone())
                    .collect();
                let within = within(&earlier, slide.windows[*window].extent, row.time);
                match aggregate(call, within) {
                    Ok(value) => values.push(value),
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
            match failed {
                Some(error) => self.fail(row, error),
                None => rows.push(Row { values, ..row.clone() }),
            }
        }
        Flow { rows, bounds: flow.bounds }
    }

    fn looked(&mut self, partition_by: &[flow::plan::Expr], call: &Aggregate, row: &Row) -> Option<Looked> {
        let partition = self.values(partition_by, row)?;
        let value = match &call.argument {
            Some(argument) => self.value(argument, row)?,
            None => Value::Null,
        };
        let default = match &call.function {
            AggregateFunction::Lag { default: Some(default), .. } => self.value(default, row)?,
            _ => Value::Null,
        };
        Some(Looked { partition, seen: Seen { time: row.time, value, default } })
    }
}

/// The part of the rows so far that a window holds.
fn within(rows: &[Seen], extent: Extent, now: i64) -> &[Seen] {
    let first = match extent {
        Extent::Unbounded => 0,
        Extent::Rows(before) => {
            rows.len().saturating_sub(usize::try_from(before).unwrap_or(usize::MAX).saturating_add(1))
        }
        // A row exactly as old as the range still counts.
        Extent::RangeMs(ms) => {
            let oldest = now.saturating_sub(ms);
            rows.iter().position(|row| row.time >= oldest).expect("the current row is in its window")
        }
    };
    &rows[first..]
}
