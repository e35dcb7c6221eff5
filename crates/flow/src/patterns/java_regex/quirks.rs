//! Patterns that the engines read as Java does and match differently. Java ends a loop at a turn that took nothing, though another
//! choice would have taken something; and it forgets to clear groups that were set in a part that is not gone back into.

use super::tree::{How, Node};

/// What keeps a pattern from being carried out as Java does it, as a sentence without its full stop. `grouped` if somebody looks at
/// its groups.
pub(super) fn quirk(tree: &Node, grouped: bool) -> Option<&'static str> {
    if ends_early(tree) {
        return Some("what may match nothing before it matches something cannot be repeated");
    }
    if (grouped || refers(tree)) && keeps(tree, Place::default()) {
        return Some(
            "a group that may match nothing cannot be repeated, and none can stand in a part that is looked at, atomic or possessive, \
             and may be left out: write (?:…)",
        );
    }
    None
}

/// Whether some loop could end at a turn that took nothing.
fn ends_early(node: &Node) -> bool {
    let here = match node {
        Node::Repeat { node, most, .. } => *most != Some(1) && node.length().least == 0 && prefers_nothing(node),
        _ => false,
    };
    here || node.parts().iter().any(ends_early)
}

/// Whether it may take nothing where it could take something.
fn prefers_nothing(node: &Node) -> bool {
    match node {
        Node::Repeat { how: How::Reluctant, node, .. } if node.length().most != Some(0) => true,
        Node::Any(parts) if parts.iter().rev().skip(1).any(|part| part.length().least == 0) => true,
        // What is looked at takes nothing in any case.
        Node::Look { .. } => false,
        _ => node.parts().iter().any(prefers_nothing),
    }
}

fn refers(node: &Node) -> bool {
    matches!(node, Node::Back(_)) || node.parts().iter().any(refers)
}

/// Where a part stands.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// A match may be found without it.
    left_out: bool,
    /// What was set in it stays set.
    kept: bool,
}

/// Whether a group could keep what Java forgets to clear, or take nothing in the last turn of a loop.
fn keeps(node: &Node, place: Place) -> bool {
    let inside = match node {
        Node::Capture(..) if place.left_out && place.kept => return true,
        Node::Repeat { node, most, .. } if *most != Some(1) && node.length().least == 0 && node.captures() => {
            return true;
        }
        Node::Repeat { least, how, .. } => {
            Place { left_out: place.left_out || *least == 0, kept: place.kept || *how == How::Possessive }
        }
        Node::Any(_) => Place { left_out: true, ..place },
        Node::Atomic(_) => Place { kept: true, ..place },
        Node::Look { negated, .. } => Place { left_out: place.left_out || *negated, kept: true },
        _ => place,
    };
    node.parts().iter().any(|part| keeps(part, inside))
}
