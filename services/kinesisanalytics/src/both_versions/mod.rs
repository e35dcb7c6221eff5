//! Operations that both versions of the API have alike, but for the texts of a few constraints. They stand in both tables.

pub(crate) mod add_application_input_processing_configuration;
pub(crate) mod delete_application;
pub(crate) mod list_tags_for_resource;
pub(crate) mod tag_resource;
pub(crate) mod untag_resource;
