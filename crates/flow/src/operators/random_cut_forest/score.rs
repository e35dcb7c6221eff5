//! How unusual a point is to a tree: the depth at which random cuts would part it from the tree's points.
//!
//! The formulas are those of AWS's published forest (<https://github.com/aws/random-cut-forest-by-aws>), so that scores have the size that thresholds
//! in programs expect: about 1 for usual points, more for others.

use super::point_store::PointStore;
use super::tree::{Place, Tree};

/// How much each coordinate of a point has to do with its score, by the side of the others on which it lies.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Attribution {
    pub(super) high: Vec<f64>,
    pub(super) low: Vec<f64>,
}

impl Attribution {
    pub(super) fn none(dimensions: usize) -> Self {
        Self { high: vec![0.0; dimensions], low: vec![0.0; dimensions] }
    }

    fn scale(&mut self, factor: f64) {
        self.high.iter_mut().chain(&mut self.low).for_each(|value| *value *= factor);
    }

    /// Adds a weight, divided by how far the point lies outside of the box on each side.
    fn add_outside(&mut self, point: &[f64], low: &[f64], high: &[f64], outside: f64, weight: f64) {
        for (dimension, value) in point.iter().enumerate() {
            self.high[dimension] += weight * (value - high[dimension]).max(0.0) / outside;
            self.low[dimension] += weight * (low[dimension] - value).max(0.0) / outside;
        }
    }

