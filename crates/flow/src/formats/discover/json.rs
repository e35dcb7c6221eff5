//! Documents → paths and types: objects in objects are taken apart two levels deep, and the elements of one array of
//! objects become rows. Everything else that is nested stays text.

use std::collections::HashMap;

use super::Undiscovered;
use super::kinds::Kinds;
use super::names::Names;
use crate::formats::json::{any_value, elements};
use crate::formats::mapping::{Format, MappedColumn, Mapping};
use crate::formats::path;
use crate::formats::scan::{self, Malformed};
use crate::formats::token::Kind;

/// Objects in objects are taken apart so many times: AWS flattens one level, and tries a second.
const LEVELS: usize = 2;

/// A value that becomes a column.
struct Leaf {
    path: String,
    /// The keys that lead to it.
    keys: Vec<String>,
    kinds: Kinds,
}

/// What documents hold, in the order in which it was met.
#[derive(Default)]
struct Shape {
    leaves: Vec<Leaf>,
    /// The objects that were taken apart, with the most characters of each.
    objects: HashMap<String, usize>,
    /// The array whose elements are rows.
    rows: Option<String>,
}

/// The mapping of documents.
pub(super) fn mapping(texts: &[&str]) -> Result<Mapping, Undiscovered> {
    let mut shape = Shape::default();
    for text in texts {
        shape.documents(text).map_err(|_| Undiscovered::NotJson)?;
    }
    shape.settle();
    let mut names = Names::default();
    let column = |(place, leaf): (usize, Leaf)| {
        let keys: Vec<&str> = leaf.keys.iter().map(String::as_str).collect();
        MappedColumn { name: names.take(&keys, place), data_type: leaf.kinds.data_type(), path: Some(leaf.path) }
    };
    let columns: Vec<_> = shape.leaves.into_iter().enumerate().map(column).collect();
    if columns.is_empty() {
        return Err(Undiscovered::NotJson);
    }
    let row_path = shape.rows.unwrap_or_else(|| "$".to_owned());
    Ok(Mapping { format: Format::Json { row_path }, columns, hidden: Vec::new() })
}

/// Whether a text holds documents and nothing else.
pub(super) fn is_readable(text: &str) -> bool {
    Shape::default().documents(text).is_ok()
}

impl Shape {
    fn documents(&mut self, text: &str) -> Result<(), Malformed> {
        let bytes = text.as_bytes();
        let mut at = scan::white(bytes, 0);
        while at < bytes.len() {
            let end = match bytes[at] {
                b'{' => self.object(text, at, "$", &mut Vec::new())?,
                b'[' => {
                    self.rows = Some("$[0:]".to_owned());
                    elements(bytes, at, |at| self.object(text, at, "$[0:]", &mut Vec::new()))?
                }
                _ => return Err(Malformed(at)),
            };
            at = scan::white(bytes, end);
        }
        Ok(())
    }

    fn object(&mut self, text: &str, start: usize, path: &str, keys: &mut Vec<String>) -> Result<usize, Malformed> {
        let bytes = text.as_bytes();
        if bytes.get(start) != Some(&b'{') {
            return Err(Malformed(start));
        }
        let mut at = scan::white(bytes, start + 1);
        if bytes.get(at) == Some(&b'}') {
            return Ok(at + 1);
        }
        loop {
            let (key, colon) = key(text, at)?;
            let value = scan::white(bytes, colon + 1);
            let path = path::member(path, &key);
            keys.push(key);
            let end = self.value(text, value, path, keys)?;
            keys.pop();
            at = scan::white(bytes, end);
            match bytes.get(at) {
                Some(b',') => at = scan::white(bytes, at + 1),
                Some(b'}') => return Ok(at + 1),
                _ => return Err(Malformed(at)),
            }
        }
    }

    fn value(&mut self, text: &str, at: usize, path: String, keys: &mut Vec<String>) -> Result<usize, Malformed> {
        let bytes = text.as_bytes();
        if bytes.get(at) == Some(&b'{') && keys.len() <= LEVELS {
            let end = self.object(text, at, &path, keys)?;
            let longest = self.objects.entry(path).or_default();
            *longest = text[at..end].chars().count().max(*longest);
            return Ok(end);
        }
        if bytes.get(at) == Some(&b'[') && self.holds_rows(bytes, at, &path) {
            let path = format!("{path}[0:]");
            self.rows = Some(path.clone());
            return elements(bytes, at, |at| self.object(text, at, &path, keys));
        }
        let (token, end) = any_value(bytes, at)?;
        let leaf = self.leaf(path, keys);
        match token.kind {
            Kind::Null => {}
            Kind::True | Kind::False => leaf.kinds.boolean(token.text(text)),
            Kind::Number => leaf.kinds.number(token.text(text)),
            _ => leaf.kinds.text(token.text(text)),
        }
        Ok(end)
    }

    /// A value that is an object in one document and something else in another is a text in all of them.
    fn settle(&mut self) {
        let mut both = Vec::new();
        for leaf in &mut self.leaves {
            if let Some(characters) = self.objects.get(&leaf.path) {
                leaf.kinds.object(*characters);
                both.push(leaf.path.clone());
            }
        }
        let is_inside = |path: &str| {
            let rest = both.iter().filter_map(|outer| path.strip_prefix(outer.as_str()));
            rest.into_iter().any(|rest| rest.starts_with(['.', '[']))
        };
        self.leaves.retain(|leaf| !is_inside(&leaf.path));
    }

    /// Whether an array is the one whose elements are rows: the first one met that holds objects and nothing else.
    fn holds_rows(&self, bytes: &[u8], at: usize, path: &str) -> bool {
        let (mut objects, mut others) = (0, 0);
        let looked = elements(bytes, at, |at| {
            let count = if bytes.get(at) == Some(&b'{') { &mut objects } else { &mut others };
            *count += 1;
            scan::skip(bytes, at)
        });
        let free = self.rows.as_ref().is_none_or(|rows| rows.strip_suffix("[0:]") == Some(path));
        let known_empty = self.rows.is_some() && objects == 0;
        looked.is_ok() && others == 0 && free && (objects > 0 || known_empty)
    }

    fn leaf(&mut self, path: String, keys: &[String]) -> &mut Leaf {
        let place = self.leaves.iter().position(|leaf| leaf.path == path).unwrap_or_else(|| {
            self.leaves.push(Leaf { path, keys: keys.to_vec(), kinds: Kinds::default() });
            self.leaves.len() - 1
        });
        &mut self.leaves[place]
    }
}

/// A key and where its colon stands.
fn key(text: &str, at: usize) -> Result<(String, usize), Malformed> {
    let bytes = text.as_bytes();
    if bytes.get(at) != Some(&b'"') {
        return Err(Malformed(at));
    }
    let (end, _) = scan::text_end(bytes, at + 1)?;
    let mut key = String::new();
    let colon = scan::white(bytes, end + 1);
    if !scan::unescape(&text[at + 1..end], &mut key) || bytes.get(colon) != Some(&b':') {
        return Err(Malformed(colon));
    }
    Ok((key, colon))
}
