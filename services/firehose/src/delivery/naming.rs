//! Names of objects. Everything in them that looks random follows from the delivery's seed, so that a repeated delivery
//! writes the same objects again.

use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::configuration::{Destination, S3Output};
use crate::destination::ErrorOutputType;
use crate::prefix::{self, Circumstances, PartitionKeys, Prefix, RANDOM_STRING_CHARACTERS};
use crate::progress::{Kind, Sealed};
use crate::shapes::CompressionFormat;
use crate::view::StreamView;
use crate::{format, hex};

/// How the objects of one delivery are named and packed.
pub(crate) struct Naming {
    stream: String,
    version: u64,
    seed: String,
    zone: TimeZone,
    pub(crate) bucket: String,
    pub(crate) prefix: Prefix,
    pub(crate) compression: CompressionFormat,
    extension: String,
    kms_key_arn: Option<String>,
    error_bucket: String,
    error_kms_key_arn: Option<String>,
    /// The prefix itself where there is none for errors: it has no expressions then.
    error_prefix: Prefix,
}

/// Which object of a delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Which<'a> {
    /// Data, of a partition; counts from 0 within it.
    Data { partition: &'a str, ordinal: u64 },
    /// Failures; counts from 0 within the type.
    Failures { kind: ErrorOutputType, ordinal: u64 },
}

/// The names of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) bucket: String,
    /// What the object is encrypted with, if it is.
    pub(crate) kms_key_arn: Option<String>,
    pub(crate) key: String,
    pub(crate) uuid: String,
    /// Characters before the suffix, which may not be too many.
    pub(crate) prefix_characters: usize,
}

impl Naming {
    /// Names of a sealed delivery; what cannot be understood was refused when it was configured.
    pub(crate) fn new(view: &StreamView, kind: Kind, sealed: &Sealed) -> Result<Self, String> {
        let destination = &sealed.destination;
        let (output, zone, extension) = match (kind, destination) {
            (Kind::Primary, Destination::S3(s3)) => {
                (&s3.output, s3.time_zone.as_deref(), s3.file_extension.as_deref().filter(|text| !text.is_empty()))
            }
            (Kind::Primary, other) => (other.error_output(), None, None),
            (Kind::Backup, other) => (other.backup().ok_or("there is no backup any more")?, None, None),
        };
        let errors = if kind == Kind::Backup { output } else { destination.error_output() };
        let error_prefix = errors.error_prefix.as_deref().filter(|text| !text.is_empty());
        Ok(Self {
            stream: view.record.name.clone(),
            version: sealed.version,
            seed: format!("{}/{kind:?}", sealed.seed),
            zone: prefix::time_zone(zone.unwrap_or_default()).map_err(|refused| refused.to_string())?,
            bucket: output.bucket().to_owned(),
            prefix: parse(output.prefix.as_deref().unwrap_or_default())?,
            compression: output.compression,
            extension: extension.unwrap_or(format::extension(output.compression)).to_owned(),
            kms_key_arn: output.kms_key_arn.clone(),
            error_bucket: errors.bucket().to_owned(),
            error_kms_key_arn: errors.kms_key_arn.clone(),
            error_prefix: parse(error_prefix.or(errors.prefix.as_deref()).unwrap_or_default())?,
        })
    }

    /// The name of an object whose oldest record arrived at `oldest_ms`.
    pub(crate) fn name(&self, which: Which<'_>, oldest_ms: u64, keys: Option<&PartitionKeys>) -> Name {
        let label = match which {
            Which::Data { partition, ordinal } => format!("data/{ordinal}/{partition}"),
            Which::Failures { kind, ordinal } => format!("failures/{ordinal}/{}", kind.name()),
        };
        let mut count = 0;
        let mut random = || {
            count += 1;
            let mut text = hex(&self.chance(&format!("{label}/{count}")));
            text.truncate(RANDOM_STRING_CHARACTERS);
            text
        };
        let at = prefix::instant(oldest_ms, &self.zone);
        let uuid = self.uuid(&label);
        let (bucket, kms_key_arn, key, extension) = match which {
            Which::Data { .. } => {
                let with = &mut Circumstances { at: &at, keys, error: None, random: &mut random };
                (&self.bucket, &self.kms_key_arn, self.prefix.evaluate(with), self.extension.as_str())
            }
            Which::Failures { kind, .. } => {
                let with = &mut Circumstances { at: &at, keys: None, error: Some(kind), random: &mut random };
                (&self.error_bucket, &self.error_kms_key_arn, self.error_prefix.evaluate_error(with), "")
            }
        };
        let prefix_characters = key.chars().count();
        let suffix = prefix::suffix(&self.stream, self.version, oldest_ms, &uuid, extension);
        let (bucket, kms_key_arn) = (bucket.clone(), kms_key_arn.clone());
        Name { bucket, kms_key_arn, key: key + &suffix, uuid, prefix_characters }
    }

    /// A manifest's key: under `manifests/`, or under `errors/manifests/` where its objects were skipped.
    pub(crate) fn manifest(&self, is_skipped: bool, oldest_ms: u64) -> Name {
        let at = prefix::instant(oldest_ms, &TimeZone::UTC);
        let uuid = self.uuid("manifest");
        let directory = if is_skipped { "errors/manifests/" } else { "manifests/" };
        let hour = at.strftime("%Y/%m/%d/%H/").to_string();
        let suffix = prefix::suffix(&self.stream, self.version, oldest_ms, &uuid, "");
        let key = format!("{directory}{hour}{suffix}");
        let (bucket, kms_key_arn) = (self.bucket.clone(), self.kms_key_arn.clone());
        Name { bucket, kms_key_arn, key, uuid, prefix_characters: 0 }
    }

    /// The id of a request; another one with other settings, which may cut batches at other places.
    pub(crate) fn request_id(&self, ordinal: u64) -> String {
        self.uuid(&format!("batch/{}/{ordinal}", self.version))
    }

    /// A UUID for a label; always the same.
    pub(crate) fn uuid(&self, label: &str) -> String {
        let mut bytes = self.chance(label);
        // Version 4, variant 1.
        bytes[6] = bytes[6] & 0x0F | 0x40;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        let text = hex(&bytes[..16]);
        format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
    }

    fn chance(&self, label: &str) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(self.seed.as_bytes());
        digest.update([0]);
        digest.update(label.as_bytes());
        digest.finalize().into()
    }
}

fn parse(text: &str) -> Result<Prefix, String> {
    Prefix::parse(text, "Prefix").map_err(|refused| refused.to_string())
}

/// Where a lane's objects go.
pub(crate) fn output(destination: &Destination, kind: Kind) -> Option<&S3Output> {
    match kind {
        Kind::Primary => Some(destination.error_output()),
        Kind::Backup => destination.backup(),
    }
}
