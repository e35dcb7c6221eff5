//! The patterns of FAST_REGEX_LOG_PARSER, which are searched for piece by piece without ever going back.
//!
//! Source: <https://docs.aws.amazon.com/kinesisanalytics/latest/sqlref/sql-reference-fast-regex-log-parser.html>. A pattern is
//! cut at its groups. Parts that always have the same length move from the start of each piece to the end of the one before, where
//! they tell where that one ends: it takes as little as it can. A piece with nothing to end it takes as much as it can, as AWS's
//! example B shows. The last one must take all that is left.
//!
//! Differs from AWS: the page's first table has `a_little_lamb` for the second group of `(.*)_(._.*)_.*`, though the `_` behind the
//! group must be found, too; by the page's own rules that group is `a_little`. `&` is carried only between expressions for one
//! character, `~` not at all.

mod syntax;

use crate::{Fault, Span};
use syntax::Node;

/// A pattern cut into its searches.
#[derive(Debug, Clone)]
pub struct FastRegex {
    searches: Vec<Search>,
    groups: usize,
}

/// What is searched for at once: an expression, and what ends it.
#[derive(Debug, Clone)]
struct Search {
    regex: regex::Regex,
    /// The piece whose part the expression is; the first search has none.
    piece: Option<usize>,
    /// Characters of the pieces that end it, with their numbers, in order.
    ends: Vec<(usize, usize)>,
}

/// A search that is still being put together.
#[derive(Default)]
struct Draft {
    own: Vec<Node>,
    piece: Option<usize>,
    end: Vec<Node>,
    ends: Vec<(usize, usize)>,
}

impl FastRegex {
    /// Understands a pattern.
    ///
    /// # Errors
    /// Groups that do not close or are repeated, and syntax that is not carried.
    pub fn parse(pattern: &str, span: Span) -> Result<Self, Fault> {
        let wrong = |why: &str| Fault::new(span, format!("Pattern '{pattern}': {why}"));
        let (pieces, groups) = pieces(pattern).map_err(|why| wrong(&why))?;
        if groups == 0 {
            return Err(wrong("it has no group"));
        }
        let mut drafts = vec![Draft::default()];
        for (index, piece) in pieces.into_iter().enumerate() {
            let (fixed, rest) = piece.divided();
            let last = drafts.last_mut().expect("there is always one");
            let width = fixed.iter().filter_map(Node::width).sum();
            last.ends.push((index, width));
            last.end.extend(fixed);
            if !rest.is_empty() {
                drafts.push(Draft { own: rest, piece: Some(index), ..Draft::default() });
            }
        }
        let count = drafts.len();
        let searches = drafts.into_iter().enumerate().map(|(index, draft)| draft.finish(index + 1 == count));
        let searches = searches.collect::<Result<_, _>>().map_err(|_| wrong("it is too large"))?;
        Ok(Self { searches, groups })
    }

    /// How many fields it makes.
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// The fields of a text; none unless all of it is taken.
    pub fn read<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        // Of each piece where it begins and ends; groups are the odd ones.
        let mut places = vec![(0, 0); self.groups * 2 + 1];
        let mut at = 0;
        for search in &self.searches {
            let found = search.regex.find(&text[at..])?;
            let taken = &text[at..at + found.end()];
            let width: usize = search.ends.iter().map(|(_, width)| width).sum();
            let own = start_of_last(taken, width)?;
            if let Some(piece) = search.piece {
                places[piece].1 = at + own;
            }
            let mut end = at + own;
            for (piece, width) in &search.ends {
                let start = end;
                end += text[end..].char_indices().nth(*width).map_or(text.len() - end, |(next, _)| next);
                places[*piece] = (start, end);
            }
            at += found.end();
        }
        if at != text.len() {
            return None;
        }
        Some(places.iter().skip(1).step_by(2).map(|(start, end)| &text[*start..*end]).collect())
    }
}

impl Draft {
    fn finish(self, last: bool) -> Result<Search, regex::Error> {
        let (own, end) = (Node::Chain(self.own).source(), Node::Chain(self.end).source());
        // `U` makes repetitions take as little as they can.
        let source = match (self.ends.iter().all(|(_, width)| *width == 0), last) {
            (true, true) => format!("^(?:{own})\\z"),
            (true, false) => format!("^(?:{own})"),
            (false, _) => format!("^(?U:{own}){end}"),
        };
        let regex = regex::RegexBuilder::new(&source).size_limit(1 << 20).build()?;
        Ok(Search { regex, piece: self.piece, ends: self.ends })
    }
}

