//! The noun listing: keys in order, page by page, in memory that does not grow with the bucket.

use std::ops::Bound;

use base64_simd::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::S3Result;
use s3s::dto::{self, EncodingType};

use crate::version::{Entry, Version};
use crate::{S3, errors, limits, rows};

/// Rows that are read at once.
const BATCH: usize = 256;
/// What `encoding-type=url` leaves as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/');

/// Which keys are wanted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    pub(crate) bucket: String,
    pub(crate) prefix: String,
    pub(crate) delimiter: Option<String>,
    /// Only what comes after this key or common prefix.
    pub(crate) after: Option<String>,
    pub(crate) limit: usize,
}

/// A page of keys.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) items: Vec<Item>,
    /// What the next page comes after.
    pub(crate) next: Option<String>,
}

/// A line of a page.
#[derive(Debug)]
pub(crate) enum Item {
    Key(String, Box<Version>),
    Prefix(String),
}

impl Item {
    fn name(&self) -> &str {
        match self {
            Self::Key(key, _) => key,
            Self::Prefix(prefix) => prefix,
        }
    }
}

/// Keys of one table, grouped by a delimiter; seeks over what is grouped instead of reading it.
#[derive(Debug)]
pub(crate) struct Walk {
    table: &'static str,
    base: usize,
    prefix_len: usize,
    delimiter: Option<String>,
    from: Bound<Vec<u8>>,
    end: Option<Vec<u8>>,
    batch: std::vec::IntoIter<(Vec<u8>, Vec<u8>)>,
    is_over: bool,
}

impl Walk {
    /// The rows of a bucket whose keys begin with `prefix`, after `from`.
    pub(crate) fn new(
        table: &'static str,
        bucket: &str,
        prefix: &str,
        delimiter: Option<&str>,
        from: Bound<Vec<u8>>,
    ) -> Self {
        let first = rows::in_bucket(bucket, prefix);
        let from = match from {
            Bound::Included(key) | Bound::Excluded(key) if key < first => Bound::Included(first.clone()),
            Bound::Unbounded => Bound::Included(first.clone()),
            from => from,
        };
        Self {
            table,
            base: bucket.len() + 1,
            prefix_len: prefix.len(),
            delimiter: delimiter.filter(|delimiter| !delimiter.is_empty()).map(str::to_owned),
            from,
            end: rows::after_prefix(&first),
            batch: Vec::new().into_iter(),
            is_over: false,
        }
    }

    /// The next row: its key within the bucket, and its bytes.
    pub(crate) fn next(&mut self, s3: &S3) -> S3Result<Option<(Vec<u8>, Vec<u8>)>> {
        loop {
            if let Some((key, row)) = self.batch.next() {
                self.from = Bound::Excluded(key.clone());
                return Ok(Some((key[self.base..].to_vec(), row)));
            }
            if self.is_over {
                return Ok(None);
            }
            let from = self.from.as_ref().map(Vec::as_slice);
            let end = self.end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let found = s3.store.scan(self.table, from, end, BATCH).map_err(|error| errors::store(&error))?;
            self.is_over = found.len() < BATCH;
            self.batch = found.into_iter();
        }
    }

    /// The common prefix that a key belongs to.
    pub(crate) fn group<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter.as_deref()?;
        let rest = key.get(self.prefix_len..)?;
        let at = rest.find(delimiter)?;
        Some(&key[..self.prefix_len + at + delimiter.len()])
    }

    /// Goes on behind everything that begins with this.
    pub(crate) fn skip(&mut self, bucket: &str, group: &str) {
        let group = rows::in_bucket(bucket, group);
        // What is already read may reach further than the group.
        let last_read = self.batch.as_slice().last();
        if last_read.is_some_and(|(key, _)| !key.starts_with(&group)) {
            let inside = self.batch.as_slice().iter().take_while(|(key, _)| key.starts_with(&group)).count();
            if inside > 0 {
                self.batch.nth(inside - 1);
            }
            return;
        }
        self.batch = Vec::new().into_iter();
        match rows::after_prefix(&group) {
            Some(after) => self.from = Bound::Included(after),
            None => self.is_over = true,
        }
    }
}

/// Where a walk begins that comes after a key, or after a whole common prefix.
pub(crate) fn begin(query: &Query) -> Bound<Vec<u8>> {
    let Some(after) = &query.after else { return Bound::Unbounded };
    let key = rows::in_bucket(&query.bucket, after);
    let delimiter = query.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty());
    let is_group = delimiter.is_some_and(|delimiter| {
        let rest = after.strip_prefix(query.prefix.as_str());
        rest.and_then(|rest| rest.find(delimiter).map(|at| at + delimiter.len() == rest.len())).unwrap_or(false)
    });
    match (is_group, rows::after_prefix(&key)) {
        (true, Some(after)) => Bound::Included(after),
        _ => Bound::Excluded(key),
    }
}

impl S3 {
    /// A page of the keys that stand in a bucket now.
    pub(crate) fn page(&self, query: &Query) -> S3Result<Page> {
        let mut page = Page::default();
        if query.limit == 0 {
            return Ok(page);
        }
        let delimiter = query.delimiter.as_deref();
        let mut walk = Walk::new(rows::OBJECTS, &query.bucket, &query.prefix, delimiter, begin(query));
        while let Some((key, row)) = walk.next(self)? {
            let entry: Entry = rows::read(rows::OBJECTS, &row)?;
            if entry.current.object.is_none() {
                continue;
            }
            if page.items.len() == query.limit {
                page.next = page.items.last().map(|item| item.name().to_owned());
                break;
            }
            let key = text(key)?;
            match walk.group(&key).map(str::to_owned) {
                Some(group) => {
                    walk.skip(&query.bucket, &group);
                    page.items.push(Item::Prefix(group));
                }
                None => page.items.push(Item::Key(key, Box::new(entry.current))),
            }
        }
        Ok(page)
    }
}

