//! A tree as bytes: its nodes from the root on, left before right. Boxes are made anew from the points.

use crate::state::{Damaged, Loader, Saver};

use super::point_store::PointStore;
use super::tree::{Leaf, Node, Place, Tree};

/// Marks a leaf, where a node has its dimension.
const LEAF: u32 = u32::MAX;
/// What a node or a leaf takes.
const ENTRY_BYTES: usize = 12;

/// Writes down a tree.
pub(super) fn save(tree: &Tree, saver: &mut Saver) {
    let mut bytes = Vec::with_capacity(tree.leaves.len() * 2 * ENTRY_BYTES);
    let mut stack = Vec::from_iter(tree.root);
    while let Some(place) = stack.pop() {
        match place {
            Place::Leaf(leaf) => {
                let leaf = tree.leaves[leaf as usize];
                bytes.extend_from_slice(&LEAF.to_le_bytes());
                bytes.extend_from_slice(&leaf.point.to_le_bytes());
                bytes.extend_from_slice(&leaf.mass.to_le_bytes());
            }
            Place::Node(node) => {
                let node = tree.nodes[node as usize];
                bytes.extend_from_slice(&node.dimension.to_le_bytes());
                bytes.extend_from_slice(&node.cut.to_bits().to_le_bytes());
                stack.extend([node.right, node.left]);
            }
        }
    }
    saver.bytes(&bytes);
}

/// Reads a tree over points of the store.
pub(super) fn load(loader: &mut Loader<'_>, store: &PointStore) -> Result<Tree, Damaged> {
    let (entries, rest) = loader.bytes()?.as_chunks::<ENTRY_BYTES>();
    let mut tree = Tree::default();
    // Backwards, children come before their nodes: a left one last, so that it is on top.
    let mut stack: Vec<Place> = Vec::new();
    for entry in entries.iter().rev() {
        let [dimension, ..] = words(entry);
        if dimension == LEAF {
            let [_, point, mass] = words(entry);
            if point as usize >= store.slots() || mass == 0 {
                return Err(Damaged);
            }
            tree.leaves.push(Leaf { point, mass });
            stack.push(Place::Leaf(u32::try_from(tree.leaves.len() - 1).map_err(|_| Damaged)?));
        } else {
            let (left, right) = (stack.pop().ok_or(Damaged)?, stack.pop().ok_or(Damaged)?);
            let cut = f64::from_le_bytes(entry[4..].try_into().map_err(|_| Damaged)?);
            if dimension as usize >= store.dimensions() || !parts(&tree, store, (left, right), dimension as usize, cut)
            {
                return Err(Damaged);
            }
            stack.push(tree.add_node(store, Node { dimension, cut, left, right }));
        }
    }
    tree.root = stack.pop();
    if rest.is_empty() && stack.is_empty() { Ok(tree) } else { Err(Damaged) }
}

fn words(entry: &[u8; ENTRY_BYTES]) -> [u32; 3] {
    [0, 4, 8].map(|at| u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]]))
}

/// Whether a cut has all points of its left side on the left and all others on the right.
fn parts(tree: &Tree, store: &PointStore, (left, right): (Place, Place), dimension: usize, cut: f64) -> bool {
    tree.bounds(store, left).1[dimension] <= cut && tree.bounds(store, right).0[dimension] > cut
}
