//! One tree of the forest: points parted by random cuts, each node with the box around its points.
//!
//! After Guha, Mishra, Roy and Schrijvers, "Robust Random Cut Forest Based Anomaly Detection On Streams" (2016).

use super::point_store::PointStore;
use super::random::Random;

/// A node's child, or the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Leaf(u32),
    Node(u32),
}

/// Equal points.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf {
    pub(super) point: u32,
    /// How many there are.
    pub(super) mass: u32,
}

/// A cut: points whose coordinate is at most the cut are on the left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) dimension: u32,
    pub(super) cut: f64,
    pub(super) left: Place,
    pub(super) right: Place,
}

impl Node {
    /// Where a point goes, and where it does not.
    pub(super) fn toward(&self, point: &[f64]) -> (Place, Place) {
        let is_left = point[self.dimension as usize] <= self.cut;
        if is_left { (self.left, self.right) } else { (self.right, self.left) }
    }
}

/// A tree.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) root: Option<Place>,
    pub(super) nodes: Vec<Node>,
    pub(super) leaves: Vec<Leaf>,
    /// The smallest coordinates of each node's points, then the largest ones.
    boxes: Vec<f64>,
    free_nodes: Vec<u32>,
    free_leaves: Vec<u32>,
}

fn place(index: usize) -> u32 {
    u32::try_from(index).expect("a tree has at most 1,000 leaves")
}

