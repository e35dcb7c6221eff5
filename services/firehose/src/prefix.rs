//! Prefixes of object keys and their `!{namespace:value}` expressions.
//!
//! <https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html>

pub(crate) mod pattern;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, Zoned};

use crate::destination::ErrorOutputType;
use pattern::Pattern;

/// Characters of an evaluated prefix at the most; what is appended for want of a timestamp does not count.
pub(crate) const EVALUATED_MAX: usize = 512;

/// What is appended to a prefix that names no time.
const DEFAULT_PATTERN: &str = "yyyy/MM/dd/HH/";

/// Why a prefix cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// `!{` without its end.
    #[error("{member} has an expression that does not end: {rest}")]
    Unterminated {
        /// Which prefix.
        member: &'static str,
        /// From the `!{` on.
        rest: String,
    },
    /// An expression that does not exist here.
    #[error("{member} has an unknown expression: !{{{expression}}}")]
    Unknown {
        /// Which prefix.
        member: &'static str,
        /// Between the braces.
        expression: String,
    },
    /// A pattern letter that Java has and we have not, or that nobody has.
    #[error("{member} has a timestamp pattern that is not supported: {pattern}: {what}")]
    Pattern {
        /// Which prefix.
        member: &'static str,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        what: String,
    },
    /// The type of an error outside of the error prefix.
    #[error("Prefix must not have the expression !{{firehose:error-output-type}}")]
    ErrorTypeInPrefix,
    /// Partition keys in the error prefix.
    #[error("ErrorOutputPrefix must not have expressions of the namespace {0}")]
    PartitionKeyInErrorPrefix(&'static str),
    /// Expressions in the error prefix without the type of error.
    #[error("ErrorOutputPrefix must have the expression !{{firehose:error-output-type}} when it has expressions")]
    ErrorTypeMissing,
    /// Expressions in the prefix, but no error prefix.
    #[error("ErrorOutputPrefix must be given when Prefix has expressions")]
    ErrorPrefixMissing,
    /// Partition keys without dynamic partitioning.
    #[error("Prefix has expressions of the namespace {0}, which need dynamic partitioning")]
    NotPartitioned(&'static str),
    /// Dynamic partitioning without partition keys.
    #[error("Prefix must have partitionKeyFromQuery or partitionKeyFromLambda expressions for dynamic partitioning")]
    NoPartitionKey,
    /// Longer than an evaluated prefix may be.
    #[error("{member} is longer than {EVALUATED_MAX} characters when it is evaluated")]
    TooLong {
        /// Which prefix.
        member: &'static str,
    },
    /// No such time zone.
    #[error("CustomTimeZone is not a time zone: {0}")]
    TimeZone(String),
}

/// A prefix, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prefix {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Timestamp(Pattern),
    RandomString,
    ErrorOutputType,
    QueryKey(String),
    LambdaKey(String),
}

/// Where partition keys come from.
pub(crate) type Keys = BTreeMap<String, String>;

/// The partition keys of a record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PartitionKeys {
    /// From the jq expression.
    pub(crate) query: Keys,
    /// From a function's answer.
    pub(crate) lambda: Keys,
}

/// What a prefix is evaluated with.
pub(crate) struct Circumstances<'a> {
    /// The one instant of the key.
    pub(crate) at: &'a Zoned,
    /// Partition keys.
    pub(crate) keys: Option<&'a PartitionKeys>,
    /// The type of error, in error prefixes.
    pub(crate) error: Option<ErrorOutputType>,
    /// A new random string of eleven characters at every call.
    pub(crate) random: &'a mut dyn FnMut() -> String,
}

impl Prefix {
    /// Understands a prefix; `member` names it in refusals.
    pub(crate) fn parse(text: &str, member: &'static str) -> Result<Self, Refused> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("!{") {
            if start > 0 {
                parts.push(Part::Literal(rest[..start].to_owned()));
            }
            let behind = &rest[start + 2..];
            let unterminated = || Refused::Unterminated { member, rest: rest[start..].to_owned() };
            let end = behind.find('}').ok_or_else(unterminated)?;
            parts.push(Part::parse(&behind[..end], member)?);
            rest = &behind[end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// Whether there is anything to evaluate.
    pub(crate) fn has_expressions(&self) -> bool {
        self.parts.iter().any(|part| !matches!(part, Part::Literal(_)))
    }

    /// The prefix of an object with data: what names no time gets the hour behind it.
    pub(crate) fn evaluate(&self, with: &mut Circumstances<'_>) -> String {
        let mut key = self.concatenate(with);
        if !self.has(|part| matches!(part, Part::Timestamp(_))) {
            append_hour(&mut key, with.at);
        }
        key
    }

    /// The prefix of an object with failures.
    pub(crate) fn evaluate_error(&self, with: &mut Circumstances<'_>) -> String {
        let mut key = self.concatenate(with);
        if !self.has_expressions() {
            let name = with.error.map_or("processing-failed", ErrorOutputType::name);
            let _ = write!(key, "{name}/"); // Writing to a String cannot fail.
            append_hour(&mut key, with.at);
        }
        key
    }

    /// What tells partitions apart: the values of the partition keys in their places. `None` when one is missing.
    pub(crate) fn partition(&self, keys: &PartitionKeys) -> Option<String> {
        let mut partition = String::new();
        for part in &self.parts {
            match part {
                Part::QueryKey(key) => partition.push_str(keys.query.get(key).filter(|value| !value.is_empty())?),
                Part::LambdaKey(key) => partition.push_str(keys.lambda.get(key).filter(|value| !value.is_empty())?),
                Part::Literal(text) => partition.push_str(text),
                Part::Timestamp(_) | Part::RandomString | Part::ErrorOutputType => partition.push('\0'),
            }
        }
        Some(partition)
    }

    fn concatenate(&self, with: &mut Circumstances<'_>) -> String {
        let mut key = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => key.push_str(text),
                Part::Timestamp(pattern) => pattern.format(with.at, &mut key),
                Part::RandomString => key.push_str(&(with.random)()),
                Part::ErrorOutputType => key.push_str(with.error.map_or("", ErrorOutputType::name)),
                Part::QueryKey(name) => key.push_str(value(with.keys.map(|keys| &keys.query), name)),
                Part::LambdaKey(name) => key.push_str(value(with.keys.map(|keys| &keys.lambda), name)),
            }
        }
        key
    }