/// Where the last so many characters begin.
fn start_of_last(text: &str, count: usize) -> Option<usize> {
    match count {
        0 => Some(text.len()),
        _ => text.char_indices().rev().nth(count - 1).map(|(start, _)| start),
    }
}

/// What stands outside groups and within them, by turns; outside first. And how many groups there are.
fn pieces(pattern: &str) -> Result<(Vec<Node>, usize), String> {
    let (mut pieces, mut rest, mut groups) = (Vec::new(), pattern, 0);
    loop {
        let end = group_start(rest)?.unwrap_or(rest.len());
        let (node, behind) = syntax::parse(&rest[..end])?;
        if !behind.is_empty() {
            return Err("a group is closed that was not opened".to_owned());
        }
        pieces.push(node);
        let Some(inside) = rest[end..].strip_prefix('(') else { return Ok((pieces, groups)) };
        let (node, behind) = syntax::parse(inside)?;
        rest = behind.strip_prefix(')').ok_or("a group is not closed")?;
        if rest.starts_with(['?', '*', '+', '{', '|', '&']) {
            return Err("a group cannot be repeated or united; put another one around it".to_owned());
        }
        pieces.push(node);
        groups += 1;
    }
}

/// Where the next group begins, past quoted and escaped signs and classes.
fn group_start(text: &str) -> Result<Option<usize>, String> {
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '(' => return Ok(Some(at)),
            '\\' => drop(characters.next()),
            '"' => {
                characters.find(|(_, one)| *one == '"').ok_or("a quotation mark is not closed")?;
            }
            '[' => {
                let mut first = true;
                loop {
                    match characters.next().ok_or("a bracket is not closed")?.1 {
                        ']' if !first => break,
                        '^' if first => continue,
                        '\\' => drop(characters.next()),
                        _ => {}
                    }
                    first = false;
                }
            }
            _ => {}
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Position;

    fn pattern(text: &str) -> Result<FastRegex, Fault> {
        let at = Position { line: 1, column: 1 };
        FastRegex::parse(text, Span { start: at, end: at })
    }

    #[track_caller]
    fn check(text: &str, from: &str, wanted: Option<&[&str]>) {
        let regex = pattern(text).unwrap_or_else(|fault| panic!("{fault}"));
        assert_eq!(regex.read(from).as_deref(), wanted, "{text} on {from}");
        if let Some(wanted) = wanted {
            assert_eq!(regex.groups(), wanted.len(), "{text}");
        }
    }

    #[test]
    fn the_examples_of_the_page() {
        check("(.*)_(._.*)_.*", "Mary_had_a_little_lamb", Some(&["Mary_had", "a_little"]));
        check("(.*)_(._.*)_.", "Mary_had_a_little_lamb", None);
        check("(.*)_+(._.*)", "Mary_had_a_little_lamb", None);
        check("(.*)_+(.*)", "Mary____had_a_little_lamb", Some(&["Mary", "had_a_little_lamb"]));
        check("(.*)_+(<Alpha>.*)", "Mary____had_a_little_lamb", Some(&["Mary", "had_a_little_lamb"]));
    }

    #[test]
    fn pieces_take_as_little_as_they_can() {
        check("(.*)_(.*)", "a_b_c", Some(&["a", "b_c"]));
        check("(.*)_(.*)", "abc", None);
        check("\\[(<Alpha>+) (<0-255>)\\] (@)", "[warn 42] it is on", Some(&["warn", "42", "it is on"]));
        check("(...)(..)", "äöüxy", Some(&["äöü", "xy"]));
        check("x(a|bb)y", "xbby", Some(&["bb"]));
        check("(<Alpha>*)(<Digit>*)", "abc123", Some(&["abc", "123"]));
        check("()(a)", "a", Some(&["", "a"]));
        check("(a*)", "", Some(&[""]));
        check("[(](.*)[)]", "(inside)", Some(&["inside"]));
        check("\"(\"(.*)\")\"", "(inside)", Some(&["inside"]));
    }

    #[test]
    fn what_cannot_be_carried_is_refused() {
        for text in ["(a", "abc", "(a)*", "a)(b)", "(~a)", "(a&bc)", "(<Foo>)", "(a)|(b)", "[(a)"] {
            assert!(pattern(text).is_err(), "{text}");
        }
    }
}
