//! Temporary credentials for the caller itself.

use std::sync::Arc;

use aws::{Call, Constraints, Operation, ServiceError};
use serde::{Deserialize, Serialize};

use crate::shapes::Credentials;
use crate::{Sts, errors, session, shapes};

/// Twelve hours, AWS's default.
const SECONDS_DEFAULT: i32 = 43_200;
/// One hour: what a root user gets, however much it asks for.
const ROOT_SECONDS_MAX: i32 = 3_600;

/// Gives the caller temporary credentials that act as itself.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
///
/// Differs from AWS: there are no MFA devices, so naming one is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct GetSessionToken {
    duration_seconds: Option<i32>,
    serial_number: Option<String>,
    token_code: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GetSessionTokenOutput {
    credentials: Credentials,
}

impl Operation for GetSessionToken {
    const NAME: &'static str = "GetSessionToken";
    type Service = Sts;
    type Output = GetSessionTokenOutput;

    fn constraints(&self, check: &mut Constraints) {
        check.member("durationSeconds", &self.duration_seconds).range(900..=129_600);
        shapes::mfa(check, &self.serial_number, &self.token_code);
    }

    async fn run(self, sts: &Arc<Sts>, call: &Call) -> Result<GetSessionTokenOutput, ServiceError> {
        if call.access_key.starts_with(session::TEMPORARY_PREFIX) {
            return Err(errors::session_calls_for_session());
        }
        if self.serial_number.is_some() || self.token_code.is_some() {
            return Err(errors::no_mfa());
        }
        let seconds = self.duration_seconds.unwrap_or(SECONDS_DEFAULT);
        let seconds = if call.caller.ends_with(":root") { seconds.min(ROOT_SECONDS_MAX) } else { seconds };
        Ok(GetSessionTokenOutput { credentials: sts.issue(&call.account, &call.caller, seconds)? })
    }
}