    fn has(&self, what: impl Fn(&Part) -> bool) -> bool {
        self.parts.iter().any(what)
    }

    /// The length with every partition key empty, and without what is appended for want of a timestamp.
    fn shortest(&self) -> usize {
        let at = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
        let mut random = || "0".repeat(RANDOM_STRING_CHARACTERS);
        let error = Some(ErrorOutputType::ProcessingFailed);
        self.concatenate(&mut Circumstances { at: &at, keys: None, error, random: &mut random }).chars().count()
    }
}

/// Characters of a random string.
pub(crate) const RANDOM_STRING_CHARACTERS: usize = 11;

fn value<'a>(keys: Option<&'a Keys>, name: &str) -> &'a str {
    keys.and_then(|keys| keys.get(name)).map_or("", String::as_str)
}

fn append_hour(key: &mut String, at: &Zoned) {
    Pattern::parse(DEFAULT_PATTERN).expect("the default is a sound pattern").format(at, key);
}

impl Part {
    fn parse(expression: &str, member: &'static str) -> Result<Self, Refused> {
        let unknown = || Refused::Unknown { member, expression: expression.to_owned() };
        let (namespace, value) = expression.split_once(':').ok_or_else(unknown)?;
        match (namespace, value) {
            ("timestamp", pattern) => Pattern::parse(pattern).map(Self::Timestamp).map_err(|what| Refused::Pattern {
                member,
                pattern: pattern.to_owned(),
                what,
            }),
            ("firehose", "random-string") => Ok(Self::RandomString),
            ("firehose", "error-output-type") => Ok(Self::ErrorOutputType),
            ("partitionKeyFromQuery", key) if is_key(key) => Ok(Self::QueryKey(key.to_owned())),
            ("partitionKeyFromLambda", key) if is_key(key) => Ok(Self::LambdaKey(key.to_owned())),
            _ => Err(unknown()),
        }
    }
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && !key.contains(['{', '!'])
}

/// Whether a destination's prefixes can be used together; the first refusal of what is wrong.
pub(crate) fn check(prefix: &str, error_prefix: Option<&str>, is_partitioned: bool) -> Result<(), Refused> {
    let prefix = Prefix::parse(prefix, "Prefix")?;
    if prefix.has(|part| matches!(part, Part::ErrorOutputType)) {
        return Err(Refused::ErrorTypeInPrefix);
    }
    let from_query = prefix.has(|part| matches!(part, Part::QueryKey(_)));
    let from_lambda = prefix.has(|part| matches!(part, Part::LambdaKey(_)));
    match (is_partitioned, from_query, from_lambda) {
        (false, true, _) => return Err(Refused::NotPartitioned("partitionKeyFromQuery")),
        (false, _, true) => return Err(Refused::NotPartitioned("partitionKeyFromLambda")),
        (true, false, false) => return Err(Refused::NoPartitionKey),
        _ => {}
    }
    if prefix.shortest() > EVALUATED_MAX {
        return Err(Refused::TooLong { member: "Prefix" });
    }
    match error_prefix.filter(|text| !text.is_empty()) {
        Some(text) => check_error_prefix(text),
        None if prefix.has_expressions() => Err(Refused::ErrorPrefixMissing),
        None => Ok(()),
    }
}

fn check_error_prefix(text: &str) -> Result<(), Refused> {
    let prefix = Prefix::parse(text, "ErrorOutputPrefix")?;
    for part in &prefix.parts {
        match part {
            Part::QueryKey(_) => return Err(Refused::PartitionKeyInErrorPrefix("partitionKeyFromQuery")),
            Part::LambdaKey(_) => return Err(Refused::PartitionKeyInErrorPrefix("partitionKeyFromLambda")),
            _ => {}
        }
    }
    if prefix.has_expressions() && !prefix.has(|part| matches!(part, Part::ErrorOutputType)) {
        return Err(Refused::ErrorTypeMissing);
    }
    if prefix.shortest() > EVALUATED_MAX {
        return Err(Refused::TooLong { member: "ErrorOutputPrefix" });
    }
    Ok(())
}

/// The time zone of that IANA name; UTC for the empty one.
pub(crate) fn time_zone(name: &str) -> Result<TimeZone, Refused> {
    match name {
        "" | "UTC" => Ok(TimeZone::UTC),
        name => TimeZoneDatabase::bundled().get(name).map_err(|_not_there| Refused::TimeZone(name.to_owned())),
    }
}

/// The instant of a key in its time zone.
pub(crate) fn instant(ms: u64, zone: &TimeZone) -> Zoned {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX).to_zoned(zone.clone())
}

/// What stands behind the prefix: `<stream>-<version>-2018-08-27-10-30-00-<uuid><extension>`, always in UTC.
pub(crate) fn suffix(stream: &str, version: u64, at_ms: u64, uuid: &str, extension: &str) -> String {
    let at = instant(at_ms, &TimeZone::UTC);
    let (year, month, day) = (at.year(), at.month(), at.day());
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    format!("{stream}-{version}-{year:04}-{month:02}-{day:02}-{hour:02}-{minute:02}-{second:02}-{uuid}{extension}")
}
