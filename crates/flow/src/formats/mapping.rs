//! How records of a source become rows: the format, the columns, and what is known of a record beside its data.

use crate::plan::{Column, Order, Schema};
use crate::types::DataType;

/// How records become rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// What records are written in.
    pub format: Format,
    /// The columns that come from the records' data.
    pub columns: Vec<MappedColumn>,
    /// The columns that come from beside the data.
    pub hidden: Vec<Hidden>,
}

/// What records are written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// JSON documents in UTF-8.
    Json {
        /// Where rows begin: `$`, or an array such as `$.orders[0:]` with one row for each element.
        row_path: String,
    },
    /// Lines of fields in UTF-8. A field may stand between quotes, where a quote is written twice.
    Csv {
        /// What stands behind a row.
        row_delimiter: String,
        /// What stands between fields.
        column_delimiter: String,
    },
}

/// A column that comes from the records' data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedColumn {
    /// Its exact name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// Where it stands in a JSON document; CSV fields are taken in order.
    ///
    /// Below an array row path, a path is looked for in the element first and then in the whole document.
    pub path: Option<String>,
}

/// What is known of a record beside its data. `*` leaves these columns out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hidden {
    /// `APPROXIMATE_ARRIVAL_TIME`.
    ArrivalTime,
    /// `PARTITION_KEY`. ≈
    PartitionKey,
    /// `SEQUENCE_NUMBER`. ≈
    SequenceNumber,
    /// `SHARD_ID`. ≈
    ShardId,
}

impl Hidden {
    /// Those of a stream with shards.
    pub const OF_SHARDS: [Self; 4] = [Self::ArrivalTime, Self::PartitionKey, Self::SequenceNumber, Self::ShardId];

    fn column(self) -> (&'static str, DataType) {
        match self {
            Self::ArrivalTime => ("APPROXIMATE_ARRIVAL_TIME", DataType::Timestamp),
            Self::PartitionKey => ("PARTITION_KEY", DataType::Varchar(256)),
            Self::SequenceNumber => ("SEQUENCE_NUMBER", DataType::Varchar(128)),
            Self::ShardId => ("SHARD_ID", DataType::Varchar(128)),
        }
    }

    pub(super) fn data_type(self) -> DataType {
        self.column().1
    }
}

/// A mapping that cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// A path that is not supported, or that does not fit the others.
    #[error("{0}")]
    Path(String),
    /// A JSON column without a path.
    #[error("column '{0}' has no mapping")]
    NoPath(String),
    /// A delimiter without characters, or equal ones.
    #[error("the row delimiter and the column delimiter must be different and not empty")]
    Delimiter,
    /// No columns, or two of one name.
    #[error("there must be columns, with different names")]
    Columns,
    /// A type that columns cannot have.
    #[error("column '{0}' cannot have its type")]
    DataType(String),
}

/// The columns of the rows that a mapping makes: names in their exact case, the hidden ones last.
///
/// A name that the mapping gives to a column of its own is not given to a hidden one too.
pub fn schema(mapping: &Mapping) -> Schema {
    let column = |name: &str, data_type, hidden| Column {
        name: name.to_owned(),
        data_type,
        nullable: true,
        hidden,
        order: Order::None,
        of_row: None,
    };
    let mapped = mapping.columns.iter().map(|one| column(&one.name, one.data_type, false));
    let beside = mapping.beside().map(|one| column(one.column().0, one.column().1, true));
    Schema { columns: mapped.chain(beside).collect() }
}

impl Mapping {
    /// The hidden columns whose names are free.
    pub(super) fn beside(&self) -> impl Iterator<Item = Hidden> {
        let free = |one: &Hidden| self.columns.iter().all(|column| column.name != one.column().0);
        self.hidden.iter().copied().filter(free)
    }

    /// What is wrong with it, apart from its paths.
    pub(super) fn check(&self) -> Result<(), MappingError> {
        let mut names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        names.sort_unstable();
        if names.is_empty() || names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(MappingError::Columns);
        }
        let untyped = |one: &&MappedColumn| {
            matches!(one.data_type, DataType::Null | DataType::Interval | DataType::MonthInterval)
        };
        if let Some(column) = self.columns.iter().find(untyped) {
            return Err(MappingError::DataType(column.name.clone()));
        }
        match &self.format {
            Format::Csv { row_delimiter, column_delimiter }
                if row_delimiter.is_empty() || column_delimiter.is_empty() || row_delimiter == column_delimiter =>
            {
                Err(MappingError::Delimiter)
            }
            _ => Ok(()),
        }
    }
}