/// A key out of a row.
pub(crate) fn text(key: Vec<u8>) -> S3Result<String> {
    String::from_utf8(key).map_err(|_| errors::internal("a key is not UTF-8"))
}

/// How many lines a page may have.
pub(crate) fn limit(asked: Option<i32>, name: &str) -> S3Result<usize> {
    let asked = asked.unwrap_or(limits::PAGE_MAX);
    usize::try_from(asked.min(limits::PAGE_MAX)).map_err(|_| {
        errors::argument("Argument maxKeys must be an integer between 0 and 2147483647", name, &asked.to_string())
    })
}

/// Refuses attributes of lines that no object here has.
pub(crate) fn check_attributes(asked: Option<&[dto::OptionalObjectAttributes]>) -> S3Result<()> {
    match asked.and_then(<[_]>::first) {
        // Objects that were never archived have no such line, whoever asks.
        Some(attribute) if attribute.as_str() != dto::OptionalObjectAttributes::RESTORE_STATUS => {
            Err(errors::argument(
                "Invalid attribute name specified.",
                "x-amz-optional-object-attributes",
                attribute.as_str(),
            ))
        }
        _ => Ok(()),
    }
}

/// Names as an answer spells them.
#[derive(Debug, Clone)]
pub(crate) struct Spelling(Option<EncodingType>);

impl Spelling {
    pub(crate) fn new(asked: Option<EncodingType>) -> S3Result<Self> {
        match asked {
            Some(asked) if asked.as_str() != EncodingType::URL => {
                Err(errors::argument("Invalid Encoding Method specified in Request", "encoding-type", asked.as_str()))
            }
            asked => Ok(Self(asked)),
        }
    }

    /// What the answer says about itself.
    pub(crate) fn name(&self) -> Option<EncodingType> {
        self.0.clone()
    }

    pub(crate) fn spell(&self, name: &str) -> String {
        match self.0 {
            Some(_) => utf8_percent_encode(name, PLAIN).to_string(),
            None => name.to_owned(),
        }
    }

    pub(crate) fn spell_if(&self, name: Option<&str>) -> Option<String> {
        name.map(|name| self.spell(name))
    }

    pub(crate) fn prefixes(&self, prefixes: Vec<String>) -> Option<Vec<dto::CommonPrefix>> {
        let prefix = |prefix: String| dto::CommonPrefix { prefix: Some(self.spell(&prefix)) };
        (!prefixes.is_empty()).then(|| prefixes.into_iter().map(prefix).collect())
    }
}

/// A key of a listing.
pub(crate) fn line(key: &str, version: &Version, spelling: &Spelling, owner: Option<&str>) -> dto::Object {
    let object = version.object.as_ref();
    let checksum = object.and_then(|object| object.checksum.as_ref());
    dto::Object {
        checksum_algorithm: checksum.map(|checksum| vec![checksum.algorithm.on_wire()]),
        checksum_type: checksum.map(|checksum| checksum.kind.on_wire()),
        e_tag: object.map(|object| dto::ETag::Strong(object.etag.clone())),
        key: Some(spelling.spell(key)),
        last_modified: Some(crate::time::shown(version.modified_ms)),
        owner: owner.map(crate::owner::of),
        restore_status: None,
        size: object.and_then(|object| i64::try_from(object.size).ok()),
        storage_class: Some(dto::ObjectStorageClass::from_static(dto::ObjectStorageClass::STANDARD)),
    }
}

/// Where a listing goes on, in words that clients do not read.
pub(crate) fn token(after: &str) -> String {
    URL_SAFE_NO_PAD.encode_to_string(format!("1{after}"))
}

/// What a token says.
pub(crate) fn of_token(token: &str) -> S3Result<String> {
    let refused = || errors::argument("The continuation token provided is incorrect", "continuation-token", token);
    let bytes = URL_SAFE_NO_PAD.decode_to_vec(token).map_err(|_| refused())?;
    let text = String::from_utf8(bytes).map_err(|_| refused())?;
    text.strip_prefix('1').map(str::to_owned).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_back() {
        assert_eq!(of_token(&token("a/ü b")).expect("ours"), "a/ü b");
        assert!(of_token("???").is_err() && of_token("").is_err());
    }

    #[test]
    fn names_are_spelled_as_asked() {
        let url = Spelling::new(Some(EncodingType::from_static("url"))).expect("known");
        assert_eq!(url.spell("a b/ü+.~"), "a%20b/%C3%BC%2B.~");
        assert_eq!(Spelling::new(None).expect("none").spell("a b"), "a b");
        assert!(Spelling::new(Some(EncodingType::from_static("xml"))).is_err());
    }

    #[test]
    fn pages_go_on_behind_a_whole_group() {
        let query = |after: &str, delimiter: Option<&str>| Query {
            bucket: "b".to_owned(),
            prefix: "p/".to_owned(),
            delimiter: delimiter.map(str::to_owned),
            after: Some(after.to_owned()),
            limit: 1,
        };
        assert_eq!(begin(&query("p/x/", Some("/"))), Bound::Included(b"b\0p/x0".to_vec()));
        assert_eq!(begin(&query("p/x/y", Some("/"))), Bound::Excluded(b"b\0p/x/y".to_vec()));
        assert_eq!(begin(&query("p/x/", None)), Bound::Excluded(b"b\0p/x/".to_vec()));
        assert_eq!(begin(&query("p/", Some("/"))), Bound::Excluded(b"b\0p/".to_vec()));
    }
}
