//! The table of the first version. A new operation adds its `mod` and its `with`; what both versions have alike is in `both_versions`.

mod add_application_cloud_watch_logging_option;
mod add_application_input;
mod add_application_output;
mod add_application_reference_data_source;
mod create_application;
mod delete_application_cloud_watch_logging_option;
mod delete_application_input_processing_configuration;
mod delete_application_output;
mod delete_application_reference_data_source;
mod describe_application;
pub(crate) mod discover_input_schema;
mod list_applications;
mod start_application;
mod stop_application;
mod update_application;

use aws::Operations;

use crate::KinesisAnalytics;
use crate::both_versions::{
    add_application_input_processing_configuration, delete_application, list_tags_for_resource, tag_resource,
    untag_resource,
};
use crate::shapes::V1;

pub(crate) fn table() -> Operations<KinesisAnalytics> {
    Operations::new()
        .with::<add_application_cloud_watch_logging_option::AddApplicationCloudWatchLoggingOption>()
        .with::<add_application_input::AddApplicationInput>()
        .with::<add_application_input_processing_configuration::AddApplicationInputProcessingConfiguration<V1>>()
        .with::<add_application_output::AddApplicationOutput>()
        .with::<add_application_reference_data_source::AddApplicationReferenceDataSource>()
        .with::<create_application::CreateApplication>()
        .with::<delete_application::DeleteApplication<V1>>()
        .with::<delete_application_cloud_watch_logging_option::DeleteApplicationCloudWatchLoggingOption>()
        .with::<delete_application_input_processing_configuration::DeleteApplicationInputProcessingConfiguration>()
        .with::<delete_application_output::DeleteApplicationOutput>()
        .with::<delete_application_reference_data_source::DeleteApplicationReferenceDataSource>()
        .with::<describe_application::DescribeApplication>()
        .with::<discover_input_schema::DiscoverInputSchema>()
        .with::<list_applications::ListApplications>()
        .with::<list_tags_for_resource::ListTagsForResource<V1>>()
        .with::<start_application::StartApplication>()
        .with::<stop_application::StopApplication>()
        .with::<tag_resource::TagResource<V1>>()
        .with::<untag_resource::UntagResource<V1>>()
        .with::<update_application::UpdateApplication>()
}

/// Operations of AWS's model that come later: none.
pub(crate) const NOT_IMPLEMENTED: &[&str] = &[];
