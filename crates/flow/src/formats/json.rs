//! JSON documents → the values that columns ask for, in one pass.
//!
//! Documents of a source look alike, so each object remembers which key came after which, with the white space around
//! it; the next document's key is then found with one comparison. Values that no column asks for are only skipped.

use std::ops::Range;

use super::mapping::MappingError;
use super::path::{self, Step};
use super::scan::{self, Malformed};
use super::token::{Kind, Token};

/// Keys that an object's place in the document remembers.
const KNOWN_MAX: usize = 256;
/// Bytes of a key that is remembered.
const KNOWN_BYTES_MAX: usize = 128;

/// Takes the rows of a document: a value for each column, and the part of the text that is the row.
pub(super) type Rows<'r> = dyn FnMut(&[Token], Range<usize>) + 'r;

/// Finds the values of rows in documents.
#[derive(Debug)]
pub(super) struct Json {
    document: Tree,
    /// What is looked for in each element, or in the object, where the row path leads.
    row: Option<Tree>,
    values: Vec<Token>,
    element: Vec<Token>,
}

impl Json {
    /// Compiles the row path and the path of each column.
    pub(super) fn new(row_path: &str, columns: &[&str]) -> Result<Self, MappingError> {
        let parse = |text: &str| path::parse(text).map_err(MappingError::Path);
        let mut row_path = parse(row_path)?;
        let paths = columns.iter().map(|column| parse(column)).collect::<Result<Vec<_>, _>>()?;
        let relative = !row_path.is_empty();
        if !relative {
            row_path = flattened(&paths)?;
        }
        if row_path.iter().rev().skip(1).any(|step| *step == Step::Elements) {
            return Err(MappingError::Path("the row path can only lead into the elements of one array".into()));
        }
        let (mut document, mut row) = (Tree::default(), Tree::default());
        for (column, path) in paths.iter().enumerate() {
            if let Some(rest) = path.strip_prefix(&row_path[..]).filter(|_| !row_path.is_empty()) {
                row.add(rest, column)?;
                continue;
            }
            document.add(path, column)?;
            if relative {
                row.add(path, column)?;
            }
        }
        let rows = !row_path.is_empty();
        if rows {
            let container = row_path.strip_suffix(&[Step::Elements]).unwrap_or(&row_path);
            let node = document.node(container)?;
            document.nodes[node].rows = true;
        }
        let values = vec![Token::NULL; columns.len()];
        Ok(Self { document, row: rows.then_some(row), element: values.clone(), values })
    }

    /// Gives the rows of the document that begins at `start`, and where it ends.
    pub(super) fn document(&mut self, text: &[u8], start: usize, rows: &mut Rows<'_>) -> Result<usize, Malformed> {
        let root = &self.document.nodes[0];
        let first = text.get(start);
        if self.row.is_none() && first == Some(&b'[') && root.elements.is_empty() && root.columns.is_empty() {
            return elements(text, start, |at| {
                self.values.fill(Token::NULL);
                let end = self.document.value(text, at, 0, &mut self.values)?;
                rows(&self.values, at..end);
                Ok(end)
            });
        }
        if !matches!(first, Some(b'{' | b'[')) && root.columns.is_empty() {
            return Err(Malformed(start));
        }
        self.values.fill(Token::NULL);
        self.document.rows = None;
        let end = self.document.value(text, start, 0, &mut self.values)?;
        let (Some(row), Some(container)) = (&mut self.row, self.document.rows) else {
            rows(&self.values, start..end);
            return Ok(end);
        };
        let (values, element) = (&self.values, &mut self.element);
        let mut any = false;
        let mut one = |at| {
            any = true;
            element.copy_from_slice(values);
            let end = row.value(text, at, 0, element)?;
            rows(element, at..end);
            Ok(end)
        };
        match text.get(container) {
            Some(b'[') => elements(text, container, one)?,
            _ => one(container)?,
        };
        // AWS: "An array is always flattened to at least one row."
        if !any {
            rows(&self.values, start..end);
        }
        Ok(end)
    }
}

/// The array that columns are flattened along, when the row path does not name one.
fn flattened(paths: &[Vec<Step>]) -> Result<Vec<Step>, MappingError> {
    let mut found: Option<&[Step]> = None;
    for path in paths {
        let place = path.iter().position(|step| *step == Step::Elements).filter(|place| place + 1 < path.len());
        let Some(place) = place else { continue };
        if found.is_some_and(|found| *found != path[..=place]) {
            return Err(MappingError::Path("only one array can be made rows of".into()));
        }
        found = Some(&path[..=place]);
    }
    Ok(found.unwrap_or_default().to_vec())
}

