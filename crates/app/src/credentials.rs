//! The credentials file of `--auth keys`.
//!
//! ```toml
//! [[key]]
//! access-key = "AKIAIOSFODNN7EXAMPLE"
//! secret-key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
//! account = "111122223333"
//! user = "alice"            # optional; without it the key is the account's root
//! ```

use std::path::Path;

use gateway::{Credential, Credentials};
use serde::Deserialize;

use crate::Failure;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    #[serde(default)]
    key: Vec<Key>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Key {
    access_key: String,
    secret_key: String,
    account: String,
    user: Option<String>,
}

/// Reads the file.
pub(crate) fn load(path: &Path) -> Result<Credentials, Failure> {
    parse(&crate::settings::read(path)?).map_err(|what| Failure::new(format!("{}: {what}", path.display())))
}

fn parse(text: &str) -> Result<Credentials, String> {
    // The parser's own sentence would quote the line, and with it a secret.
    let listed: Listed =
        toml::from_str(text).map_err(|error| format!("not a credentials file: {}", error.message()))?;
    if listed.key.is_empty() {
        return Err("no [[key]] is listed, so nobody could sign in".to_owned());
    }
    let keys = listed.key.into_iter().map(credential).collect::<Result<Vec<_>, _>>()?;
    Credentials::new(keys).map_err(|twice| format!("access key {twice} is listed twice"))
}

fn credential(key: Key) -> Result<Credential, String> {
    let Key { access_key, secret_key, account, user } = key;
    if access_key.is_empty() || secret_key.is_empty() {
        return Err("access-key and secret-key must not be empty".to_owned());
    }
    if !is_account(&account) {
        return Err(format!("account of {access_key} must be twelve digits, not '{account}'"));
    }
    let caller = match user {
        Some(user) => format!("arn:aws:iam::{account}:user/{user}"),
        None => format!("arn:aws:iam::{account}:root"),
    };
    Ok(Credential { access_key, secret_key, account, caller })
}

/// Whether a text is an account id.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_would_lock_everybody_out_are_refused() {
        let key = |account: &str| format!("[[key]]\naccess-key='A'\nsecret-key='S'\naccount='{account}'\n");
        assert!(parse(&key("111122223333")).is_ok());
        for (text, expected) in [
            (String::new(), "no [[key]] is listed"),
            (key("123"), "must be twelve digits, not '123'"),
            (key("111122223333").repeat(2), "access key A is listed twice"),
            ("[[key]]\nsecret-key='hidden".to_owned(), "not a credentials file"),
        ] {
            let error = parse(&text).expect_err(expected);
            assert!(error.contains(expected) && !error.contains("hidden"), "{error}");
        }
    }
}
