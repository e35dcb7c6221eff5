//! Reads Java's regular expressions, as the page of `java.util.regex.Pattern` and the JDK's own behaviour have them.

use super::escape::{Escaped, either_case};
use super::tree::{How, Node};
use super::write::LINE_ENDS;

/// Groups and classes in one another: they are walked recursively.
pub(super) const DEPTH_MAX: usize = 100;

/// What `(?…)` turns on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Flags {
    /// `i`, for the letters of ASCII.
    pub caseless: bool,
    /// `d`: only `\n` ends a line.
    pub unix: bool,
    /// `m`
    pub lines: bool,
    /// `s`
    pub dot_all: bool,
    /// `x`
    pub comments: bool,
}

/// A pattern that is being read.
pub(super) struct Parser {
    /// Characters, and whether they stand between `\Q` and `\E`.
    characters: Vec<(char, bool)>,
    at: usize,
    pub(super) flags: Flags,
    pub(super) depth: usize,
    /// The names of the groups that were opened; the whole match is the first.
    pub(super) groups: Vec<Option<String>>,
    /// Which of them are closed.
    pub(super) closed: Vec<bool>,
}

/// What a pattern is: its tree, and the names of its groups, the whole match first.
pub(super) struct Parsed {
    pub tree: Node,
    pub groups: Vec<Option<String>>,
}

/// Reads a pattern.
///
/// # Errors
/// A sentence without its full stop.
pub(super) fn parse(pattern: &str) -> Result<Parsed, String> {
    let mut parser = Parser {
        characters: quoted(pattern),
        at: 0,
        flags: Flags::default(),
        depth: 0,
        groups: vec![None],
        closed: vec![false],
    };
    let tree = parser.alternatives()?;
    match parser.peek() {
        None => Ok(Parsed { tree, groups: parser.groups }),
        Some(_) => Err("a parenthesis is closed that was not opened".to_owned()),
    }
}

/// The characters of a pattern, with `\Q` and `\E` taken out.
fn quoted(pattern: &str) -> Vec<(char, bool)> {
    let mut out = Vec::new();
    let mut characters = pattern.chars().peekable();
    let mut inside = false;
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some('E')) if inside => {
                characters.next();
                inside = false;
            }
            ('\\', Some('Q')) if !inside => {
                characters.next();
                inside = true;
            }
            ('\\', Some(next)) if !inside => {
                out.extend([('\\', false), (*next, false)]);
                characters.next();
            }
            _ => out.push((character, inside)),
        }
    }
    out
}

impl Parser {
    /// The next character that counts: under `(?x)` no spaces and no comments.
    pub(super) fn peek(&mut self) -> Option<char> {
        while self.flags.comments && !self.is_quoted() {
            match self.peek_raw() {
                Some(' ' | '\t' | '\n' | '\u{0B}' | '\u{0C}' | '\r') => self.at += 1,
                Some('#') => {
                    let unix = self.flags.unix;
                    let ends = |character: char| match unix {
                        true => character == '\n',
                        false => matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'),
                    };
                    while self.raw().is_some_and(|character| !ends(character)) {}
                }
                _ => break,
            }
        }
        self.peek_raw()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        self.peek()?;
        self.raw()
    }

    pub(super) fn peek_raw(&self) -> Option<char> {
        self.characters.get(self.at).map(|(character, _)| *character)
    }

    /// The character behind the next one.
    pub(super) fn peek_behind(&self) -> Option<char> {
        self.characters.get(self.at + 1).map(|(character, _)| *character)
    }

    pub(super) fn raw(&mut self) -> Option<char> {
        let character = self.peek_raw();
        self.at += usize::from(character.is_some());
        character
    }

    /// What stands before a sign, which is read too.
    pub(super) fn up_to(&mut self, sign: char) -> Option<String> {
        let mut text = String::new();
        loop {
            match self.raw()? {
                character if character == sign => return Some(text),
                character => text.push(character),
            }
        }
    }

    pub(super) fn is_quoted(&self) -> bool {
        self.characters.get(self.at).is_some_and(|(_, quoted)| *quoted)
    }

