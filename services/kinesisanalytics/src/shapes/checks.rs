//! Constraints that many members share, in the words of the models.

use std::sync::LazyLock;

use aws::{Constraints, Member, Pattern, Required};

use crate::limits;

/// Which version of the API a request came through; their constraints differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    /// 2015-08-14.
    V1,
    /// 2018-05-23.
    V2,
}

/// The version of the API that an operation belongs to which both versions have alike.
pub(crate) trait Version: std::fmt::Debug + Default + Send + Sync + 'static {
    const API: Api;
}

/// 2015-08-14.
#[derive(Debug, Default)]
pub(crate) struct V1;

/// 2018-05-23.
#[derive(Debug, Default)]
pub(crate) struct V2;

impl Version for V1 {
    const API: Api = Api::V1;
}

impl Version for V2 {
    const API: Api = Api::V2;
}

static NAME: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("[a-zA-Z0-9_.-]+"));
static ARN: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("arn:.*"));
static ROLE_ARN: LazyLock<Pattern> =
    LazyLock::new(|| Pattern::new(r"arn:aws:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"));
static APPLICATION_ARN: LazyLock<Pattern> = LazyLock::new(|| {
    Pattern::new(r"arn:aws:kinesisanalytics:[a-z]{2}-[a-z]+-\d{1}+:\d{12}+:application/[a-zA-Z0-9_.-]{1,128}")
});
static IN_APP_NAME: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"[^-\s<>&]*"));
static WINDOW_START: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("([01][0-9]|2[0-3]):[0-5][0-9]"));
static TOKEN: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"[a-zA-Z0-9\-_+/=]+"));

/// Begins the checks of a member that the model requires, of a structure whose members are all optional to the decoder.
pub(crate) fn required<'c, 'v, T>(
    check: &'c mut Constraints,
    name: &'c str,
    value: &'v Option<T>,
) -> Member<'c, 'v, T> {
    require(check, name, value.as_ref());
    check.member(name, value)
}

/// Notes that a member is missing.
pub(crate) fn require<T>(check: &mut Constraints, name: &str, value: Option<&T>) {
    if value.is_none() {
        check.fail(name, "null", "Member must not be null");
    }
}

/// Notes a text that does not match `pattern`, where that is told by other means than a regular expression.
pub(crate) fn require_match(check: &mut Constraints, name: &str, value: Option<&str>, is_match: bool, pattern: &str) {
    if let Some(value) = value.filter(|_| !is_match) {
        let sentence = format!("Member must satisfy regular expression pattern: {pattern}");
        check.fail(name, &format!("'{value}'"), &sentence);
    }
}

/// `ApplicationName`.
pub(crate) fn application_name(check: &mut Constraints, value: &Required<String>) {
    check.member("applicationName", value).length(1..=128).pattern(&NAME);
}

/// An application's name under another member name, optional.
pub(crate) fn named_application(check: &mut Constraints, name: &str, value: &Option<String>) {
    check.member(name, value).length(1..=128).pattern(&NAME);
}

/// `CurrentApplicationVersionId` where it may be missing.
pub(crate) fn version(check: &mut Constraints, value: &Option<i64>) {
    check.member("currentApplicationVersionId", value).range(1..=limits::VERSION_MAX);
}

/// `CurrentApplicationVersionId` where the model requires it.
pub(crate) fn current_version(check: &mut Constraints, value: &Required<i64>) {
    check.member("currentApplicationVersionId", value).range(1..=limits::VERSION_MAX);
}

/// `ConditionalToken`.
pub(crate) fn conditional_token(check: &mut Constraints, value: &Option<String>) {
    check.member("conditionalToken", value).length(1..=512).pattern(&TOKEN);
}

/// The id of a part of an application.
pub(crate) fn id(check: &mut Constraints, name: &str, value: &Required<String>) {
    check.member(name, value).length(1..=50).pattern(&NAME);
}

/// The same inside a structure.
pub(crate) fn inner_id(check: &mut Constraints, name: &str, value: &Option<String>) {
    required(check, name, value).length(1..=50).pattern(&NAME);
}

/// An ARN that may be missing.
pub(crate) fn arn(check: &mut Constraints, name: &str, value: &Option<String>) {
    check.member(name, value).length(1..=2048).pattern(&ARN);
}

/// A role that may be missing. The second version lets its members of that name be anything, for it has none.
pub(crate) fn role(check: &mut Constraints, name: &str, value: &Option<String>, api: Api) {
    match api {
        Api::V1 => _ = check.member(name, value).length(1..=2048).pattern(&ROLE_ARN),
        Api::V2 => {}
    }
}

/// A role that the first version requires.
pub(crate) fn required_role(check: &mut Constraints, name: &str, value: &Option<String>, api: Api) {
    if api == Api::V1 {
        require(check, name, value.as_ref());
    }
    role(check, name, value, api);
}

/// `ResourceARN` of operations on tags.
pub(crate) fn application_arn(check: &mut Constraints, value: &Required<String>, api: Api) {
    let pattern = if api == Api::V1 { &APPLICATION_ARN } else { &ARN };
    check.member("resourceARN", value).length(1..=2048).pattern(pattern);
}

/// The name of an in-application stream or its prefix.
pub(crate) fn in_app_name(check: &mut Constraints, name: &str, value: &Option<String>, api: Api) {
    let mut member = check.member(name, value);
    member.length(1..=32);
    if api == Api::V2 {
        member.pattern(&IN_APP_NAME);
    }
}

/// A column's name, which only the second version restricts.
pub(crate) fn column_name(check: &mut Constraints, value: &Option<String>, api: Api) {
    let mut member = required(check, "name", value);
    if api == Api::V2 {
        member.length(1..=256).pattern(&IN_APP_NAME);
    }
}

/// A page's size.
pub(crate) fn page_limit(check: &mut Constraints, value: &Option<i32>) {
    check.member("limit", value).range(1..=50);
}

/// How many a page holds.
pub(crate) fn page_of(limit: Option<i32>) -> usize {
    limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(limits::PAGE)
}

/// `ServiceExecutionRole`.
pub(crate) fn execution_role(check: &mut Constraints, value: &Required<String>) {
    check.member("serviceExecutionRole", value).length(1..=2048).pattern(&ARN);
}

/// `SnapshotName`.
pub(crate) fn snapshot_name(check: &mut Constraints, value: &Required<String>) {
    check.member("snapshotName", value).length(1..=256).pattern(&NAME);
}

/// When maintenance begins.
pub(crate) fn window_start(check: &mut Constraints, name: &str, value: &Option<String>) {
    required(check, name, value).length(5..=5).pattern(&WINDOW_START);
}
