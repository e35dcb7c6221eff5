//! Shapes that two or more operations share.

use std::fmt;
use std::sync::LazyLock;

use aws::{Constraints, Pattern, Timestamp};
use serde::{Deserialize, Serialize};

/// Temporary credentials.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: String,
    pub(crate) expiration: Timestamp,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.access_key_id)
    }
}

/// A session tag.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Tag {
    pub(crate) key: aws::Required<String>,
    pub(crate) value: aws::Required<String>,
}

impl aws::Render for Tag {
    fn render(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("com.amazonaws.tagging.Tag")
    }
}

static SERIAL_NUMBER: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"[\w+=/:,.@-]*"));
static TOKEN_CODE: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"[\d]*"));

/// The members that name an MFA device and its code.
pub(crate) fn mfa(check: &mut Constraints, serial_number: &Option<String>, token_code: &Option<String>) {
    check.member("serialNumber", serial_number).length(9..=256).pattern(&SERIAL_NUMBER);
    check.member("tokenCode", token_code).length(6..=6).pattern(&TOKEN_CODE);
}
