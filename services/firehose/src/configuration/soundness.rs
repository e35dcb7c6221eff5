//! What must hold of a destination as a whole, however it came about.

use aws::ServiceError;

use super::{Destination, S3Destination, S3Output, Step};
use crate::{destination, errors, prefix};

/// The least size of a buffer where keys depend on records, in MiB.
const PARTITIONED_MIB_MIN: u32 = 64;

impl Destination {
    /// Refuses a destination that could not be delivered to.
    pub(crate) fn require_sound(&self) -> Result<(), ServiceError> {
        if let Self::S3(s3) = self {
            require_sound_s3(s3)?;
        } else {
            require_prefixes(self.error_output(), false)?;
            destination::check(self).map_err(|error| errors::invalid_argument(format!("{error}.")))?;
        }
        self.backup_output().map_or(Ok(()), |backup| require_prefixes(backup, false))
    }

    /// The jq expression that partition keys come from.
    pub(crate) fn query(&self) -> Option<String> {
        self.processing()?.steps().into_iter().find_map(|step| match step {
            Step::ExtractMetadata { query } => Some(query),
            _ => None,
        })
    }

    /// The output of source records, on or off.
    fn backup_output(&self) -> Option<&S3Output> {
        match self {
            Self::S3(s3) => s3.backup.output.as_ref(),
            Self::Redshift(redshift) => redshift.backup.output.as_ref(),
            Self::HttpEndpoint(_) | Self::Splunk(_) | Self::OpenSearch(_) => None,
        }
    }
}

fn require_sound_s3(s3: &S3Destination) -> Result<(), ServiceError> {
    require_prefixes(&s3.output, s3.is_partitioned())?;
    require_query(s3)?;
    if s3.is_partitioned() && s3.output.hints.size_mib < PARTITIONED_MIB_MIN {
        return Err(errors::partitioning_size());
    }
    match s3.time_zone.as_deref() {
        Some(name) if !name.is_empty() => prefix::time_zone(name).map(drop).map_err(refused),
        _ => Ok(()),
    }
}

/// Refuses keys that no expression makes.
fn require_query(s3: &S3Destination) -> Result<(), ServiceError> {
    let steps = s3.processing.as_ref().map(super::Processing::steps).unwrap_or_default();
    if steps.iter().any(|step| matches!(step, Step::ExtractMetadata { .. })) {
        return Ok(());
    }
    let text = s3.output.prefix.as_deref().unwrap_or_default();
    if s3.is_partitioned() && text.contains("!{partitionKeyFromQuery:") {
        return Err(errors::no_metadata_extraction());
    }
    Ok(())
}

fn require_prefixes(output: &S3Output, is_partitioned: bool) -> Result<(), ServiceError> {
    let error_prefix = output.error_prefix.as_deref().filter(|prefix| !prefix.is_empty());
    prefix::check(output.prefix.as_deref().unwrap_or_default(), error_prefix, is_partitioned).map_err(refused)
}

fn refused(refused: prefix::Refused) -> ServiceError {
    errors::invalid_argument(format!("{refused}."))
}
