//! `HOTSPOTS`: each row with the dense regions among the last rows.
//!
//! <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sqlrf-hotspots.html>. Where AWS says nothing: the size of a region is the volume of the box around
//! its points; sides along which all points are equal have no part in it. A row without a point (a NULL, an infinity) sees the regions and is in none.

mod neighbours;

#[cfg(test)]
mod tests;

use std::fmt::Write;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::StringViewBuilder;

use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};

use super::points::Points;
use super::{Context, Operator};
use neighbours::{Hotspot, Neighbours};

/// The characters that the result's column takes; regions that would not fit are left out.
const RESULT_CHARACTERS_MAX: usize = 20_480;

/// The operator.
pub(super) struct Hotspots {
    columns: Vec<usize>,
    window_size: usize,
    minimum_points: u32,
    neighbours: Neighbours,
}

impl Hotspots {
    /// Looks at some numeric columns.
    pub(super) fn new(columns: Vec<usize>, window_size: u32, scan_radius: f64, minimum_points: u32) -> Self {
        let window_size = window_size as usize;
        let neighbours = Neighbours::new(columns.len(), window_size, scan_radius);
        Self { columns, window_size, minimum_points, neighbours }
    }
}

impl Operator for Hotspots {
    fn rows(&mut self, _input: usize, rows: Rows, context: &mut Context) {
        let points = Points::of(&rows, &self.columns);
        let mut point = Vec::new();
        let mut results = StringViewBuilder::new();
        for row in 0..rows.len() {
            if points.read(row, &mut point) {
                self.neighbours.push(&point);
            }
            results.append_value(result(&self.neighbours.hotspots(self.minimum_points)));
        }
        let mut columns = rows.columns().to_vec();
        columns.push(Arc::new(results.finish()) as ArrayRef);
        context.emit(rows.with_columns(columns));
    }

    fn bound(&mut self, _input: usize, bound: i64, context: &mut Context) {
        context.bound(bound);
    }

    fn memory(&self) -> usize {
        self.neighbours.memory()
    }

    fn save(&self, saver: &mut Saver) {
        let points = self.neighbours.points();
        saver.count(points.len());
        points.flatten().for_each(|value| saver.double(*value));
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        let length = loader.count()?;
        if length > self.window_size {
            return Err(Damaged);
        }
        for _ in 0..length {
            let point = self.columns.iter().map(|_| loader.double()).collect::<Result<Vec<_>, _>>()?;
            self.neighbours.push(&point);
        }
        Ok(())
    }
}

/// Regions as the JSON that programs expect.
fn result(hotspots: &[Hotspot]) -> String {
    let mut text = String::from("{\"hotspots\":[");
    for hotspot in hotspots {
        let separator = if text.ends_with('[') { "" } else { "," };
        let mut one = format!("{separator}{{\"density\":{},\"minValues\":", density(hotspot));
        list(&mut one, &hotspot.low);
        one.push_str(",\"maxValues\":");
        list(&mut one, &hotspot.high);
        one.push('}');
        if text.len() + one.len() + "]}".len() > RESULT_CHARACTERS_MAX {
            break;
        }
        text.push_str(&one);
    }
    text.push_str("]}");
    text
}

fn list(text: &mut String, values: &[f64]) {
    for (index, value) in values.iter().enumerate() {
        write!(text, "{}{value:?}", if index == 0 { '[' } else { ',' }).expect("a text takes everything");
    }
    text.push(']');
}

/// Points divided by the region's size.
fn density(hotspot: &Hotspot) -> String {
    let sides = hotspot.high.iter().zip(&hotspot.low).map(|(high, low)| high - low);
    let size: f64 = sides.filter(|side| *side > 0.0).product();
    #[expect(clippy::cast_precision_loss, reason = "at most 1,000 points")]
    let density = hotspot.points as f64 / size;
    // JSON has no infinity; the product of many small sides may be zero, that of many long ones infinite.
    format!("{:?}", density.min(f64::MAX))
}