    /// Adds another one.
    pub(super) fn add(&mut self, other: &Self) {
        self.high.iter_mut().zip(&other.high).for_each(|(mine, theirs)| *mine += theirs);
        self.low.iter_mut().zip(&other.low).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// Makes its sum the score.
    pub(super) fn normalise(&mut self, score: f64) {
        let total: f64 = self.high.iter().chain(&self.low).sum();
        if total > 0.0 {
            self.scale(score / total);
        } else {
            #[expect(clippy::cast_precision_loss, reason = "at most 900 dimensions")]
            let even = score / (2 * self.high.len()) as f64;
            self.high.iter_mut().chain(&mut self.low).for_each(|value| *value = even);
        }
    }
}

/// The value of being parted from all others at a depth.
#[expect(clippy::cast_precision_loss, reason = "a depth is below 1,000")]
const fn unseen(depth: usize) -> f64 {
    1.0 / (depth as f64 + 1.0)
}

/// The same of the depths where most nodes are.
const UNSEEN: [f64; 64] = {
    let mut all = [0.0; 64];
    let mut depth = 0;
    while depth < all.len() {
        all[depth] = unseen(depth);
        depth += 1;
    }
    all
};

/// The value of a point of which a leaf holds some already: less, the more there are.
#[expect(clippy::cast_precision_loss, reason = "a depth is below 1,000")]
fn seen(depth: usize, leaf_mass: u32, tree_mass: usize) -> f64 {
    let damp = 1.0 - f64::from(leaf_mass) / (2.0 * tree_mass as f64);
    damp / (depth as f64 + (1.0 + f64::from(leaf_mass)).log2())
}

#[expect(clippy::cast_precision_loss, reason = "a tree holds at most 1,000 points")]
fn normalised(score: f64, tree_mass: usize) -> f64 {
    score * (1.0 + tree_mass as f64).log2()
}

/// How far a point lies outside of a box, and the sum of the box's sides.
fn distances(point: &[f64], low: &[f64], high: &[f64]) -> (f64, f64) {
    let (mut outside, mut sides) = (0.0, 0.0);
    for ((value, low), high) in point.iter().zip(low).zip(high) {
        outside += (value - high).max(0.0) + (low - value).max(0.0);
        sides += high - low;
    }
    (outside, sides)
}

/// The score of a point in a tree that holds `mass` points.
pub(super) fn score(tree: &Tree, store: &PointStore, point: &[f64], mass: usize) -> f64 {
    // Loops of a known length are unrolled, and most forests are over few columns.
    match point.len() {
        1 => score_in::<1>(tree, store, point, mass),
        2 => score_in::<2>(tree, store, point, mass),
        3 => score_in::<3>(tree, store, point, mass),
        4 => score_in::<4>(tree, store, point, mass),
        dimensions => descended(tree, store, point, mass, |bounds| {
            let (low, high) = bounds.split_at(dimensions);
            distances(point, low, high)
        }),
    }
}

fn score_in<const DIMENSIONS: usize>(tree: &Tree, store: &PointStore, point: &[f64], mass: usize) -> f64 {
    let point: &[f64; DIMENSIONS] = point.try_into().expect("its length is known");
    descended(tree, store, point, mass, |bounds| {
        let (mut outside, mut sides) = (0.0, 0.0);
        for dimension in 0..DIMENSIONS {
            let (value, low, high) = (point[dimension], bounds[dimension], bounds[DIMENSIONS + dimension]);
            outside += (value - high).max(0.0) + (low - value).max(0.0);
            sides += high - low;
        }
        (outside, sides)
    })
}

/// Goes down a tree to where a point would be; `distances` is of a node's box.
#[inline]
fn descended(
    tree: &Tree,
    store: &PointStore,
    point: &[f64],
    mass: usize,
    distances: impl Fn(&[f64]) -> (f64, f64),
) -> f64 {
    let Some(mut here) = tree.root else { return 0.0 };
    // The chance that no cut so far has parted it, and the sum of what was met before.
    let (mut together, mut total, mut depth) = (1.0, 0.0, 0);
    while let Place::Node(node) = here {
        let (outside, sides) = distances(tree.node_box(node, point.len()));
        // The sides of a node's box are never all 0. Inside of it this changes nothing: cheaper than to guess whether it is so.
        let parted = outside / (outside + sides);
        total += together * parted * UNSEEN.get(depth).copied().unwrap_or_else(|| unseen(depth));
        together *= 1.0 - parted;
        here = tree.nodes[node as usize].toward(point).0;
        depth += 1;
    }
    total += together * leaf_value(tree, store, here, point, depth, mass).0;
    normalised(total, mass)
}

/// What the leaf says, and whether it holds equal points.
fn leaf_value(tree: &Tree, store: &PointStore, here: Place, point: &[f64], depth: usize, mass: usize) -> (f64, bool) {
    let Place::Leaf(leaf) = here else { return (0.0, false) };
    let leaf = tree.leaves[leaf as usize];
    if store.get(leaf.point) == point { (seen(depth, leaf.mass, mass), true) } else { (unseen(depth), false) }
}

/// The score of a point as a sum over its coordinates.
///
/// A point that the tree holds already lies inside of every box; it is measured against the boxes as they were without it.
pub(super) fn attribution(tree: &Tree, store: &PointStore, point: &[f64], mass: usize) -> Attribution {
    let mut all = Attribution::none(point.len());
    let Some(mut here) = tree.root else { return all };
    let mut path = Vec::new();
    while let Place::Node(node) = here {
        let (next, sibling) = tree.nodes[node as usize].toward(point);
        path.push((here, sibling));
        here = next;
    }
    let (mut score, is_held) = leaf_value(tree, store, here, point, path.len(), mass);
    let (low, high) = tree.bounds(store, here);
    let (outside, _) = distances(point, low, high);
    if !is_held && outside > 0.0 {
        all.add_outside(point, low, high, outside, score);
    }
    let mut others: Option<(Vec<f64>, Vec<f64>)> = None;
    for (depth, (node, sibling)) in path.into_iter().enumerate().rev() {
        let (mut low, mut high) = tree.bounds(store, node);
        if is_held {
            let (sibling_low, sibling_high) = tree.bounds(store, sibling);
            let others = others.get_or_insert_with(|| (sibling_low.to_vec(), sibling_high.to_vec()));
            others.0.iter_mut().zip(sibling_low).for_each(|(mine, theirs)| *mine = mine.min(*theirs));
            others.1.iter_mut().zip(sibling_high).for_each(|(mine, theirs)| *mine = mine.max(*theirs));
            (low, high) = (&others.0, &others.1);
        }
        let (outside, sides) = distances(point, low, high);
        if outside <= 0.0 {
            // Boxes only grow towards the root.
            break;
        }
        let parted = outside / (outside + sides);
        all.scale(1.0 - parted);
        all.add_outside(point, low, high, outside, parted * unseen(depth));
        if !is_held {
            score = (1.0 - parted) * score + parted * unseen(depth);
        }
    }
    all.normalise(normalised(score, mass));
    all
}
