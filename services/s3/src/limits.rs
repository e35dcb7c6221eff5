//! Every quota of S3 that we hold, with its unit.

/// Objects up to this size live in the store, larger ones in files of their own.
pub(crate) const SMALL_BYTES_MAX: usize = 64 * 1024;
/// What one PUT or one part may bring: 5 GiB.
pub(crate) const PUT_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024;
/// What the parts of an upload may be together: 5 TiB.
pub(crate) const OBJECT_BYTES_MAX: u64 = 5 * 1024 * 1024 * 1024 * 1024;
/// Every part of an upload but the last has at least this: 5 MiB.
pub(crate) const PART_BYTES_MIN: u64 = 5 * 1024 * 1024;
/// Part numbers begin at 1 and end here.
pub(crate) const PART_NUMBER_MAX: i32 = 10_000;
/// Names and values of user metadata together, in bytes.
pub(crate) const METADATA_BYTES_MAX: usize = 2 * 1024;
/// Keys are at most this long, in bytes of UTF-8.
pub(crate) const KEY_BYTES_MAX: usize = 1024;
/// Keys, uploads or parts of one answer.
pub(crate) const PAGE_MAX: i32 = 1000;
/// Buckets of one answer.
pub(crate) const BUCKET_PAGE_MAX: i32 = 10_000;
/// Keys of one `DeleteObjects`.
pub(crate) const DELETE_COUNT_MAX: usize = 1000;
/// Tags of an object.
pub(crate) const OBJECT_TAG_COUNT_MAX: usize = 10;
/// Tags of a bucket.
pub(crate) const BUCKET_TAG_COUNT_MAX: usize = 50;
/// The longest key of a tag, in characters.
pub(crate) const TAG_KEY_CHARS_MAX: usize = 128;
/// The longest value of a tag, in characters.
pub(crate) const TAG_VALUE_CHARS_MAX: usize = 256;
/// How often a transaction is tried again because somebody else was faster.
pub(crate) const ATTEMPT_COUNT_MAX: usize = 100;
