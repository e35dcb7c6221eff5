//! Kinesis Data Analytics' own words, nowhere else. AWS documents codes, and few sentences: most are ours.

use aws::{Call, ErrorCode, ErrorMember, ServiceError, WireEnum};

use crate::shapes::{Api, ApplicationStatus};

const CODE_VALIDATION: ErrorCode = ErrorCode::sender("CodeValidationException");
const CONCURRENT_MODIFICATION: ErrorCode = ErrorCode::sender("ConcurrentModificationException");
const INVALID_APPLICATION_CONFIGURATION: ErrorCode = ErrorCode::sender("InvalidApplicationConfigurationException");
const INVALID_ARGUMENT: ErrorCode = ErrorCode::sender("InvalidArgumentException");
const INVALID_REQUEST: ErrorCode = ErrorCode::sender("InvalidRequestException");
const LIMIT_EXCEEDED: ErrorCode = ErrorCode::sender("LimitExceededException");
const RESOURCE_IN_USE: ErrorCode = ErrorCode::sender("ResourceInUseException");
const RESOURCE_NOT_FOUND: ErrorCode = ErrorCode::sender("ResourceNotFoundException");
const TOO_MANY_TAGS: ErrorCode = ErrorCode::sender("TooManyTagsException");
const UNABLE_TO_DETECT_SCHEMA: ErrorCode = ErrorCode::sender("UnableToDetectSchemaException");
const UNSUPPORTED_OPERATION: ErrorCode = ErrorCode::sender("UnsupportedOperationException");

pub(crate) fn not_found(name: &str, call: &Call) -> ServiceError {
    let (account, region) = (&call.account, &call.region);
    RESOURCE_NOT_FOUND.with(format!("Application {name} not found under account {account} in region {region}"))
}

pub(crate) fn version_not_found(name: &str, version: u64) -> ServiceError {
    RESOURCE_NOT_FOUND.with(format!("Version {version} of application {name} not found"))
}

pub(crate) fn part_not_found(kind: &str, id: &str) -> ServiceError {
    RESOURCE_NOT_FOUND.with(format!("The application has no {kind} with id {id}"))
}

pub(crate) fn exists(name: &str) -> ServiceError {
    RESOURCE_IN_USE.with(format!("Application {name} already exists"))
}

pub(crate) fn in_use(name: &str, status: ApplicationStatus, wanted: &str) -> ServiceError {
    RESOURCE_IN_USE
        .with(format!("Application {name} is {}, and this can only be done while it is {wanted}", status.name()))
}

pub(crate) fn too_many_applications(max: usize) -> ServiceError {
    LIMIT_EXCEEDED.with(format!("There may be at most {max} applications in a region"))
}

pub(crate) fn server_is_full(max: usize) -> ServiceError {
    LIMIT_EXCEEDED.with(format!("This server carries at most {max} applications"))
}

pub(crate) fn too_many(what: &str, max: usize) -> ServiceError {
    INVALID_ARGUMENT.with(format!("An application may have at most {max} {what}{}", if max == 1 { "" } else { "s" }))
}

pub(crate) fn one_of(what: &str, members: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("Exactly one of {members} must say where the {what} is"))
}

pub(crate) fn no_functions(member: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("{member} is not supported: Millstream has no Lambda functions"))
}

pub(crate) fn no_reference_object() -> ServiceError {
    INVALID_ARGUMENT.with("A reference data source needs the BucketARN and the FileKey of its object")
}

pub(crate) fn no_arn(member: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("{member} must name a ResourceARN where the kind of the resource changes"))
}

pub(crate) fn not_an_arn_of(what: &str, arn: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("{arn} is not the ARN of {what}"))
}

pub(crate) fn not_an_application(arn: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("{arn} is not the ARN of an application"))
}

pub(crate) fn no_trim_horizon() -> ServiceError {
    INVALID_ARGUMENT
        .with("TRIM_HORIZON is not possible for a Firehose delivery stream: begin at NOW or LAST_STOPPED_POINT")
}

pub(crate) fn bad_schema(message: &str) -> ServiceError {
    INVALID_ARGUMENT.with(message.to_owned())
}

pub(crate) fn bad_code(fault: &flow::Fault) -> ServiceError {
    CODE_VALIDATION.with(format!("Invalid application code: {fault}"))
}

