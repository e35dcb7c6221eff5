//! Partition keys out of records, by the jq expression of the MetadataExtraction processor.
//!
//! Differs from AWS: the expression runs on jaq, whose filters are jq's but for what jaq documents. What would make a
//! repeated delivery differ from the first, or show the server's surroundings, is not there: `now`, `input`, `env`.

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars, data, unwrap_valr};
use jaq_json::{Val, read};

use crate::prefix::Keys;

/// Partitions that may be open at once; records of further ones are failures.
pub(crate) const ACTIVE_PARTITIONS_MAX: usize = 500;

/// Filters that are not offered.
const WITHHELD: &[&str] = &[
    "now",
    "env",
    "halt",
    "halt_error",
    "debug",
    "debug_empty",
    "stderr",
    "stderr_empty",
    "localtime",
    "strflocaltime",
];

type Data = data::JustLut<Val>;

/// A jq expression, compiled.
pub(crate) struct Query {
    filter: Filter<Data>,
}

impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Query")
    }
}

/// Why a record has no partition keys. What it says is AWS's as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoKeys {
    /// The record is not JSON.
    #[error("Non JSON record provided")]
    NotJson,
    /// The expression failed.
    #[error("JQ expression failed: {0}")]
    Failed(String),
    /// The expression gave something else than one object.
    #[error("JQ expression must result in one object")]
    NoObject,
    /// A key is missing, null, empty, or no scalar.
    #[error("partitionKeys values must not be null or empty")]
    EmptyKey,
}

impl Query {
    /// Compiles an expression, or says why it cannot be.
    pub(crate) fn compile(expression: &str) -> Result<Self, String> {
        let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let filters = jaq_core::funs::<Data>().chain(jaq_std::funs()).chain(jaq_json::funs());
        let definitions = definitions.filter(|definition| !WITHHELD.contains(&definition.name));
        let arena = Arena::default();
        let program = File { code: expression, path: () };
        let modules = Loader::new(definitions).load(&arena, program).map_err(|errors| {
            let unreadable = errors.first().map(|(file, _)| file.code);
            format!("the expression cannot be read: {}", unreadable.unwrap_or(expression))
        })?;
        let offered = filters.filter(|(name, ..)| !WITHHELD.contains(name));
        let filter = Compiler::default().with_funs(offered).compile(modules).map_err(|errors| {
            let unknown = errors.iter().flat_map(|(_, unknown)| unknown).map(|(name, _)| (*name).to_owned());
            format!("the expression names what is not there: {}", unknown.collect::<Vec<_>>().join(", "))
        })?;
        Ok(Self { filter })
    }

    /// The keys of a record; all of them must have a value.
    pub(crate) fn keys(&self, record: &[u8]) -> Result<Keys, NoKeys> {
        let value = read::parse_single(record).map_err(|_not_json| NoKeys::NotJson)?;
        let context = Ctx::<Data>::new(&self.filter.lut, Vars::new([]));
        let mut results = self.filter.id.run((context, value)).map(unwrap_valr);
        let first = results.next().ok_or(NoKeys::NoObject)?;
        let first = first.map_err(|error| NoKeys::Failed(error.to_string()))?;
        let Val::Obj(members) = first else { return Err(NoKeys::NoObject) };
        members.iter().map(|(name, value)| Ok((text(name)?, text(value)?))).collect()
    }
}

/// Scalars as they stand in a key.
fn text(value: &Val) -> Result<String, NoKeys> {
    let text = match value {
        Val::TStr(text) => String::from_utf8_lossy(text).into_owned(),
        Val::Num(_) | Val::Bool(_) => value.to_string(),
        Val::Null | Val::BStr(_) | Val::Arr(_) | Val::Obj(_) => return Err(NoKeys::EmptyKey),
    };
    (!text.is_empty()).then_some(text).ok_or(NoKeys::EmptyKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(expression: &str, record: &str) -> Result<Vec<(String, String)>, NoKeys> {
        let query = Query::compile(expression).expect("a sound expression");
        Ok(query.keys(record.as_bytes())?.into_iter().collect())
    }

    fn pairs(expected: &[(&str, &str)]) -> Result<Vec<(String, String)>, NoKeys> {
        Ok(expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn keys_are_extracted_as_documented() {
        // AWS's own example.
        let record = r#"{"type":{"device":"mobile","event":"user_clicked_submit_button"},"customer_id":"1234567890",
            "event_timestamp":1565382027,"region":"sample_region"}"#;
        let expression = r#"{customer_id:.customer_id,device:.type.device,
            year:.event_timestamp|strftime("%Y"),month:.event_timestamp|strftime("%m"),
            day:.event_timestamp|strftime("%d"),hour:.event_timestamp|strftime("%H")}"#;
        let expected = [
            ("customer_id", "1234567890"),
            ("day", "09"),
            ("device", "mobile"),
            ("hour", "20"),
            ("month", "08"),
            ("year", "2019"),
        ];
        assert_eq!(keys(expression, record), pairs(&expected));
    }

    #[test]
    fn scalars_become_text() {
        assert_eq!(
            keys("{a:.a,b:.b,c:.c}", r#"{"a":7,"b":true,"c":1.5}"#),
            pairs(&[("a", "7"), ("b", "true"), ("c", "1.5")])
        );
        assert_eq!(keys("{a:(.a|ascii_downcase|split(\"-\")|.[0])}", r#"{"a":"AB-CD"}"#), pairs(&[("a", "ab")]));
        assert_eq!(keys(r#"{a:(if .n > 5 then "high" else "low" end)}"#, r#"{"n":9}"#), pairs(&[("a", "high")]));
    }

    #[test]
    fn records_without_keys_say_why() {
        assert_eq!(keys("{a:.a}", "no json"), Err(NoKeys::NotJson));
        assert_eq!(keys("{a:.a}", r#"{"a":1}{"a":2}"#), Err(NoKeys::NotJson));
        assert_eq!(keys("{a:.a}", "{}"), Err(NoKeys::EmptyKey));
        assert_eq!(keys("{a:.a}", r#"{"a":""}"#), Err(NoKeys::EmptyKey));
        assert_eq!(keys("{a:.a}", r#"{"a":[1]}"#), Err(NoKeys::EmptyKey));
        assert_eq!(keys(".a", r#"{"a":"text"}"#), Err(NoKeys::NoObject));
        assert_eq!(keys("empty", "{}"), Err(NoKeys::NoObject));
        assert!(matches!(keys("{a:.a|tonumber}", r#"{"a":"x"}"#), Err(NoKeys::Failed(_))));
    }

    #[test]
    fn unsound_expressions_are_refused() {
        assert!(Query::compile("{a:").is_err());
        assert!(Query::compile("{a:nosuchfilter}").expect_err("refused").contains("nosuchfilter"));
        assert!(Query::compile("{a:now}").expect_err("refused").contains("now"));
        assert!(Query::compile("{a:env.HOME}").is_err());
    }
}
