//! The table of the second version. A new operation adds its `mod` and its `with`; what both versions have alike is in `both_versions`.

mod add_application_cloud_watch_logging_option;
mod add_application_input;
mod add_application_output;
mod add_application_reference_data_source;
mod add_application_vpc_configuration;
mod create_application;
mod create_application_presigned_url;
mod create_application_snapshot;
mod delete_application_cloud_watch_logging_option;
mod delete_application_input_processing_configuration;
mod delete_application_output;
mod delete_application_reference_data_source;
mod delete_application_snapshot;
mod delete_application_vpc_configuration;
mod describe_application;
mod describe_application_operation;
mod describe_application_snapshot;
mod describe_application_version;
mod discover_input_schema;
mod list_application_operations;
mod list_application_snapshots;
mod list_application_versions;
mod list_applications;
mod rollback_application;
mod start_application;
mod stop_application;
mod update_application;
mod update_application_maintenance_configuration;

use aws::Operations;

use crate::KinesisAnalytics;
use crate::both_versions::{
    add_application_input_processing_configuration, delete_application, list_tags_for_resource, tag_resource,
    untag_resource,
};
use crate::shapes::V2;

pub(crate) fn table() -> Operations<KinesisAnalytics> {
    Operations::new()
        .with::<add_application_cloud_watch_logging_option::AddApplicationCloudWatchLoggingOption>()
        .with::<add_application_input::AddApplicationInput>()
        .with::<add_application_input_processing_configuration::AddApplicationInputProcessingConfiguration<V2>>()
        .with::<add_application_output::AddApplicationOutput>()
        .with::<add_application_reference_data_source::AddApplicationReferenceDataSource>()
        .with::<add_application_vpc_configuration::AddApplicationVpcConfiguration>()
        .with::<create_application::CreateApplication>()
        .with::<create_application_presigned_url::CreateApplicationPresignedUrl>()
        .with::<create_application_snapshot::CreateApplicationSnapshot>()
        .with::<delete_application::DeleteApplication<V2>>()
        .with::<delete_application_cloud_watch_logging_option::DeleteApplicationCloudWatchLoggingOption>()
        .with::<delete_application_input_processing_configuration::DeleteApplicationInputProcessingConfiguration>()
        .with::<delete_application_output::DeleteApplicationOutput>()
        .with::<delete_application_reference_data_source::DeleteApplicationReferenceDataSource>()
        .with::<delete_application_snapshot::DeleteApplicationSnapshot>()
        .with::<delete_application_vpc_configuration::DeleteApplicationVpcConfiguration>()
        .with::<describe_application::DescribeApplication>()
        .with::<describe_application_operation::DescribeApplicationOperation>()
        .with::<describe_application_snapshot::DescribeApplicationSnapshot>()
        .with::<describe_application_version::DescribeApplicationVersion>()
        .with::<discover_input_schema::DiscoverInputSchema>()
        .with::<list_application_operations::ListApplicationOperations>()
        .with::<list_application_snapshots::ListApplicationSnapshots>()
        .with::<list_application_versions::ListApplicationVersions>()
        .with::<list_applications::ListApplications>()
        .with::<list_tags_for_resource::ListTagsForResource<V2>>()
        .with::<rollback_application::RollbackApplication>()
        .with::<start_application::StartApplication>()
        .with::<stop_application::StopApplication>()
        .with::<tag_resource::TagResource<V2>>()
        .with::<untag_resource::UntagResource<V2>>()
        .with::<update_application::UpdateApplication>()
        .with::<update_application_maintenance_configuration::UpdateApplicationMaintenanceConfiguration>()
}

/// Operations of AWS's model that come later: those on snapshots that outlive applications of Flink.
pub(crate) const NOT_IMPLEMENTED: &[&str] = &[
    "CreateSnapshot",
    "DeleteSnapshot",
    "DescribeSnapshot",
    "DescribeSnapshotOperation",
    "ExportSnapshot",
    "ImportSnapshot",
    "ListSnapshotOperations",
    "ListSnapshots",
];