/// Calls `one` for where each element begins, and gives the place behind the array.
pub(super) fn elements(
    text: &[u8],
    start: usize,
    mut one: impl FnMut(usize) -> Result<usize, Malformed>,
) -> Result<usize, Malformed> {
    let mut at = scan::white(text, start + 1);
    if text.get(at) == Some(&b']') {
        return Ok(at + 1);
    }
    loop {
        at = scan::white(text, one(scan::white(text, at))?);
        match text.get(at) {
            Some(b',') => at += 1,
            Some(b']') => return Ok(at + 1),
            _ => return Err(Malformed(at)),
        }
    }
}

/// What is looked for, by place in the document.
#[derive(Debug)]
struct Tree {
    nodes: Vec<Node>,
    /// Where the value begins that holds the rows, once it was passed.
    rows: Option<usize>,
}

impl Default for Tree {
    fn default() -> Self {
        Self { nodes: vec![Node::default()], rows: None }
    }
}

/// One place in the document.
#[derive(Debug, Default)]
struct Node {
    /// Columns that take the value.
    columns: Vec<usize>,
    members: Vec<(String, usize)>,
    elements: Vec<(usize, usize)>,
    /// Whether the rows are in here.
    rows: bool,
    known: Vec<Known>,
    /// The known key that documents usually begin with.
    first: usize,
}

/// A key that was met.
#[derive(Debug)]
struct Known {
    /// All from behind the `{` or `,` to the value's first byte.
    before: Box<[u8]>,
    /// The key as it is written, without its quotes.
    key: Box<[u8]>,
    asked: Asked,
    /// The known key that usually comes next.
    next: usize,
}

/// What is asked of a member.
#[derive(Debug, Clone, Copy)]
enum Asked {
    /// Nothing.
    Nothing,
    /// Its value for a column, and no more.
    Value(usize),
    /// What another place says.
    Node(usize),
}

impl Tree {
    fn add(&mut self, path: &[Step], column: usize) -> Result<(), MappingError> {
        // `[0:]` at the end means the array itself.
        let node = self.node(path.strip_suffix(&[Step::Elements]).unwrap_or(path))?;
        self.nodes[node].columns.push(column);
        Ok(())
    }

    fn node(&mut self, path: &[Step]) -> Result<usize, MappingError> {
        let mut node = 0;
        for step in path {
            let next = self.nodes.len();
            let here = &mut self.nodes[node];
            node = match step {
                Step::Member(name) => match here.members.iter().find(|member| member.0 == *name) {
                    Some(member) => member.1,
                    None => {
                        here.members.push((name.clone(), next));
                        next
                    }
                },
                Step::Index(index) => match here.elements.iter().find(|element| element.0 == *index) {
                    Some(element) => element.1,
                    None => {
                        here.elements.push((*index, next));
                        next
                    }
                },
                Step::Elements => {
                    return Err(MappingError::Path("only one array can be made rows of, in one level".into()));
                }
            };
            if node == next {
                self.nodes.push(Node::default());
            }
        }
        Ok(node)
    }

    /// Takes what is asked of the value at `at`; gives the place behind it. Recursion is as deep as paths are long.
    fn value(&mut self, text: &[u8], at: usize, node: usize, values: &mut [Token]) -> Result<usize, Malformed> {
        let here = &self.nodes[node];
        if here.rows {
            self.rows = Some(at);
        }
        let (token, end) = match text.get(at) {
            Some(b'{') if !here.members.is_empty() || node == 0 => {
                let end = self.object(text, at, node, values)?;
                (Token::new(Kind::Nested, at, end), end)
            }
            Some(b'[') if !here.elements.is_empty() => {
                let mut index = 0;
                let end = elements(text, at, |at| {
                    let asked = self.nodes[node].elements.iter().find(|element| element.0 == index);
                    index += 1;
                    match asked.map(|element| element.1) {
                        Some(element) => self.value(text, at, element, values),
                        None => scan::skip(text, at),
                    }
                })?;
                (Token::new(Kind::Nested, at, end), end)
            }
            _ => any_value(text, at)?,
        };
        for column in &self.nodes[node].columns {
            values[*column] = token;
        }
        Ok(end)
    }

