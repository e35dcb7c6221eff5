//! Every quota, with its unit.
//!
//! <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/limits.html>

/// Applications of an account in a region.
pub(crate) const APPLICATIONS_MAX: usize = 50;
/// Applications of all accounts together; what this one server carries.
pub(crate) const SERVER_APPLICATIONS_MAX: usize = 1_000;
/// Streaming sources of an application.
pub(crate) const INPUTS_MAX: usize = 1;
/// Destinations of an application.
pub(crate) const OUTPUTS_MAX: usize = 3;
/// Reference tables of an application.
pub(crate) const REFERENCES_MAX: usize = 1;
/// Log streams of an application.
pub(crate) const LOGGING_OPTIONS_MAX: usize = 1;
/// Characters of an application's code.
pub(crate) const CODE_CHARACTERS_MAX: usize = 102_400;
/// Columns of a schema.
pub(crate) const COLUMNS_MAX: usize = 1_000;
/// In-application streams of an input.
pub(crate) const PARALLELISM_MAX: i64 = 64;
/// Tags of an application.
pub(crate) const TAGS_MAX: usize = 50;
/// The last version of an application.
pub(crate) const VERSION_MAX: i64 = 999_999_999;
/// Versions of an application that are remembered; older ones are forgotten.
pub(crate) const VERSIONS_KEPT: u64 = 1_000;
/// Applications and versions on a page, unless a request says less.
pub(crate) const PAGE: usize = 50;
/// Bytes of a request: the code, and a thousand columns with long paths.
pub(crate) const BODY_BYTES_MAX: usize = 4 << 20;
