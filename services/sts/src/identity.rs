//! The principals of IAM as their ARNs tell them, and the unique ids AWS gives them.

use aws::Arn;
use sha2::{Digest, Sha256};

/// Characters of a unique id behind its four-letter prefix.
const ID_CHARS: usize = 17;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The `UserId` that `GetCallerIdentity` answers for a principal.
pub(crate) fn user_id(caller: &str, account: &str) -> String {
    let Some(arn) = Arn::parse(caller) else { return account.to_owned() };
    match arn.resource.split_once('/') {
        Some(("user", path)) => unique_id("AIDA", arn.account, last(path)),
        Some(("assumed-role", role_and_session)) => {
            let (role, session) = role_and_session.split_once('/').unwrap_or((role_and_session, ""));
            format!("{}:{session}", role_id(arn.account, role))
        }
        _ => account.to_owned(), // The root of an account is the account.
    }
}

/// The unique id of a role.
pub(crate) fn role_id(account: &str, role: &str) -> String {
    unique_id("AROA", account, role)
}

/// A role as its ARN names it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Role<'a> {
    pub(crate) partition: &'a str,
    pub(crate) account: &'a str,
    pub(crate) name: &'a str,
}

impl<'a> Role<'a> {
    /// Reads `arn:aws:iam::111122223333:role/path/name`.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let arn = Arn::parse(text)?;
        let name = last(arn.resource.strip_prefix("role/")?);
        let is_account = arn.account.len() == 12 && arn.account.bytes().all(|byte| byte.is_ascii_digit());
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
        let is_role =
            arn.service == "iam" && arn.region.is_empty() && is_account && is_name && arn.partition.starts_with("aws");
        is_role.then_some(Self { partition: arn.partition, account: arn.account, name })
    }

    /// The ARN of one session of this role.
    pub(crate) fn session_arn(&self, session: &str) -> String {
        format!("arn:{}:sts::{}:assumed-role/{}/{session}", self.partition, self.account, self.name)
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The same principal always has the same id, since nothing is stored about it.
fn unique_id(prefix: &str, account: &str, name: &str) -> String {
    let digest = Sha256::digest(format!("{prefix}:{account}:{name}"));
    prefix.chars().chain(base32(&digest).take(ID_CHARS)).collect()
}

/// Base32 characters of some bytes, one per five bits.
pub(crate) fn base32(bytes: &[u8]) -> impl Iterator<Item = char> {
    let bit = |index: usize| bytes[index / 8] >> (7 - index % 8) & 1;
    let character = move |start: usize| {
        let value = (start..start + 5).fold(0, |value, index| value << 1 | bit(index));
        char::from(BASE32[usize::from(value)])
    };
    (0..bytes.len() * 8 / 5).map(move |index| character(index * 5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_from_their_arns() {
        let role = Role::parse("arn:aws:iam::111122223333:role/team/builder").expect("a role");
        assert_eq!((role.account, role.name), ("111122223333", "builder"));
        assert_eq!(role.session_arn("s"), "arn:aws:sts::111122223333:assumed-role/builder/s");
        for text in [
            "",
            "arn:aws:iam::111122223333:user/builder",
            "arn:aws:iam::1111:role/builder",
            "arn:aws:s3::111122223333:role/builder",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role/a b",
            "arn:aws:iam:us-east-1:111122223333:role/builder",
        ] {
            assert_eq!(Role::parse(text), None, "{text}");
        }
    }

    #[test]
    fn ids_look_like_those_of_aws() {
        assert_eq!(user_id("arn:aws:iam::111122223333:root", "111122223333"), "111122223333");
        let user = user_id("arn:aws:iam::111122223333:user/alice", "111122223333");
        assert!(user.len() == 21 && user.starts_with("AIDA"), "{user}");
        let session = user_id("arn:aws:sts::111122223333:assumed-role/builder/me", "111122223333");
        assert_eq!(session, format!("{}:me", role_id("111122223333", "builder")));
        assert_eq!(base32(b"foobar").collect::<String>(), "MZXW6YTBO");
    }
}
