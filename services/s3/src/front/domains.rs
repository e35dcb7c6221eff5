//! Which bucket a host name names: virtual-host style.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html>

/// Domains below which every name is a bucket, whatever the configuration says.
const BUILT_IN: [&str; 5] =
    ["localhost", "s3.localhost", "s3.localhost.localstack.cloud", "localhost.localstack.cloud", "s3.amazonaws.com"];

/// The domains below which names are buckets.
#[derive(Debug, Clone)]
pub(crate) struct Domains(Vec<String>);

impl Domains {
    /// The built-in ones and these.
    pub(crate) fn new(more: impl IntoIterator<Item = String>) -> Self {
        let more = more.into_iter().map(|domain| domain.trim_matches('.').to_ascii_lowercase());
        let mut all: Vec<String> = BUILT_IN.iter().map(ToString::to_string).chain(more).collect();
        // The most particular first: `s3.localhost` is no bucket of `localhost`.
        all.sort_by_key(|domain| std::cmp::Reverse(domain.len()));
        Self(all)
    }

    /// The bucket that `host`, with or without a port, names.
    pub(crate) fn bucket<'h>(&self, host: &'h str) -> Option<&'h str> {
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        let lower = name.to_ascii_lowercase();
        for domain in &self.0 {
            if lower == *domain {
                return None;
            }
            if let Some(rest) = lower.strip_suffix(domain.as_str()).and_then(|rest| rest.strip_suffix('.')) {
                return bucket_below(&name[..rest.len()]);
            }
        }
        let rest = lower.strip_suffix(".amazonaws.com.cn").or_else(|| lower.strip_suffix(".amazonaws.com"))?;
        of_amazon(rest).map(|len| &name[..len]).filter(|bucket| !bucket.is_empty())
    }
}

/// LocalStack's clients put the region between bucket and domain: `bucket.s3.eu-west-1`.
fn bucket_below(name: &str) -> Option<&str> {
    let bucket = name.find(".s3.").map_or(name, |at| &name[..at]);
    let bucket = bucket.strip_suffix(".s3").unwrap_or(bucket);
    (!bucket.is_empty() && bucket != "s3" && !name.starts_with("s3.")).then_some(bucket)
}

/// How much of `bucket.s3.<region>`, `bucket.s3-<region>` or `bucket.s3.dualstack.<region>` is the bucket.
fn of_amazon(name: &str) -> Option<usize> {
    let (before, region) = name.rsplit_once('.')?;
    if let Some(region) = region.strip_prefix("s3-") {
        return is_region(region).then_some(before.len());
    }
    let before = before.strip_suffix(".dualstack").unwrap_or(before);
    let bucket = before.strip_suffix(".s3")?;
    is_region(region).then_some(bucket.len())
}

fn is_region(text: &str) -> bool {
    text.contains('-') && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_name_buckets() {
        let domains = Domains::new(["files.example.com".to_owned()]);
        let check = |host: &str, expected: Option<&str>| assert_eq!(domains.bucket(host), expected, "{host}");
        for nobody in ["localhost", "localhost:4566", "127.0.0.1:4566", "[::1]:4566", "s3.localhost:1", "example.com"] {
            check(nobody, None);
        }
        check("orders.localhost:4566", Some("orders"));
        check("or.de.rs.localhost", Some("or.de.rs"));
        check("orders.s3.localhost:4566", Some("orders"));
        check("orders.s3.localhost.localstack.cloud:4566", Some("orders"));
        check("orders.s3.eu-west-1.localhost.localstack.cloud", Some("orders"));
        check("s3.eu-west-1.localhost.localstack.cloud", None);
        check("s3.amazonaws.com", None);
        check("s3.eu-west-1.amazonaws.com", None);
        check("orders.s3.amazonaws.com", Some("orders"));
        check("orders.s3.eu-west-1.amazonaws.com", Some("orders"));
        check("or.ders.s3-eu-west-1.amazonaws.com:443", Some("or.ders"));
        check("orders.s3.dualstack.us-east-1.amazonaws.com", Some("orders"));
        check("kinesis.us-east-1.amazonaws.com", None);
        check("orders.files.example.com", Some("orders"));
        check("files.example.com", None);
    }
}
