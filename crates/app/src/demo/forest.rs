//! The scores that flights must get: a random cut forest in the plainest form, beside the engine's.
//!
//! After Guha, Mishra, Roy and Schrijvers, "Robust Random Cut Forest Based Anomaly Detection On Streams" (2016), samples after Efraimidis
//! and Spirakis (2006), scores after AWS's published forest. It shares no code with `flow`: what the two have in common is the
//! seed, the published generator and the agreement of what is drawn when, which stands in flow's
//! `operators/random_cut_forest/forest.rs`.

/// Where the random numbers begin.
const SEED: u64 = 0x6d69_6c6c_7374_7265;

/// The parameters of `RANDOM_CUT_FOREST`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) trees: usize,
    /// So many points are in a tree.
    pub(super) sample: usize,
    /// Within so many points a sampled one loses much of its chance to stay.
    pub(super) decay: f64,
    /// So many rows are a point.
    pub(super) shingle: usize,
}

impl Settings {
    /// What holds for code that names none.
    pub(super) const DEFAULT: Self = Self { trees: 100, sample: 256, decay: 100_000.0, shingle: 1 };
}

/// The random numbers: SplitMix64, of Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    /// From 0 up to, and not including, 1: the upper 53 bits.
    fn draw(&mut self) -> f64 {
        (self.number() >> 11) as f64 * 2_f64.powi(-53)
    }
}

/// The smallest box around some points: from where to where they are in each dimension.
#[derive(Debug, Clone, PartialEq)]
struct Bounds(Vec<(f64, f64)>);

impl Bounds {
    fn of(point: &[f64]) -> Self {
        Self(point.iter().map(|value| (*value, *value)).collect())
    }

    /// The box around this one and another.
    fn with(mut self, other: &Self) -> Self {
        for ((low, high), (other_low, other_high)) in self.0.iter_mut().zip(&other.0) {
            (*low, *high) = (low.min(*other_low), high.max(*other_high));
        }
        self
    }

    fn sides(&self) -> f64 {
        self.0.iter().map(|(low, high)| high - low).sum()
    }

    /// By how much the sides together would grow for a point.
    fn outside(&self, point: &[f64]) -> f64 {
        let beyond = |((low, high), value): (&(f64, f64), &f64)| (value - high).max(0.0) + (low - value).max(0.0);
        self.0.iter().zip(point).map(beyond).sum()
    }

    /// The sides laid end to end, and a place on them: a dimension, and where it is cut.
    fn cut(&self, draw: f64) -> (usize, f64) {
        let mut rest = draw * self.sides();
        let mut long = (0..).zip(&self.0).filter(|(_, (low, high))| low < high).peekable();
        while let Some((dimension, (low, high))) = long.next() {
            if rest < high - low || long.peek().is_none() {
                // At the upper side nothing would be above the cut.
                let at = if low + rest < *high { low + rest } else { *low };
                return (dimension, at);
            }
            rest -= high - low;
        }
        unreachable!("a box around different points has a side")
    }
}

/// Points, parted by cuts until only equal ones are together.
#[derive(Debug, PartialEq)]
enum Node {
    Leaf {
        point: Vec<f64>,
        mass: usize,
    },
    /// On the left are points of at most `at` in a dimension.
    Cut {
        dimension: usize,
        at: f64,
        bounds: Bounds,
        left: Box<Node>,
        right: Box<Node>,
    },
}

impl Node {
    fn leaf(point: &[f64]) -> Self {
        Self::Leaf { point: point.to_vec(), mass: 1 }
    }

    fn cut((dimension, at): (usize, f64), left: Self, right: Self) -> Self {
        let bounds = left.bounds().with(&right.bounds());
        Self::Cut { dimension, at, bounds, left: Box::new(left), right: Box::new(right) }
    }

    fn bounds(&self) -> Bounds {
        match self {
            Self::Leaf { point, .. } => Bounds::of(point),
            Self::Cut { bounds, .. } => bounds.clone(),
        }
    }

    /// The node with a point more: above everything here if a random cut parts them, otherwise further down.
    fn with(self, point: &[f64], dice: &mut Dice) -> Self {
        if let Self::Leaf { point: held, mass } = &self
            && held == point
        {
            return Self::Leaf { point: held.clone(), mass: mass + 1 };
        }
        let bounds = self.bounds();
        let (dimension, at) = bounds.clone().with(&Bounds::of(point)).cut(dice.draw());
        if point[dimension] <= at && at < bounds.0[dimension].0 {
            return Self::cut((dimension, at), Self::leaf(point), self);
        }
        if bounds.0[dimension].1 <= at && at < point[dimension] {
            return Self::cut((dimension, at), self, Self::leaf(point));
        }
        let Self::Cut { dimension, at, left, right, .. } = self else {
            unreachable!("a cut through the box of two different points parts them");
        };
        if point[dimension] <= at {
            Self::cut((dimension, at), left.with(point, dice), *right)
        } else {
            Self::cut((dimension, at), *left, right.with(point, dice))
        }
    }

