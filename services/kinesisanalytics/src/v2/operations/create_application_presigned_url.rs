//! `CreateApplicationPresignedUrl`.

use std::sync::Arc;

use aws::{Call, Constraints, Lenient, Operation, Required, ServiceError};
use serde::Deserialize;

use crate::shapes::{Empty, checks};
use crate::v2::shapes::UrlType;
use crate::{KinesisAnalytics, errors};

/// Refuses to make a link.
///
/// <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_CreateApplicationPresignedUrl.html>
///
/// Differs from AWS: always refused: SQL applications have none of it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct CreateApplicationPresignedUrl {
    application_name: Required<String>,
    url_type: Required<Lenient<UrlType>>,
    session_expiration_duration_in_seconds: Option<i64>,
}

impl Operation for CreateApplicationPresignedUrl {
    const NAME: &'static str = "CreateApplicationPresignedUrl";
    type Service = KinesisAnalytics;
    type Output = Empty;

    fn constraints(&self, check: &mut Constraints) {
        checks::application_name(check, &self.application_name);
        check.member("urlType", &self.url_type).known();
        check
            .member("sessionExpirationDurationInSeconds", &self.session_expiration_duration_in_seconds)
            .range(1_800..=43_200);
    }

    async fn run(self, analytics: &Arc<KinesisAnalytics>, call: &Call) -> Result<Empty, ServiceError> {
        analytics.find(call, &self.application_name)?;
        Err(errors::argument_not_for_sql(Self::NAME))
    }
}
