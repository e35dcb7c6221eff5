//! Amazon resource names: `arn:partition:service:region:account:resource`.

/// A parsed ARN, borrowing from its text.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: &'a str,
    /// The service's namespace, for example `kinesis`.
    pub service: &'a str,
    /// The region; empty for global services.
    pub region: &'a str,
    /// The twelve-digit account; empty for some global resources.
    pub account: &'a str,
    /// Everything after the fifth colon.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits an ARN into its parts; `None` when it has fewer than six or does not begin with `arn`.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_may_contain_colons() {
        let arn = Arn::parse("arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1");
        assert_eq!(arn.expect("six parts").resource, "stream/s/consumer/c:1");
        assert_eq!(Arn::parse("arn:aws:kinesis"), None);
        assert_eq!(Arn::parse("a:b:c:d:e:f"), None);
    }
}
