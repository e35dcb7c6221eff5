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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, serde::Deserialize)]
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
mod tests;
