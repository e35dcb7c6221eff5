//! Shapes of the second version that two or more of its operations share.

mod configuration;
mod detail;
mod enums;
mod run;
mod update;

pub(crate) use configuration::ApplicationConfiguration;
pub(crate) use detail::{ApplicationDetail, MaintenanceDescription};
pub(crate) use enums::{ApplicationMode, CodeContentType, OperationStatus, RuntimeEnvironment, UrlType};
pub(crate) use run::RunConfiguration;
pub(crate) use update::ApplicationConfigurationUpdate;
