//! UpdateAccountSettings.

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, Required, ServiceError, wire_enum};
use serde::Deserialize;

use crate::Kinesis;
use crate::account::{AccountSettings, Commitment, CommitmentStatus};

wire_enum! {
    /// What the commitment shall be.
    pub(crate) enum CommitmentInputStatus {
        Enabled = "ENABLED",
        Disabled = "DISABLED",
    }
}

/// Changes the settings of the account in the region.
///
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateAccountSettings.html>
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct UpdateAccountSettings {
    minimum_throughput_billing_commitment: Required<CommitmentInput>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct CommitmentInput {
    status: Required<Lenient<CommitmentInputStatus>>,
}

/// The commitment after a request; `None` where there never was one.
fn changed(current: Option<Commitment>, asked: CommitmentInputStatus, now_ms: u64) -> Option<Commitment> {
    let status = current.map_or(CommitmentStatus::Disabled, |commitment| commitment.status(now_ms));
    match (asked, status) {
        (CommitmentInputStatus::Enabled, CommitmentStatus::Disabled) => {
            Some(Commitment { started_ms: now_ms, disabled_ms: None })
        }
        // It has not ended yet, so it goes on.
        (CommitmentInputStatus::Enabled, _) => current.map(|current| Commitment { disabled_ms: None, ..current }),
        (CommitmentInputStatus::Disabled, CommitmentStatus::Enabled) => {
            current.map(|current| Commitment { disabled_ms: Some(now_ms), ..current })
        }
        (CommitmentInputStatus::Disabled, _) => current,
    }
}

impl Operation for UpdateAccountSettings {
    const NAME: &'static str = "UpdateAccountSettings";
    type Service = Kinesis;
    type Output = AccountSettings;

    fn constraints(&self, check: &mut Constraints) {
        check.member("minimumThroughputBillingCommitment", &self.minimum_throughput_billing_commitment);
        if let Some(commitment) = self.minimum_throughput_billing_commitment.get() {
            check.nested("minimumThroughputBillingCommitment", |check| {
                check.member("status", &commitment.status).known();
            });
        }
    }

    async fn run(self, kinesis: &Arc<Kinesis>, call: &Call) -> Result<AccountSettings, ServiceError> {
        kinesis.admit(call, Self::NAME)?;
        let _turn = kinesis.quota_turn.lock().await;
        let (current, now_ms) = (kinesis.commitment(call)?, kinesis.now_ms());
        let asked = self.minimum_throughput_billing_commitment.status.known();
        let commitment = changed(current, asked, now_ms);
        if let Some(commitment) = commitment.filter(|_| commitment != current) {
            kinesis.set_commitment(call, commitment).await?;
        }
        Ok(AccountSettings::of(commitment, now_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_can_be_ended_and_taken_up_again() {
        const DAY_MS: u64 = 24 * 3_600_000;
        let (on, off) = (CommitmentInputStatus::Enabled, CommitmentInputStatus::Disabled);
        let open = Commitment { started_ms: 1_000, disabled_ms: None };
        let ending = Commitment { disabled_ms: Some(5_000), ..open };
        for (current, asked, now_ms, expected) in [
            (None, off, 1_000, None),
            (None, on, 1_000, Some(open)),
            (Some(open), on, 5_000, Some(open)),
            (Some(open), off, 5_000, Some(ending)),
            (Some(ending), off, 6_000, Some(ending)),
            (Some(ending), on, 6_000, Some(open)),
            (Some(ending), on, 2 * DAY_MS, Some(Commitment { started_ms: 2 * DAY_MS, disabled_ms: None })),
        ] {
            assert_eq!(changed(current, asked, now_ms), expected, "{current:?} {asked:?} at {now_ms}");
        }
    }
}
