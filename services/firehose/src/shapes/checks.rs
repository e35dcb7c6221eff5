//! Constraints that many members share, in the words of the model.

use std::sync::LazyLock;

use aws::{Constraints, Member, Pattern, Required};

/// Whether a structure creates something or changes it: what the model requires of the one is optional in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Whole,
    Change,
}

static STREAM_NAME: LazyLock<Pattern> = LazyLock::new(|| Pattern::new("[a-zA-Z0-9_.-]+"));
static ROLE_ARN: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"arn:.*:iam::\d{12}:role/[a-zA-Z_0-9+=,.@\-_/]+"));

/// What `(?!\s*$).+` says, which our regular expressions cannot.
pub(crate) const NOT_BLANK: &str = r"^(?!\s*$).+";

/// Begins the checks of a member that the model requires of what is whole.
pub(crate) fn member<'c, 'v, T>(
    check: &'c mut Constraints,
    form: Form,
    name: &'c str,
    value: &'v Option<T>,
) -> Member<'c, 'v, T> {
    if form == Form::Whole && value.is_none() {
        check.fail(name, "null", "Member must not be null");
    }
    check.member(name, value)
}

/// Notes that a structure is missing which the model requires of what is whole.
pub(crate) fn require<T>(check: &mut Constraints, form: Form, name: &str, value: Option<&T>) {
    if form == Form::Whole && value.is_none() {
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

/// Whether a text is one line with something in it: what [`NOT_BLANK`] means.
pub(crate) fn is_not_blank(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains('\n')
}

/// `DeliveryStreamName` where the model requires it.
pub(crate) fn stream_name(check: &mut Constraints, value: &Required<String>) {
    check.member("deliveryStreamName", value).pattern(&STREAM_NAME).length(1..=64);
}

/// A delivery stream's name under another member name, optional.
pub(crate) fn named_stream(check: &mut Constraints, name: &str, value: &Option<String>) {
    check.member(name, value).pattern(&STREAM_NAME).length(1..=64);
}

/// `RoleARN`.
pub(crate) fn role_arn(check: &mut Constraints, form: Form, value: &Option<String>) {
    member(check, form, "roleARN", value).pattern(&ROLE_ARN).length(1..=512);
}

/// Whether an address is on this machine, where secrets do not travel and encryption is optional.
pub(crate) fn is_loopback_url(url: &str, scheme: &str) -> bool {
    url.strip_prefix(scheme).is_some_and(|rest| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // What stands before an @ is a user's name, and the host is elsewhere.
        !authority.contains('@') && is_loopback_host(authority)
    })
}

/// Whether `host[:port]` is on this machine.
pub(crate) fn is_loopback_host(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_address = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    is_address || host.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_told_from_elsewhere() {
        for (url, expected) in [
            ("http://localhost:8088/x", true),
            ("http://127.0.0.9", true),
            ("http://[::1]:80?a", true),
            ("http://localhost.example.com/", false),
            ("http://127.0.0.1@example.com/", false),
            ("http://10.0.0.1:80", false),
            ("https://localhost", false),
        ] {
            assert_eq!(is_loopback_url(url, "http://"), expected, "{url}");
        }
    }
}
