//! AWS's models as the `botocore` package carries them: `data/<service>/<version>/service-2.json.gz`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// The one version of botocore that operations, constraints and the coverage page are held against.
pub const VERSION: &str = "1.44.5";

/// A service of AWS.
#[derive(Debug, serde::Deserialize)]
pub struct Model {
    /// Names and protocol.
    pub metadata: Metadata,
    /// Operations in model order.
    pub operations: Ordered<OperationModel>,
    /// Every shape by name.
    pub shapes: BTreeMap<String, Shape>,
}

/// Names and protocol of a service.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// For example `Amazon Kinesis`.
    pub service_full_name: String,
    /// For example `2013-12-02`.
    pub api_version: String,
    /// `json`, `query`, `rest-json`, …
    pub protocol: String,
    /// What stands before the dot in `X-Amz-Target`.
    pub target_prefix: Option<String>,
}

/// An operation of the model.
#[derive(Debug, serde::Deserialize)]
pub struct OperationModel {
    /// The request's shape.
    pub input: Option<ShapeRef>,
    /// The answer's shape.
    pub output: Option<ShapeRef>,
    /// The shapes of declared errors.
    #[serde(default)]
    pub errors: Vec<ShapeRef>,
    /// HTML text.
    #[serde(default)]
    pub documentation: String,
}

/// A use of a shape.
#[derive(Debug, serde::Deserialize)]
pub struct ShapeRef {
    /// The name of the shape.
    pub shape: String,
}

/// A type of the model with its constraints.
#[derive(Debug, serde::Deserialize)]
pub struct Shape {
    /// `structure`, `string`, `list`, `map`, `blob`, `integer`, `long`, `boolean`, `timestamp`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Members of a structure, in model order.
    #[serde(default)]
    pub members: Ordered<ShapeRef>,
    /// Members that must be there.
    #[serde(default)]
    pub required: Vec<String>,
    /// The element of a list.
    pub member: Option<ShapeRef>,
    /// The key of a map.
    pub key: Option<ShapeRef>,
    /// The value of a map.
    pub value: Option<ShapeRef>,
    /// The values of an enum.
    #[serde(default, rename = "enum")]
    pub names: Vec<String>,
    /// The least length or value.
    pub min: Option<serde_json::Number>,
    /// The greatest length or value.
    pub max: Option<serde_json::Number>,
    /// The regular expression of a string.
    pub pattern: Option<String>,
    /// Whether it is an error.
    #[serde(default)]
    pub exception: bool,
    /// How an error travels.
    pub error: Option<ErrorTrait>,
    /// Whether it is a stream of events.
    #[serde(default)]
    pub eventstream: bool,
}

/// How an error travels.
#[derive(Debug, serde::Deserialize)]
pub struct ErrorTrait {
    /// The code on the wire, where it is not the shape's name.
    pub code: Option<String>,
}

impl Shape {
    /// The least length or value, as a number.
    pub fn least(&self) -> Option<i64> {
        self.min.as_ref().and_then(serde_json::Number::as_i64)
    }

    /// The greatest length or value, as a number.
    pub fn greatest(&self) -> Option<i64> {
        self.max.as_ref().and_then(serde_json::Number::as_i64)
    }
}

impl Model {
    /// Reads a service's newest model below botocore's `data` folder.
    pub fn load(data: &Path, service: &str) -> io::Result<Self> {
        let versions = fs::read_dir(data.join(service))?;
        let newest = versions.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).max();
        let folder = newest.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("no model of {service}")))?;
        Self::read(File::open(folder.join("service-2.json.gz"))?)
    }

    /// Reads a model from its compressed text.
    pub fn read(compressed: impl io::Read) -> io::Result<Self> {
        let reader = io::BufReader::new(GzDecoder::new(compressed));
        serde_json::from_reader(reader).map_err(io::Error::other)
    }

    /// A shape by name. Panics on an unknown one: models are closed.
    pub fn shape(&self, name: &str) -> &Shape {
        self.shapes.get(name).expect("a model names only shapes that it defines")
    }

    /// The request's shape of an operation, if it has members.
    pub fn input(&self, operation: &OperationModel) -> Option<&Shape> {
        operation.input.as_ref().map(|input| self.shape(&input.shape))
    }

    /// The codes of all errors the model defines, as they stand on the wire.
    pub fn error_codes(&self) -> Vec<&str> {
        let errors = self.shapes.iter().filter(|(_, shape)| shape.exception);
        errors
            .map(|(name, shape)| shape.error.as_ref().and_then(|error| error.code.as_deref()).unwrap_or(name))
            .collect()
    }
}

/// Botocore's `data` folder in a Python environment; an error that says what to do where there is none.
pub fn data_folder(environment: &Path) -> io::Result<PathBuf> {
    let missing = || {
        let text = format!("no botocore in {}: run `cargo xtask environments`", environment.display());
        io::Error::new(io::ErrorKind::NotFound, text)
    };
    let versions = fs::read_dir(environment.join("lib")).map_err(|_| missing())?;
    let mut candidates = versions.filter_map(|entry| Some(entry.ok()?.path().join("site-packages/botocore/data")));
    candidates.find(|path| path.is_dir()).ok_or_else(missing)
}

/// A JSON object whose members keep their order.
#[derive(Debug)]
pub struct Ordered<T>(pub Vec<(String, T)>);

impl<T> Ordered<T> {
    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OrderedVisitor(PhantomData))
    }
}

struct OrderedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OrderedVisitor<T> {
    type Value = Ordered<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Ordered<T>, M::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Ordered(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_the_order_of_the_model() {
        let text = r#"{"type": "structure", "members": {"B": {"shape": "x"}, "A": {"shape": "y"}}, "required": ["A"]}"#;
        let shape: Shape = serde_json::from_str(text).expect("a shape");
        let names: Vec<&str> = shape.members.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["B", "A"]);
        assert_eq!(shape.members.get("A").map(|member| member.shape.as_str()), Some("y"));
    }
}