/// The code does not go with the tables that there would be. Operations on tables know no CodeValidationException.
pub(crate) fn no_longer_valid(fault: &flow::Fault) -> ServiceError {
    INVALID_ARGUMENT.with(format!("The application's code would not be valid: {fault}"))
}

pub(crate) fn version_mismatch(name: &str, current: u64, said: i64) -> ServiceError {
    CONCURRENT_MODIFICATION.with(format!("Application {name} is at version {current}, not {said}"))
}

pub(crate) fn token_mismatch(name: &str) -> ServiceError {
    CONCURRENT_MODIFICATION.with(format!("Application {name} has changed since its ConditionalToken was read"))
}

pub(crate) fn no_version_and_no_token() -> ServiceError {
    INVALID_ARGUMENT.with("Either CurrentApplicationVersionId or ConditionalToken must be given, and not both")
}

/// The first version's model has no InvalidArgumentException for deletions.
pub(crate) fn other_creation(name: &str, api: Api) -> ServiceError {
    let code = match api {
        Api::V1 => CONCURRENT_MODIFICATION,
        Api::V2 => INVALID_ARGUMENT,
    };
    code.with(format!("Application {name} was not created at that CreateTimestamp"))
}

pub(crate) fn nothing_to_start(name: &str) -> ServiceError {
    INVALID_APPLICATION_CONFIGURATION.with(format!("Application {name} has no input"))
}

pub(crate) fn cannot_start(name: &str, reason: &str) -> ServiceError {
    INVALID_APPLICATION_CONFIGURATION.with(format!("Application {name} cannot be started: {reason}"))
}

pub(crate) fn no_force() -> ServiceError {
    INVALID_REQUEST.with("Force is not possible for SQL applications")
}

pub(crate) fn bad_token() -> ServiceError {
    INVALID_ARGUMENT.with("NextToken is not one that was answered before")
}

pub(crate) fn other_runtime(runtime: &str) -> ServiceError {
    UNSUPPORTED_OPERATION.with(format!(
        "RuntimeEnvironment {runtime} is not supported by Millstream, which runs SQL-1_0 applications only"
    ))
}

pub(crate) fn interactive() -> ServiceError {
    INVALID_ARGUMENT.with("ApplicationMode INTERACTIVE belongs to Studio notebooks, which Millstream does not have")
}

/// A member that SQL applications do not have.
pub(crate) fn not_for_sql(member: &str) -> ServiceError {
    INVALID_REQUEST.with(format!("{member} is not possible for applications with the runtime environment SQL-1_0"))
}

/// An operation that SQL applications do not have.
pub(crate) fn operation_not_for_sql(operation: &str) -> ServiceError {
    UNSUPPORTED_OPERATION
        .with(format!("{operation} is not supported for applications with the runtime environment SQL-1_0"))
}

/// The same where the model has no UnsupportedOperationException.
pub(crate) fn argument_not_for_sql(operation: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("{operation} is not possible for applications with the runtime environment SQL-1_0"))
}

pub(crate) fn code_is_text() -> ServiceError {
    INVALID_REQUEST.with("The code of SQL applications is PLAINTEXT in TextContent")
}

pub(crate) fn too_many_tags() -> ServiceError {
    TOO_MANY_TAGS.with(format!("An application may have at most {} tags", crate::limits::TAGS_MAX))
}

pub(crate) fn tag_of_aws(key: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("Tag keys that begin with aws: are reserved: {key}"))
}

/// The records that were looked at are shown, so that the caller sees why.
pub(crate) fn no_schema(reason: &str, samples: Vec<String>) -> ServiceError {
    UNABLE_TO_DETECT_SCHEMA
        .with(format!("No schema could be found: {reason}"))
        .with_member("RawInputRecords", ErrorMember::Texts(samples.clone()))
        .with_member("ProcessedInputRecords", ErrorMember::Texts(samples))
}

pub(crate) fn no_source(arn: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("There is nothing at {arn}"))
}

pub(crate) fn no_object(bucket: &str, key: &str, reason: &str) -> ServiceError {
    INVALID_ARGUMENT.with(format!("The object {key} of bucket {bucket} cannot be read: {reason}"))
}
