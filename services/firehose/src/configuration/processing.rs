//! What is done to records between their arrival and their delivery.

use aws::WireEnum;
use serde::{Deserialize, Serialize};

use crate::shapes::{ProcessorParameterName, ProcessorType};

/// Processors, and whether they are on. Also how answers show it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Processing {
    pub(crate) enabled: bool,
    pub(crate) processors: Vec<StepSettings>,
}

/// One processor as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StepSettings {
    #[serde(rename = "Type")]
    pub(crate) kind: ProcessorType,
    pub(crate) parameters: Vec<Parameter>,
}

/// One setting of a processor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Parameter {
    pub(crate) parameter_name: ProcessorParameterName,
    pub(crate) parameter_value: String,
}

/// What a record is made of when it holds several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SubRecords {
    /// JSON values one after the other.
    Json,
    /// Pieces between these bytes.
    Delimited(Vec<u8>),
}

/// One processor as it is carried out. The order of the variants is the order of the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// `Decompression`: records are gzip.
    Decompress,
    /// `CloudWatchLogProcessing` with `DataMessageExtraction`: envelopes of CloudWatch Logs become their messages.
    ExtractLogMessages,
    /// `RecordDeAggregation`.
    Split(SubRecords),
    /// `MetadataExtraction` with a jq query.
    ExtractMetadata {
        /// The query.
        query: String,
    },
    /// `AppendDelimiterToRecord`.
    Delimit(Vec<u8>),
}

impl StepSettings {
    /// The value of a parameter, if it was given.
    pub(crate) fn parameter(&self, name: ProcessorParameterName) -> Option<&str> {
        let found = self.parameters.iter().find(|parameter| parameter.parameter_name == name);
        found.map(|parameter| parameter.parameter_value.as_str())
    }

    /// What the processor does; `Ok(None)` where that is nothing, an error in words where it cannot be done.
    pub(crate) fn step(&self) -> Result<Option<Step>, String> {
        let required = |name: ProcessorParameterName| {
            let missing = || format!("Processor of type {} must have the parameter {}.", self.kind.name(), name.name());
            self.parameter(name).ok_or_else(missing)
        };
        match self.kind {
            ProcessorType::Decompression => match required(ProcessorParameterName::CompressionFormat)? {
                "GZIP" => Ok(Some(Step::Decompress)),
                other => {
                    Err(format!("CompressionFormat {other} of the Decompression processor is not supported. Use GZIP."))
                }
            },
            ProcessorType::CloudWatchLogProcessing => {
                match required(ProcessorParameterName::DataMessageExtraction)?.to_ascii_lowercase().as_str() {
                    "true" => Ok(Some(Step::ExtractLogMessages)),
                    "false" => Ok(None),
                    other => Err(format!("DataMessageExtraction must be true or false, not {other}.")),
                }
            }
            ProcessorType::RecordDeAggregation => match required(ProcessorParameterName::SubRecordType)? {
                "JSON" => Ok(Some(Step::Split(SubRecords::Json))),
                "DELIMITED" => {
                    let delimiter = required(ProcessorParameterName::Delimiter)?;
                    let decoded = base64_simd::STANDARD.decode_to_vec(delimiter).ok().filter(|bytes| !bytes.is_empty());
                    let bytes =
                        decoded.ok_or("The Delimiter of the RecordDeAggregation processor must be base64 text.")?;
                    Ok(Some(Step::Split(SubRecords::Delimited(bytes))))
                }
                other => Err(format!("SubRecordType must be JSON or DELIMITED, not {other}.")),
            },
            ProcessorType::MetadataExtraction => {
                let query = required(ProcessorParameterName::MetadataExtractionQuery)?.to_owned();
                match required(ProcessorParameterName::JsonParsingEngine)? {
                    "JQ-1.6" => Ok(Some(Step::ExtractMetadata { query })),
                    other => Err(format!("JsonParsingEngine {other} is not supported. Use JQ-1.6.")),
                }
            }
            ProcessorType::AppendDelimiterToRecord => {
                let text = self.parameter(ProcessorParameterName::Delimiter).unwrap_or("\\n");
                Ok(Some(Step::Delimit(unescape(text))))
            }
            ProcessorType::Lambda => {
                Err("Processors of type Lambda are not supported: Millstream has no functions yet.".to_owned())
            }
        }
    }
}

impl Processing {
    /// What is to be done, in order; nothing while the processing is off. What was stored was checked before.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let on = self.processors.iter().filter(|_| self.enabled);
        let mut steps: Vec<Step> = on.filter_map(|processor| processor.step().ok().flatten()).collect();
        steps.sort_by_key(Step::rank);
        steps
    }
}

impl Step {
    fn rank(&self) -> u8 {
        match self {
            Self::Decompress => 0,
            Self::ExtractLogMessages => 1,
            Self::Split(_) => 2,
            Self::ExtractMetadata { .. } => 3,
            Self::Delimit(_) => 4,
        }
    }
}

/// The bytes of a delimiter as consoles and templates write it: `\n`, `\r`, `\t` and `\\` mean what they mean in C.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let escaped = (c == '\\').then(|| rest.clone().next()).flatten().and_then(|next| match next {
            'n' => Some(b'\n'),
            'r' => Some(b'\r'),
            't' => Some(b'\t'),
            '\\' => Some(b'\\'),
            _ => None,
        });
        match escaped {
            Some(byte) => {
                rest.next();
                bytes.push(byte);
            }
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_read_as_templates_write_them() {
        for (text, expected) in [("\\n", "\n"), ("\n", "\n"), ("\\\\n", "\\n"), ("a\\q\\", "a\\q\\"), ("", "")] {
            assert_eq!(unescape(text), expected.as_bytes(), "{text:?}");
        }
    }
}