    /// Whether these characters come next, and are signs.
    pub(super) fn is_at(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, wanted)| self.characters.get(self.at + ahead) == Some(&(wanted, false)))
    }

    pub(super) fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted) && !self.is_quoted();
        self.at += usize::from(found);
        found
    }

    pub(super) fn alternatives(&mut self) -> Result<Node, String> {
        self.deeper()?;
        let mut all = vec![self.sequence()?];
        while self.take('|') {
            all.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(if all.len() == 1 { all.remove(0) } else { Node::Any(all) })
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut parts = Vec::new();
        while let Some(character) = self.peek() {
            let part = if self.is_quoted() {
                self.raw();
                one(either_case(character, self.flags))
            } else {
                match character {
                    '|' | ')' => break,
                    '*' | '+' | '?' => return Err(format!("nothing stands before {character}")),
                    '{' => return Err("nothing stands before {".to_owned()),
                    _ => {
                        self.raw();
                        match self.atom(character)? {
                            Some(part) => part,
                            // Flags match nothing, and cannot be repeated.
                            None => continue,
                        }
                    }
                }
            };
            let part = self.repeated(part)?;
            parts.push(part);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Node::All(parts) })
    }

    fn atom(&mut self, character: char) -> Result<Option<Node>, String> {
        let Flags { unix, lines, dot_all, .. } = self.flags;
        Ok(Some(match character {
            '(' => return self.group(),
            '[' => Node::One(self.class(true)?),
            '\\' => self.backslash()?,
            '^' if lines => Node::LineStart { unix },
            '^' => Node::Start,
            '$' if lines => Node::LineEnd { unix },
            '$' => Node::LastLine { unix },
            '.' if dot_all => Node::One("(?s:.)".to_owned()),
            '.' if unix => Node::One(r"[^\n]".to_owned()),
            '.' => Node::One(format!("[^{LINE_ENDS}]")),
            other => one(either_case(other, self.flags)),
        }))
    }

    fn backslash(&mut self) -> Result<Node, String> {
        let unix = self.flags.unix;
        Ok(match self.raw() {
            None => return Err("it ends with a backslash".to_owned()),
            Some('A') => Node::Start,
            Some('z') => Node::End,
            Some('Z') => Node::LastLine { unix },
            Some('b') if self.peek_raw() == Some('{') => return Err("\\b{…} is not supported".to_owned()),
            Some('b') => Node::Boundary { negated: false },
            Some('B') => Node::Boundary { negated: true },
            Some('R') => Node::LineBreak,
            Some('k') => self.named_reference()?,
            Some(digit @ '1'..='9') => self.reference(digit)?,
            Some(letter) => match self.escaped(letter)? {
                Escaped::Character(character) => one(either_case(character, self.flags)),
                Escaped::Set(set) => Node::One(set),
            },
        })
    }

    fn repeated(&mut self, node: Node) -> Result<Node, String> {
        let (least, most) = match self.peek().filter(|_| !self.is_quoted()) {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.raw();
                self.counts()?
            }
            _ => return Ok(node),
        };
        // The sign, or the brace behind the counts.
        self.raw();
        let how = if self.take('?') {
            How::Reluctant
        } else if self.take('+') {
            How::Possessive
        } else {
            How::Greedy
        };
        // Repeated, it does not go back to take `\r\n` for two.
        let node = if node == Node::LineBreak { Node::Atomic(Box::new(node)) } else { node };
        Ok(Node::Repeat { node: Box::new(node), least, most, how })
    }

    /// `n`, `n,` or `n,m`, up to the brace.
    fn counts(&mut self) -> Result<(u32, Option<u32>), String> {
        let wrong = || "{ needs a count of repetitions".to_owned();
        let least = self.number().ok_or_else(wrong)?;
        let most = if self.peek_raw() == Some(',') {
            self.raw();
            self.number()
        } else {
            Some(least)
        };
        match self.peek_raw() {
            Some('}') if most.is_none_or(|most| most >= least) => Ok((least, most)),
            _ => Err(wrong()),
        }
    }

    fn number(&mut self) -> Option<u32> {
        let mut value = None;
        while let Some(digit) = self.peek_raw().and_then(|character| character.to_digit(10)) {
            self.raw();
            value = Some(value.unwrap_or(0_u32).saturating_mul(10).saturating_add(digit));
        }
        value
    }
}

/// An item of a class as a part of its own.
fn one(item: String) -> Node {
    let lone = item.chars().count() == 1 || item.starts_with("\\x");
    Node::One(if lone { item } else { format!("[{item}]") })
}