    /// What is left without one of the points that equal this one.
    fn without(self, point: &[f64]) -> Option<Self> {
        match self {
            Self::Leaf { mass: 1, .. } => None,
            Self::Leaf { point, mass } => Some(Self::Leaf { point, mass: mass - 1 }),
            Self::Cut { dimension, at, left, right, .. } => {
                let (left, right) = if point[dimension] <= at {
                    (left.without(point), Some(*right))
                } else {
                    (Some(*left), right.without(point))
                };
                match (left, right) {
                    (Some(left), Some(right)) => Some(Self::cut((dimension, at), left, right)),
                    (left, right) => left.or(right),
                }
            }
        }
    }

    /// How soon random cuts part a point from those here, of which the tree has so many.
    fn score(&self, point: &[f64], depth: f64, tree_mass: f64) -> f64 {
        match self {
            Self::Leaf { point: held, mass } if held == point => {
                let mass = *mass as f64;
                (1.0 - mass / (2.0 * tree_mass)) / (depth + (1.0 + mass).log2())
            }
            Self::Leaf { .. } => 1.0 / (depth + 1.0),
            Self::Cut { dimension, at, bounds, left, right } => {
                let outside = bounds.outside(point);
                let parted = outside / (outside + bounds.sides());
                let next = if point[*dimension] <= *at { left } else { right };
                parted / (depth + 1.0) + (1.0 - parted) * next.score(point, depth + 1.0, tree_mass)
            }
        }
    }
}

/// A tree and the points that are in it by their age: the last is the next to go.
#[derive(Debug, Default)]
struct Tree {
    sample: Vec<(f64, Vec<f64>)>,
    root: Option<Node>,
}

impl Tree {
    fn score(&self, point: &[f64]) -> f64 {
        let mass = self.sample.len() as f64;
        self.root.as_ref().map_or(0.0, |root| root.score(point, 0.0, mass) * (1.0 + mass).log2())
    }

    /// Takes a point in, if chance will have it.
    fn offer(&mut self, point: &[f64], time: f64, size: usize, dice: &mut Dice) {
        let chance = 1.0 - dice.draw();
        let age = (-chance.ln()).max(f64::MIN_POSITIVE).ln() - time;
        if self.sample.len() == size {
            let (oldest, gone) = self.sample.last().expect("a sample is of one point or more");
            if age >= *oldest {
                return;
            }
            self.root = self.root.take().and_then(|root| root.without(gone));
            self.sample.pop();
        }
        let place = self.sample.partition_point(|(other, _)| *other < age);
        self.sample.insert(place, (age, point.to_vec()));
        self.root = Some(match self.root.take() {
            Some(root) => root.with(point, dice),
            None => Node::leaf(point),
        });
    }
}

/// A forest, and the rows that it was shown.
#[derive(Debug)]
pub(super) struct Forest {
    settings: Settings,
    rows: Vec<Vec<f64>>,
    learned: usize,
    trees: Vec<Tree>,
    dice: Dice,
}

impl Forest {
    pub(super) fn new(settings: Settings) -> Self {
        let trees = (0..settings.trees).map(|_| Tree::default()).collect();
        Self { settings, rows: Vec::new(), learned: 0, trees, dice: Dice(SEED) }
    }

    /// The score of a row among those before it, from which it is learned then. Rows that could be in the first sample have the score 0.
    pub(super) fn take(&mut self, row: &[f64]) -> f64 {
        let Settings { sample, decay, shingle, .. } = self.settings;
        self.rows.push(row.to_vec());
        let Some(first) = self.rows.len().checked_sub(shingle) else { return 0.0 };
        let point = self.rows[first..].concat();
        let score = if self.rows.len() > sample { self.score(&point) } else { 0.0 };
        let time = self.learned as f64 / decay;
        self.learned += 1;
        for tree in &mut self.trees {
            tree.offer(&point, time, sample, &mut self.dice);
        }
        score
    }

    fn score(&self, point: &[f64]) -> f64 {
        self.trees.iter().map(|tree| tree.score(point)).sum::<f64>() / self.trees.len() as f64
    }
}

#[cfg(test)]
mod tests;
