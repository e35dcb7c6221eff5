//! Trees over samples of the same points, whose scores are averaged.
//!
//! Scores are repeatable, also by others: this is what is drawn when. All trees share one row of SplitMix64 numbers, made from [`SEED`] once for
//! a forest; a draw is one of them, as a number from 0 up to 1. Scoring draws nothing. Learning a point draws, tree by tree in their order:
//!
//! 1. One number `u` for the sample, always. The point's age is `ln(−ln(1 − u)) − n / timeDecay`, where `n` points were learned before it. A
//!    full sample gives away its oldest point, the one whose age is the largest, unless the new one is as old or older: then that is all.
//!    The point that goes leaves the tree, and draws nothing.
//! 2. On the new point's way down from the root, one number at each node and leaf, except at a leaf of equal points, where it stays, and in
//!    an empty tree. The number, times the sum of the sides, is a place on the sides, laid end to end in the order of the columns, of the
//!    box around the node's points and the new one. If the cut there has the new point alone on one side, it is a leaf there;
//!    otherwise it goes on to the child on whose side of the node's own cut it is. A point at a cut is on the lower side.
//!
//! The demo's plain forest (`crates/app/src/demo/forest.rs`) does the same, and shares nothing else with this one.

use crate::state::{Damaged, Loader, Saver};

use super::point_store::PointStore;
use super::random::Random;
use super::sampler::{Sampler, Verdict};
use super::saved_tree;
use super::score::{self, Attribution};
use super::tree::Tree;

/// Every forest starts from the same random numbers: the same rows get the same scores.
const SEED: u64 = 0x6d69_6c6c_7374_7265;

/// A forest.
#[derive(Debug)]
pub(super) struct Forest {
    store: PointStore,
    trees: Vec<(Sampler, Tree)>,
    random: Random,
    decay: f64,
    /// How many points it was shown.
    learned: u64,
}

impl Forest {
    /// A forest over points of so many dimensions that remembers about `decay` points.
    pub(super) fn new(dimensions: usize, number_of_trees: u32, sample_size: u32, decay: u32) -> Self {
        let tree = |_| (Sampler::new(sample_size as usize), Tree::default());
        Self {
            store: PointStore::new(dimensions),
            trees: (0..number_of_trees).map(tree).collect(),
            random: Random::new(SEED),
            decay: f64::from(decay),
            learned: 0,
        }
    }

    /// How unusual a point is: around 1 or less for usual ones.
    pub(super) fn score(&self, point: &[f64]) -> f64 {
        let scores = self.trees.iter().map(|(sampler, tree)| score::score(tree, &self.store, point, sampler.len()));
        scores.sum::<f64>() / self.tree_count()
    }

    /// The score as a sum over coordinates.
    pub(super) fn attribution(&self, point: &[f64]) -> Attribution {
        let mut all = Attribution::none(point.len());
        for (sampler, tree) in &self.trees {
            all.add(&score::attribution(tree, &self.store, point, sampler.len()));
        }
        all.high.iter_mut().chain(&mut all.low).for_each(|value| *value /= self.tree_count());
        all
    }

    #[expect(clippy::cast_precision_loss, reason = "at most 1,000 trees")]
    fn tree_count(&self) -> f64 {
        self.trees.len() as f64
    }

    /// Takes a point into account.
    pub(super) fn learn(&mut self, point: &[f64]) {
        #[expect(clippy::cast_precision_loss, reason = "2^53 points are never reached")]
        let time = self.learned as f64 / self.decay;
        self.learned += 1;
        let slot = self.store.add(point);
        for (sampler, tree) in &mut self.trees {
            match sampler.offer(slot, time, &mut self.random) {
                Verdict::Refused => continue,
                Verdict::Taken => {}
                Verdict::TakenFor(old) => {
                    if let Some(leaf_point) = tree.remove(&self.store, old) {
                        self.store.release(leaf_point);
                    }
                    self.store.release(old);
                }
            }
            self.store.retain(slot);
            if tree.insert(&self.store, slot, &mut self.random) {
                self.store.retain(slot);
            }
        }
        self.store.release(slot);
    }

    /// The memory it holds, in bytes; counts all trees.
    pub(super) fn memory(&self) -> usize {
        let tree = |(sampler, tree): &(Sampler, Tree)| sampler.len() * 16 + tree.memory() + size_of::<Tree>();
        self.store.memory() + self.trees.iter().map(tree).sum::<usize>()
    }

    pub(super) fn save(&self, saver: &mut Saver) {
        saver.integer(self.random.state().cast_signed());
        saver.integer(self.learned.cast_signed());
        self.store.save(saver);
        for (sampler, tree) in &self.trees {
            sampler.save(saver);
            saved_tree::save(tree, saver);
        }
    }

    /// Takes the state of a forest that was made with the same settings.
    pub(super) fn load(&mut self, loader: &mut Loader<'_>, sample_size: u32) -> Result<(), Damaged> {
        let random = Random::new(loader.integer()?.cast_unsigned());
        let learned = loader.integer()?.cast_unsigned();
        let mut store = PointStore::load(loader, self.store.dimensions())?;
        let mut trees = Vec::with_capacity(self.trees.len());
        for _ in 0..self.trees.len() {
            let sampler = Sampler::load(loader, sample_size as usize, store.slots())?;
            let tree = saved_tree::load(loader, &store)?;
            if !tree.holds(&store, sampler.points()) {
                return Err(Damaged);
            }
            sampler.points().for_each(|point| store.retain(point));
            tree.leaves.iter().for_each(|leaf| store.retain(leaf.point));
            trees.push((sampler, tree));
        }
        store.loaded();
        (self.random, self.learned, self.store, self.trees) = (random, learned, store, trees);
        Ok(())
    }
}
