//! `RunConfiguration`: how an application is started.

use aws::Constraints;
use serde::Deserialize;

use aws::ServiceError;

use crate::errors;
use crate::shapes::{InputStartingPosition, InputStartingPositionConfiguration, Unsupported, checks};

/// How an application is started.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct RunConfiguration {
    flink_run_configuration: Option<Unsupported>,
    sql_run_configurations: Option<Vec<SqlRunConfiguration>>,
    application_restore_configuration: Option<Unsupported>,
}

/// Where the input of that id begins to read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct SqlRunConfiguration {
    input_id: Option<String>,
    input_starting_position_configuration: Option<InputStartingPositionConfiguration>,
}

impl RunConfiguration {
    pub(crate) fn constraints(&self, check: &mut Constraints) {
        let inputs = self.sql_run_configurations.as_deref().unwrap_or_default();
        check.each("sqlRunConfigurations", inputs, |check, input| {
            checks::inner_id(check, "inputId", &input.input_id);
            let starting = &input.input_starting_position_configuration;
            checks::require(check, "inputStartingPositionConfiguration", starting.as_ref());
            if let Some(starting) = starting {
                check.nested("inputStartingPositionConfiguration", |check| starting.constraints(check));
            }
        });
    }

    /// Where inputs begin, by their ids.
    pub(crate) fn into_positions(self) -> Result<Vec<(String, InputStartingPosition)>, ServiceError> {
        if self.flink_run_configuration.is_some() {
            return Err(errors::not_for_sql("FlinkRunConfiguration"));
        }
        if self.application_restore_configuration.is_some() {
            return Err(errors::not_for_sql("ApplicationRestoreConfiguration"));
        }
        let position = |input: SqlRunConfiguration| {
            let position = input.input_starting_position_configuration.and_then(|starting| starting.position());
            (input.input_id.unwrap_or_default(), position.unwrap_or(InputStartingPosition::Now))
        };
        Ok(self.sql_run_configurations.into_iter().flatten().map(position).collect())
    }
}
