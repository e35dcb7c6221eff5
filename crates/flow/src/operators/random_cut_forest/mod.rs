//! `RANDOM_CUT_FOREST` and `RANDOM_CUT_FOREST_WITH_EXPLANATION`: each row with a score of how unusual it is among the rows before it.
//!
//! <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sqlrf-random-cut-forest.html>. The forest is our own: it has to be saved with a checkpoint, to
//! go on exactly as it would have, and never to panic, whatever numbers come. A row without a point (a NULL, an infinity) gets no score and teaches nothing.

mod explanation;
mod forest;
mod point_store;
mod random;
mod sampler;
mod saved_tree;
mod score;
mod tree;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, StringViewBuilder};
use arrow_array::{Array, ArrayRef};

use crate::plan::{Schema, TableFunction};
use crate::rows::Rows;
use crate::state::{Damaged, Loader, Saver};

use super::points::Points;
use super::{Context, Operator};
use forest::Forest;
use score::Attribution;

/// The operator.
pub(super) struct RandomCutForest {
    columns: Vec<usize>,
    names: Vec<String>,
    sub_sample_size: u32,
    shingle_size: usize,
    explanation: bool,
    directionality: bool,
    forest: Forest,
    /// The coordinates of the last rows, oldest first.
    shingle: VecDeque<f64>,
    /// Rows with points so far.
    seen: u64,
    /// What the forest held when it was last measured.
    memory: usize,
}

/// What a row gets.
enum Scored {
    Not,
    Learning,
    Score(f64, Option<Attribution>),
}

impl RandomCutForest {
    /// The operator for rows with some columns.
    pub(super) fn new(function: &TableFunction, input: &Schema) -> Self {
        let TableFunction::RandomCutForest {
            columns,
            number_of_trees,
            sub_sample_size,
            time_decay,
            shingle_size,
            explanation,
            directionality,
        } = function
        else {
            unreachable!("the caller looked at the function");
        };
        let shingle_size = *shingle_size as usize;
        Self {
            names: columns.iter().map(|column| explanation::quoted(&input.columns[*column].name)).collect(),
            sub_sample_size: *sub_sample_size,
            shingle_size,
            explanation: *explanation,
            directionality: *directionality,
            forest: Forest::new(columns.len() * shingle_size, *number_of_trees, *sub_sample_size, *time_decay),
            shingle: VecDeque::new(),
            seen: 0,
            memory: 0,
            columns: columns.clone(),
        }
    }

    /// Scores a row against those before it, then learns from it.
    fn take(&mut self, point: &[f64]) -> Scored {
        self.shingle.extend(point);
        if self.shingle.len() > point.len() * self.shingle_size {
            self.shingle.drain(..point.len());
        }
        let is_learning = self.seen < u64::from(self.sub_sample_size);
        self.seen += 1;
        if self.shingle.len() < point.len() * self.shingle_size {
            return Scored::Learning;
        }
        let shingle = self.shingle.make_contiguous();
        let scored = if is_learning {
            Scored::Learning
        } else {
            Scored::Score(self.forest.score(shingle), self.explanation.then(|| self.forest.attribution(shingle)))
        };
        self.forest.learn(shingle);
        scored
    }
}

impl Operator for RandomCutForest {
    fn rows(&mut self, _input: usize, rows: Rows, context: &mut Context) {
        let points = Points::of(&rows, &self.columns);
        let none = Attribution::none(self.columns.len());
        let mut point = Vec::new();
        let mut scores = Float64Builder::with_capacity(rows.len());
        let mut explanations = StringViewBuilder::new();
        for row in 0..rows.len() {
            let scored = if points.read(row, &mut point) { self.take(&point) } else { Scored::Not };
            let (score, attribution) = match &scored {
                Scored::Not => (None, None),
                Scored::Learning => (Some(0.0), Some(&none)),
                Scored::Score(score, attribution) => (Some(*score), attribution.as_ref()),
            };
            scores.append_option(score);
            if self.explanation {
                let attribution = attribution.filter(|_| score.is_some());
                let text = attribution.map(|one| explanation::explanation(&self.names, one, self.directionality));
                explanations.append_option(text);
            }
        }
        self.memory = self.forest.memory();
        let mut columns = rows.columns().to_vec();
        columns.push(Arc::new(scores.finish()) as ArrayRef);
        if self.explanation {
            columns.push(Arc::new(explanations.finish()));
        }
        debug_assert!(columns.iter().all(|column| column.len() == rows.len()), "every row gets its values");
        context.emit(rows.with_columns(columns));
    }

    fn bound(&mut self, _input: usize, bound: i64, context: &mut Context) {
        context.bound(bound);
    }

    fn memory(&self) -> usize {
        self.memory + self.shingle.capacity() * 8
    }

    fn save(&self, saver: &mut Saver) {
        saver.integer(self.seen.cast_signed());
        saver.count(self.shingle.len());
        self.shingle.iter().for_each(|value| saver.double(*value));
        self.forest.save(saver);
    }

    fn load(&mut self, loader: &mut Loader<'_>) -> Result<(), Damaged> {
        self.seen = loader.integer()?.cast_unsigned();
        let length = loader.count()?;
        if length > self.columns.len() * self.shingle_size || !length.is_multiple_of(self.columns.len()) {
            return Err(Damaged);
        }
        self.shingle = (0..length).map(|_| loader.double()).collect::<Result<_, _>>()?;
        self.forest.load(loader, self.sub_sample_size)?;
        self.memory = self.forest.memory();
        Ok(())
    }
}
