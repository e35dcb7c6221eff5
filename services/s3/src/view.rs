//! What a reader is shown of an object: which version, which of its bytes, which headers.

use s3s::S3Result;
use s3s::dto::{self, ETagCondition, Timestamp};

use crate::bucket::Versioning;
use crate::call::Call;
use crate::checksum::{Checksum, Members};
use crate::condition::Reading;
use crate::content::{Content, Manifest, Stretch};
use crate::object::Object;
use crate::version::Version;
use crate::{S3, errors, lifecycle, limits};

/// What a reader asks for.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) owner: Option<String>,
    pub(crate) version_id: Option<String>,
    pub(crate) reading: Reading,
    pub(crate) range: Option<dto::Range>,
    pub(crate) part_number: Option<i32>,
    pub(crate) wants_checksum: bool,
    pub(crate) has_customer_key: bool,
}

/// What is shown.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) version: Version,
    pub(crate) object: Object,
    /// As answered; `None` in buckets that were never versioned.
    pub(crate) version_id: Option<String>,
    /// When a rule lets go of it, as answered.
    pub(crate) expiration: Option<String>,
    pub(crate) range: std::ops::Range<u64>,
    /// `bytes first-last/size`, where not everything is shown.
    pub(crate) content_range: Option<String>,
    pub(crate) checksum: Option<Checksum>,
    pub(crate) part_count: Option<i32>,
    /// The stretches of the shown bytes.
    pub(crate) stretches: Vec<Stretch>,
}

impl Asked {
    /// The conditions of a read.
    pub(crate) fn when(
        mut self,
        if_match: Option<ETagCondition>,
        if_none_match: Option<ETagCondition>,
        if_modified_since: Option<Timestamp>,
        if_unmodified_since: Option<Timestamp>,
    ) -> Self {
        self.reading = Reading { if_match, if_none_match, if_modified_since, if_unmodified_since };
        self
    }
}

impl View {
    /// How many bytes are shown.
    pub(crate) fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// The checksum's members and kind.
    pub(crate) fn checksum_members(&self) -> (Members, Option<dto::ChecksumType>) {
        let checksum = self.checksum.as_ref();
        (Members::of_checksum(checksum), checksum.map(|checksum| checksum.kind.on_wire()))
    }
}

impl S3 {
    /// Finds what a reader asks for.
    pub(crate) fn view(&self, call: &Call, asked: &Asked) -> S3Result<View> {
        for _ in 0..limits::ATTEMPT_COUNT_MAX {
            if let Some(view) = self.view_once(call, asked)? {
                return Ok(view);
            }
        }
        Err(errors::internal("an object is replaced faster than it can be looked at"))
    }

    /// Nothing when the object was replaced meanwhile.
    fn view_once(&self, call: &Call, asked: &Asked) -> S3Result<Option<View>> {
        if asked.has_customer_key {
            return Err(errors::invalid_request("The encryption parameters are not applicable to this object."));
        }
        let bucket = self.bucket(call, &asked.bucket, asked.owner.as_deref())?;
        let located = self.locate(&asked.bucket, &asked.key, asked.version_id.as_deref())?;
        let object = located.object(&asked.key, asked.version_id.is_some())?.clone();
        asked.reading.check(&located.version, &object)?;
        let version_id = (bucket.versioning != Versioning::Unversioned).then(|| located.version.shown_id());
        let expiration = match located.is_current {
            true => lifecycle::announced(&bucket, &asked.key, &object, located.version.modified_ms)?,
            false => None,
        };
        let mut view = View {
            version: located.version,
            version_id,
            expiration,
            range: 0..object.size,
            content_range: None,
            checksum: None,
            part_count: None,
            stretches: Vec::new(),
            object,
        };
        match (asked.range, asked.part_number) {
            (Some(_), Some(_)) => {
                let sentence = "Cannot specify both Range header and partNumber query parameter";
                return Err(errors::invalid_request(sentence));
            }
            (Some(range), None) => view.show_range(range)?,
            (None, Some(number)) => {
                if !self.show_part(&mut view, number)? {
                    return Ok(None);
                }
            }
            (None, None) => view.checksum = view.object.checksum.clone(),
        }
        if !asked.wants_checksum {
            view.checksum = None;
        }
        let Some(stretches) = self.stretches(&view.object.content, view.range.clone())? else { return Ok(None) };
        view.stretches = stretches;
        Ok(Some(view))
    }

    /// Whether the object is still there.
    fn show_part(&self, view: &mut View, number: i32) -> S3Result<bool> {
        crate::multipart::check_number(number)?;
        let index = usize::try_from(number - 1).expect("numbers of parts begin at 1");
        let Content::Parts(id) = &view.object.content else {
            // One upload of a single part is kept without a manifest.
            let count = view.object.part_count;
            view.checksum = view.object.checksum.clone();
            view.part_count = count;
            if index > 0 {
                return Err(errors::part_number_invalid());
            }
            view.show(0..view.object.size);
            return Ok(true);
        };
        let Some(Manifest { parts }) = self.manifest(id)? else { return Ok(false) };
        let part = parts.get(index).ok_or_else(errors::part_number_invalid)?;
        let begin = parts[..index].iter().map(|part| part.size).sum();
        view.part_count = i32::try_from(parts.len()).ok();
        view.checksum = match (&view.object.checksum, &part.checksum) {
            (Some(whole), Some(value)) => Some(Checksum { value: value.clone(), ..whole.clone() }),
            _ => None,
        };
        view.show(begin..begin + part.size);
        Ok(true)
    }
}

impl View {
    fn show(&mut self, range: std::ops::Range<u64>) {
        if !range.is_empty() {
            self.content_range = Some(format!("bytes {}-{}/{}", range.start, range.end - 1, self.object.size));
        }
        self.range = range;
    }

    fn show_range(&mut self, range: dto::Range) -> S3Result<()> {
        let range = resolve(range, self.object.size)?;
        // Whoever reads everything in one range is still told the checksum of it.
        if range == (0..self.object.size) {
            self.checksum = self.object.checksum.clone();
        }
        self.show(range);
        Ok(())
    }
}

/// The bytes that a range names of so many.
pub(crate) fn resolve(range: dto::Range, size: u64) -> S3Result<std::ops::Range<u64>> {
    let refused = || errors::range_invalid(&range.to_header_string(), size);
    let resolved = match range {
        dto::Range::Int { first, last } => first..last.map_or(size, |last| size.min(last.saturating_add(1))),
        dto::Range::Suffix { length } => size.saturating_sub(length)..size,
    };
    if resolved.is_empty() { Err(refused()) } else { Ok(resolved) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_resolved_against_the_size() {
        let check = |header: &str, size: u64, expected: Option<std::ops::Range<u64>>| {
            let range = dto::Range::parse(header).expect(header);
            assert_eq!(resolve(range, size).ok(), expected, "{header} of {size}");
        };
        check("bytes=0-0", 10, Some(0..1));
        check("bytes=5-", 10, Some(5..10));
        check("bytes=5-100", 10, Some(5..10));
        check("bytes=-3", 10, Some(7..10));
        check("bytes=-30", 10, Some(0..10));
        check("bytes=10-", 10, None);
        check("bytes=0-", 0, None);
        check("bytes=-1", 0, None);
        check("bytes=-0", 10, None);
    }
}