    fn object(&mut self, text: &[u8], start: usize, node: usize, values: &mut [Token]) -> Result<usize, Malformed> {
        let (mut at, mut before, mut guess) = (start + 1, None, self.nodes[node].first);
        loop {
            let known = match self.nodes[node].known.get(guess) {
                Some(known) if text[at..].starts_with(&known.before) => known,
                _ => {
                    let first = scan::white(text, at);
                    if before.is_none() && text.get(first) == Some(&b'}') {
                        return Ok(first + 1);
                    }
                    guess = self.learn(text, at, node, before)?;
                    &self.nodes[node].known[guess]
                }
            };
            at += known.before.len();
            // This document may have white space where the one before had none.
            if text.get(at).is_some_and(u8::is_ascii_whitespace) {
                at = scan::white(text, at);
            }
            before = Some(guess);
            guess = known.next;
            at = match known.asked {
                Asked::Nothing => scan::skip(text, at)?,
                Asked::Value(column) => {
                    let (token, end) = any_value(text, at)?;
                    values[column] = token;
                    end
                }
                Asked::Node(child) => self.value(text, at, child, values)?,
            };
            if !matches!(text.get(at), Some(b',' | b'}')) {
                at = scan::white(text, at);
            }
            match text.get(at) {
                Some(b',') => at += 1,
                Some(b'}') => return Ok(at + 1),
                _ => return Err(Malformed(at)),
            }
        }
    }

    /// Reads a key that was not guessed, and remembers it behind the one before it.
    fn learn(&mut self, text: &[u8], at: usize, node: usize, before: Option<usize>) -> Result<usize, Malformed> {
        let quote = scan::white(text, at);
        if text.get(quote) != Some(&b'"') {
            return Err(Malformed(quote));
        }
        let (end, escaped) = scan::text_end(text, quote + 1)?;
        let colon = scan::white(text, end + 1);
        if text.get(colon) != Some(&b':') {
            return Err(Malformed(colon));
        }
        let key = &text[quote + 1..end];
        let whole = &text[at..scan::white(text, colon + 1)];
        let here = &mut self.nodes[node];
        let place = match here.known.iter().position(|known| *known.key == *key) {
            Some(place) => {
                here.known[place].before = whole.into();
                place
            }
            None => {
                let asked = self.asked(node, key, escaped).ok_or(Malformed(at))?;
                let known = Known { before: whole.into(), key: key.into(), asked, next: 0 };
                let here = &mut self.nodes[node];
                // What is met when all is taken has the last place, so that any number of keys can come.
                let full = here.known.len() >= KNOWN_MAX || (whole.len() > KNOWN_BYTES_MAX && !here.known.is_empty());
                if full {
                    here.known.pop();
                }
                here.known.push(known);
                here.known.len() - 1
            }
        };
        let here = &mut self.nodes[node];
        match before {
            Some(before) => here.known[before].next = place,
            None => here.first = place,
        }
        Ok(place)
    }

    /// What is asked of the member with a key; none when its escapes are wrong.
    fn asked(&self, node: usize, key: &[u8], escaped: bool) -> Option<Asked> {
        let mut plain = String::new();
        let key = std::str::from_utf8(key).ok()?;
        let key = if escaped { scan::unescape(key, &mut plain).then_some(plain.as_str())? } else { key };
        let member = self.nodes[node].members.iter().find(|member| member.0 == key);
        let Some((_, child)) = member else { return Some(Asked::Nothing) };
        let there = &self.nodes[*child];
        Some(match there.columns[..] {
            [column] if there.members.is_empty() && there.elements.is_empty() && !there.rows => Asked::Value(column),
            _ => Asked::Node(*child),
        })
    }
}

/// Any value as it stands there.
#[inline]
pub(super) fn any_value(text: &[u8], at: usize) -> Result<(Token, usize), Malformed> {
    Ok(match text.get(at) {
        Some(b'"') => {
            let (end, escaped) = scan::text_end(text, at + 1)?;
            let kind = if escaped { Kind::Escaped } else { Kind::Text };
            (Token::new(kind, at + 1, end), end + 1)
        }
        Some(b'-' | b'0'..=b'9') => {
            let end = scan::number_end(text, at)?;
            (Token::new(Kind::Number, at, end), end)
        }
        Some(b'{' | b'[') => {
            let end = scan::nested_end(text, at)?;
            (Token::new(Kind::Nested, at, end), end)
        }
        Some(b't') => (Token::new(Kind::True, at, at + 4), scan::word_end(text, at, b"true")?),
        Some(b'f') => (Token::new(Kind::False, at, at + 5), scan::word_end(text, at, b"false")?),
        Some(b'n') => (Token::NULL, scan::word_end(text, at, b"null")?),
        _ => return Err(Malformed(at)),
    })
}
