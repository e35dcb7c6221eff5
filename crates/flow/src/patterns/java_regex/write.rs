//! Writes a tree for an engine: the linear one, for which the texts must be such that what it lacks makes no difference, or the
//! one that goes back.

use super::tree::{How, Node};

/// The ends of lines, as the inside of a class.
pub(super) const LINE_ENDS: &str = r"\n\r\x{85}\x{2028}\x{2029}";

/// A letter or a digit, an underscore, or a mark: what words are made of for `\b`. A mark without a letter before it is none for
/// Java; such texts are taken to be broken.
const WORD: &str = r"[_\p{L}\p{Nd}\p{Mn}]";

/// Appends a tree.
pub(super) fn write(node: &Node, linear: bool, out: &mut String) {
    match node {
        Node::One(set) => out.push_str(set),
        Node::LineBreak => out.push_str(r"(?:\r\n|[\n\x{0B}\x{0C}\r\x{85}\x{2028}\x{2029}])"),
        Node::Start => out.push_str(r"\A"),
        Node::End => out.push_str(r"\z"),
        Node::LastLine { .. } if linear => out.push_str(r"\z"),
        Node::LastLine { unix: true } => out.push_str(r"(?:\z|(?=\n\z))"),
        Node::LastLine { unix: false } => {
            out.push_str(r"(?:\z|(?=\r\n\z)|(?=[\r\x{85}\x{2028}\x{2029}]\z)|(?<!\r)(?=\n\z))");
        }
        // Not at the end of the text, even behind a line's end.
        Node::LineStart { unix: true } => out.push_str(r"(?:(?!\z)(?:\A|(?<=\n)))"),
        Node::LineStart { unix: false } => {
            out.push_str(r"(?:(?!\z)(?:\A|(?<=[\n\x{85}\x{2028}\x{2029}])|(?<=\r)(?!\n)))");
        }
        Node::LineEnd { unix: true } => out.push_str(r"(?:\z|(?=\n))"),
        Node::LineEnd { unix: false } => {
            out.push_str(r"(?:\z|(?=[\r\x{85}\x{2028}\x{2029}])|(?<!\r)(?=\n))");
        }
        Node::Boundary { negated } if linear => out.push_str(if *negated { r"\B" } else { r"\b" }),
        Node::Boundary { negated: false } => {
            out.push_str(&format!("(?:(?<={WORD})(?!{WORD})|(?<!{WORD})(?={WORD}))"));
        }
        Node::Boundary { negated: true } => {
            out.push_str(&format!("(?:(?<={WORD})(?={WORD})|(?<!{WORD})(?!{WORD}))"));
        }
        Node::All(parts) => parts.iter().for_each(|part| write(part, linear, out)),
        Node::Any(parts) => {
            out.push_str("(?:");
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    out.push('|');
                }
                write(part, linear, out);
            }
            out.push(')');
        }
        Node::Capture(name, node) => {
            match name {
                Some(name) => out.push_str(&format!("(?<{name}>")),
                None => out.push('('),
            }
            write(node, linear, out);
            out.push(')');
        }
        Node::Repeat { node, least, most, how } => repeat(node, *least, *most, *how, linear, out),
        Node::Atomic(node) => enclosed("(?>", node, linear, out),
        Node::Look { behind, negated, node } => {
            let opening = match (behind, negated) {
                (false, false) => "(?=",
                (false, true) => "(?!",
                (true, false) => "(?<=",
                (true, true) => "(?<!",
            };
            enclosed(opening, node, linear, out);
        }
        Node::Back(group) => out.push_str(&format!(r"(?:\{group})")),
    }
}

fn enclosed(opening: &str, node: &Node, linear: bool, out: &mut String) {
    out.push_str(opening);
    write(node, linear, out);
    out.push(')');
}

fn repeat(node: &Node, least: u32, most: Option<u32>, how: How, linear: bool, out: &mut String) {
    // What takes no character is there once, however often it is asked for.
    if node.length().most == Some(0) {
        return match (least, how) {
            (0, _) if most == Some(0) => {}
            (0, How::Reluctant) => enclosed("(?:|", node, linear, out),
            (0, _) => {
                out.push_str("(?:");
                write(node, linear, out);
                out.push_str("|)");
            }
            _ => enclosed("(?:", node, linear, out),
        };
    }
    // fancy-regex 0.20 takes a loop around a loop for one loop, which it is not if the inner one is reluctant. A choice hides it.
    let hidden = !linear && how == How::Reluctant;
    if how == How::Possessive {
        out.push_str("(?>");
    } else if hidden {
        out.push_str("(?:");
    }
    enclosed("(?:", node, linear, out);
    match (least, most) {
        (0, None) => out.push('*'),
        (1, None) => out.push('+'),
        (0, Some(1)) => out.push('?'),
        (least, None) => out.push_str(&format!("{{{least},}}")),
        (least, Some(most)) if least == most => out.push_str(&format!("{{{least}}}")),
        (least, Some(most)) => out.push_str(&format!("{{{least},{most}}}")),
    }
    match how {
        How::Greedy => {}
        How::Reluctant if hidden => out.push_str("?|(?!))"),
        How::Reluctant => out.push('?'),
        How::Possessive => out.push(')'),
    }
}
