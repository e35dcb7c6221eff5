//! Temporary credentials of a role.

use std::sync::{Arc, LazyLock};

use aws::{Call, Constraints, Operation, Pattern, Required, ServiceError};
use serde::{Deserialize, Serialize};

use crate::identity::{self, Role};
use crate::shapes::{Credentials, Tag};
use crate::{Sts, errors, session, shapes};

/// One hour, AWS's default; and the most that a role may ask for another.
const SECONDS_DEFAULT: i32 = 3_600;

/// Gives the caller temporary credentials that act as a role.
///
/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
///
/// Differs from AWS: roles need not exist, and their trust is the account (see the crate's page). `ExternalId`, `Tags`
/// and `TransitiveTagKeys` are conditions for policies; as there are none, they are checked and have no effect.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct AssumeRole {
    role_arn: Required<String>,
    role_session_name: Required<String>,
    policy_arns: Option<Vec<PolicyDescriptor>>,
    policy: Option<String>,
    duration_seconds: Option<i32>,
    tags: Option<Vec<Tag>>,
    transitive_tag_keys: Option<Vec<String>>,
    external_id: Option<String>,
    serial_number: Option<String>,
    token_code: Option<String>,
    source_identity: Option<String>,
    provided_contexts: Option<Vec<ProvidedContext>>,
}

#[derive(Debug, Deserialize)]
struct PolicyDescriptor {}

#[derive(Debug, Deserialize)]
struct ProvidedContext {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AssumeRoleOutput {
    credentials: Credentials,
    assumed_role_user: AssumedRoleUser,
    source_identity: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AssumedRoleUser {
    assumed_role_id: String,
    arn: String,
}

static SESSION_NAME: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"[\w+=,.@-]*"));
static EXTERNAL_ID: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"[\w+=,.@:\/-]*"));
static TAG_KEY: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+"));
static TAG_VALUE: LazyLock<Pattern> = LazyLock::new(|| Pattern::new(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*"));

impl Operation for AssumeRole {
    const NAME: &'static str = "AssumeRole";
    type Service = Sts;
    type Output = AssumeRoleOutput;

    fn constraints(&self, check: &mut Constraints) {
        check.member("roleArn", &self.role_arn).length(20..=2048);
        check.member("roleSessionName", &self.role_session_name).length(2..=64).pattern(&SESSION_NAME);
        check.member("durationSeconds", &self.duration_seconds).range(900..=43_200);
        check.member("tags", &self.tags).length(0..=50);
        check.each("tags", self.tags.as_deref().unwrap_or_default(), |check, tag| {
            check.member("key", &tag.key).length(1..=128).pattern(&TAG_KEY);
            check.member("value", &tag.value).length(0..=256).pattern(&TAG_VALUE);
        });
        check.member("transitiveTagKeys", &self.transitive_tag_keys).length(0..=50).each_length(1..=128);
        check.member("externalId", &self.external_id).length(2..=1224).pattern(&EXTERNAL_ID);
        shapes::mfa(check, &self.serial_number, &self.token_code);
        check.member("sourceIdentity", &self.source_identity).length(2..=64).pattern(&SESSION_NAME);
    }

    async fn run(self, sts: &Arc<Sts>, call: &Call) -> Result<AssumeRoleOutput, ServiceError> {
        self.refuse_what_is_not_there()?;
        let role = Role::parse(&self.role_arn).ok_or_else(|| errors::invalid_arn(&self.role_arn))?;
        if role.account != call.account && !sts.settings.any_account {
            return Err(errors::not_authorized(call, &self.role_arn));
        }
        let seconds = self.duration_seconds.unwrap_or(SECONDS_DEFAULT);
        if seconds > SECONDS_DEFAULT && call.access_key.starts_with(session::TEMPORARY_PREFIX) {
            return Err(errors::chained_too_long());
        }
        let arn = role.session_arn(&self.role_session_name);
        let assumed_role_id = format!("{}:{}", identity::role_id(role.account, role.name), *self.role_session_name);
        Ok(AssumeRoleOutput {
            credentials: sts.issue(role.account, &arn, seconds)?,
            assumed_role_user: AssumedRoleUser { assumed_role_id, arn },
            source_identity: self.source_identity,
        })
    }
}

impl AssumeRole {
    fn refuse_what_is_not_there(&self) -> Result<(), ServiceError> {
        if self.policy.is_some() || self.policy_arns.as_ref().is_some_and(|arns| !arns.is_empty()) {
            return Err(errors::no_session_policies());
        }
        if self.serial_number.is_some() || self.token_code.is_some() {
            return Err(errors::no_mfa());
        }
        if self.provided_contexts.as_ref().is_some_and(|contexts| !contexts.is_empty()) {
            return Err(errors::no_contexts());
        }
        Ok(())
    }
}