impl Tree {
    /// The box around the points below a place: smallest and largest coordinates.
    pub(super) fn bounds<'t>(&'t self, store: &'t PointStore, place: Place) -> (&'t [f64], &'t [f64]) {
        match place {
            Place::Leaf(leaf) => {
                let point = store.get(self.leaves[leaf as usize].point);
                (point, point)
            }
            Place::Node(node) => self.node_bounds(node, store.dimensions()),
        }
    }

    fn node_bounds(&self, node: u32, dimensions: usize) -> (&[f64], &[f64]) {
        self.node_box(node, dimensions).split_at(dimensions)
    }

    /// The box around the points below a node: its smallest coordinates, then its largest ones.
    #[inline]
    pub(super) fn node_box(&self, node: u32, dimensions: usize) -> &[f64] {
        &self.boxes[node as usize * 2 * dimensions..][..2 * dimensions]
    }

    /// Puts a point in; true if it has a leaf of its own, false if it joined that of equal points.
    pub(super) fn insert(&mut self, store: &PointStore, slot: u32, random: &mut Random) -> bool {
        let point = store.get(slot);
        let Some(mut here) = self.root else {
            self.root = Some(self.add_leaf(slot));
            return true;
        };
        let mut parent = None;
        loop {
            if let Place::Leaf(leaf) = here
                && store.get(self.leaves[leaf as usize].point) == point
            {
                self.leaves[leaf as usize].mass += 1;
                return false;
            }
            if let Some((dimension, cut, point_is_left)) = self.separating_cut(store, here, point, random) {
                let leaf = self.add_leaf(slot);
                let (left, right) = if point_is_left { (leaf, here) } else { (here, leaf) };
                let node = self.add_node(store, Node { dimension, cut, left, right });
                self.replace(parent, here, node);
                return true;
            }
            let Place::Node(node) = here else {
                unreachable!("a cut through the box of two different points parts them");
            };
            self.extend(node, point);
            parent = Some(node);
            here = self.nodes[node as usize].toward(point).0;
        }
    }

    /// Draws a cut through the box around a place and a point; none if it does not part the two.
    fn separating_cut(
        &self,
        store: &PointStore,
        place: Place,
        point: &[f64],
        random: &mut Random,
    ) -> Option<(u32, f64, bool)> {
        let (low, high) = self.bounds(store, place);
        let side = |dimension: usize| high[dimension].max(point[dimension]) - low[dimension].min(point[dimension]);
        let total: f64 = (0..point.len()).map(side).sum();
        let mut rest = random.unit() * total;
        let mut chosen = None;
        for dimension in (0..point.len()).filter(|dimension| side(*dimension) > 0.0) {
            chosen = Some((dimension, rest));
            if rest < side(dimension) {
                break;
            }
            rest -= side(dimension);
        }
        let (dimension, offset) = chosen?;
        let (least, most) = (low[dimension].min(point[dimension]), high[dimension].max(point[dimension]));
        // Rounding may reach the upper side, where nothing would be on the right.
        let cut = if least + offset < most { least + offset } else { least };
        let point_is_left = point[dimension] <= cut;
        let parts = if point_is_left { low[dimension] > cut } else { high[dimension] <= cut };
        parts.then_some((u32::try_from(dimension).expect("at most 900 dimensions"), cut, point_is_left))
    }

    /// Takes out one of the points equal to that of a slot; the slot of the leaf that went with it, if one did.
    pub(super) fn remove(&mut self, store: &PointStore, slot: u32) -> Option<u32> {
        let point = store.get(slot);
        let mut path = Vec::new();
        let mut here = self.root?;
        while let Place::Node(node) = here {
            path.push(node);
            here = self.nodes[node as usize].toward(point).0;
        }
        let Place::Leaf(leaf) = here else { return None };
        let removed = self.leaves[leaf as usize];
        debug_assert_eq!(store.get(removed.point), point, "a point lies where its cuts lead");
        if removed.mass > 1 {
            self.leaves[leaf as usize].mass -= 1;
            return None;
        }
        self.free_leaves.push(leaf);
        match path.pop() {
            None => self.root = None,
            Some(parent) => {
                let sibling = self.nodes[parent as usize].toward(point).1;
                self.replace(path.last().copied(), Place::Node(parent), sibling);
                self.free_nodes.push(parent);
                for node in path.into_iter().rev() {
                    self.surround(store, node);
                }
            }
        }
        Some(removed.point)
    }

    /// Whether it holds exactly these points, each where its cuts lead.
    pub(super) fn holds(&self, store: &PointStore, points: impl Iterator<Item = u32>) -> bool {
        let mut masses: Vec<u32> = self.leaves.iter().map(|leaf| leaf.mass).collect();
        for slot in points {
            let point = store.get(slot);
            let Some(mut here) = self.root else { return false };
            while let Place::Node(node) = here {
                here = self.nodes[node as usize].toward(point).0;
            }
            let Place::Leaf(leaf) = here else { return false };
            let mass = &mut masses[leaf as usize];
            if *mass == 0 || store.get(self.leaves[leaf as usize].point) != point {
                return false;
            }
            *mass -= 1;
        }
        masses.iter().all(|mass| *mass == 0)
    }

    fn add_leaf(&mut self, point: u32) -> Place {
        let leaf = Leaf { point, mass: 1 };
        Place::Leaf(match self.free_leaves.pop() {
            Some(index) => {
                self.leaves[index as usize] = leaf;
                index
            }
            None => {
                self.leaves.push(leaf);
                place(self.leaves.len() - 1)
            }
        })
    }

    /// Adds a node whose children are there already.
    pub(super) fn add_node(&mut self, store: &PointStore, node: Node) -> Place {
        let index = match self.free_nodes.pop() {
            Some(index) => {
                self.nodes[index as usize] = node;
                index
            }
            None => {
                self.nodes.push(node);
                self.boxes.resize(self.nodes.len() * 2 * store.dimensions(), 0.0);
                place(self.nodes.len() - 1)
            }
        };
        self.surround(store, index);
        Place::Node(index)
    }

    /// Hangs something else where `old` was.
    fn replace(&mut self, parent: Option<u32>, old: Place, new: Place) {
        match parent {
            None => self.root = Some(new),
            Some(parent) => {
                let parent = &mut self.nodes[parent as usize];
                if parent.left == old {
                    parent.left = new;
                } else {
                    parent.right = new;
                }
            }
        }
    }

    fn extend(&mut self, node: u32, point: &[f64]) {
        let (low, high) = self.boxes[node as usize * 2 * point.len()..][..2 * point.len()].split_at_mut(point.len());
        for (dimension, value) in point.iter().enumerate() {
            low[dimension] = low[dimension].min(*value);
            high[dimension] = high[dimension].max(*value);
        }
    }

    /// Makes the box of a node that around its children's.
    fn surround(&mut self, store: &PointStore, node: u32) {
        let dimensions = store.dimensions();
        for dimension in 0..dimensions {
            let Node { left, right, .. } = self.nodes[node as usize];
            let (left_low, left_high) = self.bounds(store, left);
            let (right_low, right_high) = self.bounds(store, right);
            let low = left_low[dimension].min(right_low[dimension]);
            let high = left_high[dimension].max(right_high[dimension]);
            self.boxes[node as usize * 2 * dimensions + dimension] = low;
            self.boxes[(node as usize * 2 + 1) * dimensions + dimension] = high;
        }
    }

    pub(super) fn memory(&self) -> usize {
        self.boxes.capacity() * 8
            + self.nodes.capacity() * size_of::<Node>()
            + self.leaves.capacity() * size_of::<Leaf>()
            + (self.free_nodes.capacity() + self.free_leaves.capacity()) * 4
    }
}
