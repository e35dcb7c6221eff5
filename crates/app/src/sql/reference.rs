//! Reference tables: files, or objects of the server's S3, that queries join streams with.

use std::path::Path;

use bytes::{Bytes, BytesMut};
use flow::Rows;
use flow::bind::{self, Environment};
use flow::formats::{
    self, Discovered, Format, MappedColumn, Mapping, REFERENCE_BYTES_MAX, ReferenceReader, Undiscovered, discover,
};
use flow::plan::{Schema, Stream};
use flow::types::DataType;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Failure;
use crate::client::Client;

use super::discovery;

/// Columns are found out from so many bytes of a table.
const SAMPLE_BYTES_MAX: usize = 4 << 20;
/// So many rows that cannot be read are told about.
const COMPLAINTS_MAX: usize = 10;
/// What stays as it is in the path of an object.
const UNRESERVED_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A table that is asked for: `NAME=SOURCE`, or `NAME(COLUMN TYPE, …)=SOURCE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The program's exact name.
    pub(super) name: String,
    /// The columns as SQL declares them, where they are not to be found out.
    columns: Option<String>,
    source: Source,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    File(String),
    Object { bucket: String, key: String },
}

/// A table that was read.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) schema: Schema,
    pub(super) rows: Rows,
}

impl Reference {
    /// Reads what a person wrote.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wanted = "NAME=FILE, NAME=s3://BUCKET/KEY or NAME(COLUMN TYPE, …)=… is expected";
        // A column's name may hold an equals sign, and a type never does behind the last parenthesis.
        let (declared, source) = match text.split_once('(') {
            Some((name, rest)) if !name.contains('=') => {
                let (columns, source) = rest.rsplit_once(")=").ok_or(wanted)?;
                ((name.trim(), Some(columns.to_owned())), source)
            }
            _ => text.split_once('=').map(|(name, source)| ((name.trim(), None), source)).ok_or(wanted)?,
        };
        let (name, columns) = declared;
        let source = match source.strip_prefix("s3://").map(|object| object.split_once('/')) {
            Some(Some((bucket, key))) if !bucket.is_empty() && !key.is_empty() => {
                Source::Object { bucket: bucket.to_owned(), key: key.to_owned() }
            }
            Some(_) => return Err(wanted.to_owned()),
            None => Source::File(source.to_owned()),
        };
        if name.is_empty() || source == Source::File(String::new()) {
            return Err(wanted.to_owned());
        }
        Ok(Self { name: super::command::unquoted(name), columns, source })
    }

    /// Reads the table. Rows that cannot be read are left out and told about.
    pub(super) async fn load(&self, client: &mut Client) -> Result<Table, Failure> {
        let bytes = match &self.source {
            Source::File(path) => from_file(Path::new(path))?,
            Source::Object { bucket, key } => from_s3(client, bucket, key).await?,
        };
        let in_table = |error: String| Failure::new(format!("reference table '{}': {error}", self.name));
        let (mapping, has_headings) = self.mapping(&bytes).map_err(in_table)?;
        let mut reader = ReferenceReader::new(&mapping).map_err(|error| in_table(error.to_string()))?;
        reader.push(&bytes).map_err(|error| in_table(error.to_string()))?;
        let (rows, mut errors) = reader.finish();
        // Headings are those of a line that cannot be a row.
        errors.retain(|error| !(has_headings && error.is_of_first_row()));
        for error in errors.iter().take(COMPLAINTS_MAX) {
            eprintln!("{}", in_table(format!("a row was left out: {error}")));
        }
        if errors.len() > COMPLAINTS_MAX {
            eprintln!("{}", in_table("further ones are left out, too".to_owned()));
        }
        Ok(Table { schema: formats::schema(&mapping), rows })
    }

    /// How the bytes become rows, and whether the first line is headings.
    fn mapping(&self, bytes: &Bytes) -> Result<(Mapping, bool), String> {
        let Discovered { mut mapping, has_headings, .. } = look_at(bytes).map_err(|error| error.to_string())?;
        match &self.columns {
            Some(columns) => mapping.columns = declared(columns, &mapping)?,
            None => discovery::leave_room(&mut mapping),
        }
        Ok((mapping, has_headings))
    }
}

/// Looks at the first lines, or at everything where a document is longer than those.
fn look_at(bytes: &Bytes) -> Result<Discovered, Undiscovered> {
    let sample = match bytes.get(..SAMPLE_BYTES_MAX) {
        Some(first) => bytes.slice(..first.iter().rposition(|byte| *byte == b'\n').map_or(first.len(), |end| end + 1)),
        None => bytes.clone(),
    };
    match discover(&[sample]) {
        Err(Undiscovered::NotJson) => discover(std::slice::from_ref(bytes)),
        found => found,
    }
}

/// Columns as SQL declares them: those of JSON by their names, those of CSV in their order.
fn declared(columns: &str, found: &Mapping) -> Result<Vec<MappedColumn>, String> {
    let text = format!("CREATE STREAM T ({columns});");
    let program = bind::program(&text, &Environment::default()).map_err(|fault| fault.drawn(&text))?;
    let schema = program.streams.into_iter().next().map(|stream| stream.schema).unwrap_or_default();
    let quote = |name: &str| if name.contains('\'') { '"' } else { '\'' };
    let column = |name: String, data_type: DataType| {
        let same = found.columns.iter().find(|column| column.name.eq_ignore_ascii_case(&name));
        let known = same.and_then(|column| column.path.clone());
        let path = match &found.format {
            Format::Json { row_path } => {
                let quote = quote(&name);
                Some(known.unwrap_or_else(|| format!("{row_path}[{quote}{name}{quote}]")))
            }
            Format::Csv { .. } => None,
        };
        MappedColumn { name, data_type, path }
    };
    Ok(schema.columns.into_iter().map(|one| column(one.name, one.data_type)).collect())
}

fn from_file(path: &Path) -> Result<Bytes, Failure> {
    let failed = |why: String| Failure::new(format!("{}: {why}", path.display()));
    let bytes = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
    if bytes > REFERENCE_BYTES_MAX as u64 {
        return Err(failed(format!("larger than {REFERENCE_BYTES_MAX} bytes")));
    }
    std::fs::read(path).map(Bytes::from).map_err(|error| failed(error.to_string()))
}

async fn from_s3(client: &mut Client, bucket: &str, key: &str) -> Result<Bytes, Failure> {
    let failed = |why: String| Failure::new(format!("s3://{bucket}/{key}: {why}"));
    let path = format!("/{bucket}/{}", utf8_percent_encode(key, UNRESERVED_PATH));
    let mut object = client.object(&path).await.map_err(|error| failed(error.to_string()))?;
    let mut bytes = BytesMut::new();
    while let Some(piece) = object.next().await.map_err(|error| failed(error.to_string()))? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > REFERENCE_BYTES_MAX {
            return Err(failed(format!("larger than {REFERENCE_BYTES_MAX} bytes")));
        }
    }
    Ok(bytes.freeze())
}

impl Table {
    /// The table under a name, as programs see it.
    pub(super) fn named(&self, name: &str) -> Stream {
        Stream { name: name.to_owned(), schema: self.schema.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, source: &str) -> Reference {
        let source = Source::File(source.to_owned());
        Reference { name: name.to_owned(), columns: None, source }
    }

    #[test]
    fn tables_are_named_with_their_source_and_maybe_their_columns() {
        assert_eq!(Reference::parse("CITIES=a=b.csv"), Ok(file("CITIES", "a=b.csv")));
        assert_eq!(Reference::parse("\"cities\"=x(1)=2.csv"), Ok(file("cities", "x(1)=2.csv")));
        let declared = Reference::parse("C(\"a=\" VARCHAR(4), B INTEGER)=s3://lake/dir/c.csv").expect("a table");
        assert_eq!(declared.columns.as_deref(), Some("\"a=\" VARCHAR(4), B INTEGER"));
        let object = Source::Object { bucket: "lake".to_owned(), key: "dir/c.csv".to_owned() };
        assert_eq!((declared.name.as_str(), declared.source), ("C", object));
        for text in ["", "C", "=x", "C=", "C=s3://lake", "C=s3:///key", "C(A INTEGER=x", "C(A INTEGER)x"] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }

    fn columns(reference: &Reference, text: &'static str) -> Vec<String> {
        let (mapping, _) = reference.mapping(&Bytes::from_static(text.as_bytes())).expect(text);
        let shown = |column: &MappedColumn| {
            format!("{} {} {}", column.name, column.data_type, column.path.as_deref().unwrap_or("-"))
        };
        mapping.columns.iter().map(shown).collect()
    }

    #[test]
    fn columns_are_found_out_or_declared() {
        let found = file("T", "x");
        assert_eq!(columns(&found, "code,seats\nJFK,7\n"), ["code VARCHAR(1024) -", "seats INTEGER -"]);
        assert_eq!(columns(&found, "[{\"a\": 1}, {\"a\": 2}]"), ["a INTEGER $[0:].a"]);
        let declared = Reference { columns: Some("A VARCHAR(3), \"b\" DOUBLE".to_owned()), ..found };
        assert_eq!(columns(&declared, "JFK,7\n"), ["A VARCHAR(3) -", "b DOUBLE -"]);
        assert_eq!(columns(&declared, "{\"a\": \"x\"}\n"), ["A VARCHAR(3) $.a", "b DOUBLE $['b']"]);
        let wrong = Reference { columns: Some("A NOTHING".to_owned()), ..file("T", "x") };
        assert!(wrong.mapping(&Bytes::from_static(b"a,b\n")).is_err());
    }
}
