//! The table `[s3]` of the configuration file: more domains for buckets, and buckets that outside stores keep.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

/// What the file says about S3.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct S3Config {
    /// Domains, beside the usual ones, below which every name is a bucket: `files.example.com`.
    pub domains: Vec<String>,
    /// Outside buckets, by the names they have here.
    pub mapped: BTreeMap<String, MappedBucket>,
}

/// An outside bucket: `[s3.mapped.NAME]`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MappedBucket {
    /// Where the outside store listens.
    pub endpoint: String,
    /// The bucket's name there.
    pub bucket: String,
    /// The region that requests are signed for.
    pub region: Option<String>,
    /// The access key id there.
    pub access_key: String,
    /// The secret access key there.
    pub secret_key: String,
    /// Put before each key there.
    #[serde(default)]
    pub prefix: String,
    /// Whether the endpoint may be plain `http://`.
    #[serde(default)]
    pub allow_http: bool,
    /// The account that owns the bucket here; without it the server's.
    pub account: Option<String>,
}

impl fmt::Debug for MappedBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MappedBucket({} at {})", self.bucket, self.endpoint)
    }
}

impl S3Config {
    /// How S3 is told.
    pub(crate) fn settings(&self, region: &str, account: &str) -> Result<s3::Settings, String> {
        let mappings: Vec<s3::Mapping> = self
            .mapped
            .iter()
            .map(|(name, mapped)| s3::Mapping {
                name: name.clone(),
                account: mapped.account.clone().unwrap_or_else(|| account.to_owned()),
                endpoint: mapped.endpoint.clone(),
                bucket: mapped.bucket.clone(),
                region: mapped.region.clone().unwrap_or_else(|| region.to_owned()),
                access_key: mapped.access_key.clone(),
                secret_key: mapped.secret_key.clone(),
                prefix: mapped.prefix.clone(),
                allow_http: mapped.allow_http,
            })
            .collect();
        Ok(s3::Settings { domains: self.domains.clone(), mapped: s3::Mapped::open(&mappings)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown_and_misspellings_are_refused() {
        let text =
            "[mapped.lake]\nendpoint = \"https://h\"\nbucket = \"b\"\naccess-key = \"k\"\nsecret-key = \"hidden\"";
        let config: S3Config = toml::from_str(text).expect("a table");
        assert!(!format!("{config:?}").contains("hidden"));
        let settings = config.settings("us-east-1", "000000000000").expect("good settings");
        assert_eq!(format!("{:?}", settings.mapped), "{\"lake\"}");
        assert!(toml::from_str::<S3Config>("domain = []").is_err());
    }
}
