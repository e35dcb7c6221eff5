//! Destinations as answers show them: everything but secrets.

use serde::Serialize;

use super::{
    CompressionFormat, ContentEncoding, DataBackupMode, DocumentIdFormat, DocumentsBackupMode, EventsBackupMode,
    HecEndpointType, IndexRotationPeriod, NoEncryptionConfig, S3BackupMode,
};
use crate::configuration::{
    Backup, CopyCommand, Destination, Flavour, Hints, HttpEndpointDestination, Logging, OpenSearchDestination,
    Processing, RedshiftDestination, Retry, S3Destination, S3Output, SplunkDestination,
};
use crate::stream::DESTINATION_ID;

/// The destination of a delivery stream.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DestinationDescription {
    destination_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_destination_description: Option<S3Description>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extended_s3_destination_description: Option<ExtendedS3Description>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redshift_destination_description: Option<RedshiftDescription>,
    #[serde(skip_serializing_if = "Option::is_none")]
    elasticsearch_destination_description: Option<OpenSearchDescription>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amazonopensearchservice_destination_description: Option<OpenSearchDescription>,
    #[serde(skip_serializing_if = "Option::is_none")]
    splunk_destination_description: Option<SplunkDescription>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http_endpoint_destination_description: Option<HttpEndpointDescription>,
    #[serde(rename = "AmazonOpenSearchServerlessDestinationDescription", skip_serializing_if = "Option::is_none")]
    serverless_destination_description: Option<ServerlessDescription>,
}

impl From<Destination> for DestinationDescription {
    fn from(destination: Destination) -> Self {
        let mut described = Self { destination_id: DESTINATION_ID, ..Self::default() };
        match destination {
            Destination::S3(s3) => {
                described.s3_destination_description = Some(s3.output.clone().into());
                described.extended_s3_destination_description = Some((*s3).into());
            }
            Destination::Redshift(redshift) => described.redshift_destination_description = Some((*redshift).into()),
            Destination::Splunk(splunk) => described.splunk_destination_description = Some((*splunk).into()),
            Destination::HttpEndpoint(http) => described.http_endpoint_destination_description = Some((*http).into()),
            Destination::OpenSearch(search) => match search.flavour {
                Flavour::Elasticsearch => described.elasticsearch_destination_description = Some((*search).into()),
                Flavour::OpenSearch => {
                    described.amazonopensearchservice_destination_description = Some((*search).into());
                }
                Flavour::Serverless => described.serverless_destination_description = Some((*search).into()),
            },
        }
        described
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct S3Description {
    #[serde(rename = "RoleARN")]
    role_arn: String,
    #[serde(rename = "BucketARN")]
    bucket_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_output_prefix: Option<String>,
    buffering_hints: Hints,
    compression_format: CompressionFormat,
    encryption_configuration: ObjectEncryption,
    cloud_watch_logging_options: Logging,
}

/// Either member, never both.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ObjectEncryption {
    #[serde(skip_serializing_if = "Option::is_none")]
    no_encryption_config: Option<NoEncryptionConfig>,
    #[serde(rename = "KMSEncryptionConfig", skip_serializing_if = "Option::is_none")]
    kms_encryption_config: Option<KmsDescription>,
}

#[derive(Debug, Serialize)]
struct KmsDescription {
    #[serde(rename = "AWSKMSKeyARN")]
    aws_kms_key_arn: String,
}

impl From<S3Output> for S3Description {
    fn from(output: S3Output) -> Self {
        let is_open = output.kms_key_arn.is_none();
        Self {
            role_arn: output.role_arn,
            bucket_arn: output.bucket_arn,
            prefix: output.prefix,
            error_output_prefix: output.error_prefix,
            buffering_hints: output.hints,
            compression_format: output.compression,
            encryption_configuration: ObjectEncryption {
                no_encryption_config: is_open.then_some(NoEncryptionConfig::NoEncryption),
                kms_encryption_config: output.kms_key_arn.map(|aws_kms_key_arn| KmsDescription { aws_kms_key_arn }),
            },
            cloud_watch_logging_options: output.logging,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ExtendedS3Description {
    #[serde(flatten)]
    output: S3Description,
    #[serde(skip_serializing_if = "Option::is_none")]
    processing_configuration: Option<Processing>,
    s3_backup_mode: S3BackupMode,
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_backup_description: Option<S3Description>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data_format_conversion_configuration: Option<DataFormatConversion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dynamic_partitioning_configuration: Option<PartitioningDescription>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_extension: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_time_zone: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct DataFormatConversion {
    enabled: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct PartitioningDescription {
    retry_options: Retry,
    enabled: bool,
}

fn backup_of(backup: Backup) -> (S3BackupMode, Option<S3Description>) {
    let mode = if backup.is_on { S3BackupMode::Enabled } else { S3BackupMode::Disabled };
    (mode, backup.output.map(S3Description::from))
}

impl From<S3Destination> for ExtendedS3Description {
    fn from(s3: S3Destination) -> Self {
        let (s3_backup_mode, s3_backup_description) = backup_of(s3.backup);
        let partitioning = s3.partitioning;
        Self {
            output: s3.output.into(),
            processing_configuration: s3.processing,
            s3_backup_mode,
            s3_backup_description,
            data_format_conversion_configuration: s3
                .names_conversion
                .then_some(DataFormatConversion { enabled: false }),
            dynamic_partitioning_configuration: partitioning
                .map(|known| PartitioningDescription { retry_options: known.retry, enabled: known.enabled }),
            file_extension: s3.file_extension,
            custom_time_zone: s3.time_zone,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RedshiftDescription {
    #[serde(rename = "RoleARN")]
    role_arn: String,
    #[serde(rename = "ClusterJDBCURL")]
    cluster_jdbc_url: String,
    copy_command: CopyCommand,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    retry_options: Retry,
    s3_destination_description: S3Description,
    #[serde(skip_serializing_if = "Option::is_none")]
    processing_configuration: Option<Processing>,
    s3_backup_mode: S3BackupMode,
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_backup_description: Option<S3Description>,
    cloud_watch_logging_options: Logging,
}

impl From<RedshiftDestination> for RedshiftDescription {
    fn from(redshift: RedshiftDestination) -> Self {
        let (s3_backup_mode, s3_backup_description) = backup_of(redshift.backup);
        Self {
            role_arn: redshift.role_arn,
            cluster_jdbc_url: redshift.cluster_jdbc_url,
            copy_command: redshift.copy,
            username: redshift.username,
            retry_options: redshift.retry,
            s3_destination_description: redshift.s3.into(),
            processing_configuration: redshift.processing,
            s3_backup_mode,
            s3_backup_description,
            cloud_watch_logging_options: redshift.logging,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct OpenSearchDescription {
    #[serde(rename = "RoleARN")]
    role_arn: String,
    #[serde(rename = "DomainARN", skip_serializing_if = "Option::is_none")]
    domain_arn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster_endpoint: Option<String>,
    index_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    type_name: Option<String>,
    index_rotation_period: IndexRotationPeriod,
    buffering_hints: Hints,
    retry_options: Retry,
    s3_backup_mode: DocumentsBackupMode,
    s3_destination_description: S3Description,
    #[serde(skip_serializing_if = "Option::is_none")]
    processing_configuration: Option<Processing>,
    cloud_watch_logging_options: Logging,
    document_id_options: DocumentIds,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct DocumentIds {
    default_document_id_format: DocumentIdFormat,
}

impl From<OpenSearchDestination> for OpenSearchDescription {
    fn from(search: OpenSearchDestination) -> Self {
        Self {
            role_arn: search.role_arn,
            domain_arn: search.domain_arn,
            cluster_endpoint: search.endpoint,
            index_name: search.index_name,
            type_name: search.type_name,
            index_rotation_period: search.rotation,
            buffering_hints: search.hints,
            retry_options: search.retry,
            s3_backup_mode: search.backup_mode,
            s3_destination_description: search.s3.into(),
            processing_configuration: search.processing,
            cloud_watch_logging_options: search.logging,
            document_id_options: DocumentIds { default_document_id_format: search.document_ids },
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ServerlessDescription {
    #[serde(rename = "RoleARN")]
    role_arn: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_endpoint: Option<String>,
    index_name: String,
    buffering_hints: Hints,
    retry_options: Retry,
    s3_backup_mode: DocumentsBackupMode,
    s3_destination_description: S3Description,
    #[serde(skip_serializing_if = "Option::is_none")]
    processing_configuration: Option<Processing>,
    cloud_watch_logging_options: Logging,
}

impl From<OpenSearchDestination> for ServerlessDescription {
    fn from(search: OpenSearchDestination) -> Self {
        Self {
            role_arn: search.role_arn,
            collection_endpoint: search.endpoint,
            index_name: search.index_name,
            buffering_hints: search.hints,
            retry_options: search.retry,
            s3_backup_mode: search.backup_mode,
            s3_destination_description: search.s3.into(),
            processing_configuration: search.processing,
            cloud_watch_logging_options: search.logging,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SplunkDescription {
    #[serde(rename = "HECEndpoint")]
    hec_endpoint: String,
    #[serde(rename = "HECEndpointType")]
    hec_endpoint_type: HecEndpointType,
    #[serde(rename = "HECToken", skip_serializing_if = "Option::is_none")]
    hec_token: Option<String>,
    #[serde(rename = "HECAcknowledgmentTimeoutInSeconds")]
    hec_acknowledgment_timeout_in_seconds: u32,
    retry_options: Retry,
    s3_backup_mode: EventsBackupMode,
    s3_destination_description: S3Description,
    #[serde(skip_serializing_if = "Option::is_none")]
    processing_configuration: Option<Processing>,
    cloud_watch_logging_options: Logging,
    buffering_hints: Hints,
}

impl From<SplunkDestination> for SplunkDescription {
    fn from(splunk: SplunkDestination) -> Self {
        Self {
            hec_endpoint: splunk.endpoint,
            hec_endpoint_type: splunk.endpoint_type,
            // Not a secret to AWS, whose model shows it.
            hec_token: splunk.token,
            hec_acknowledgment_timeout_in_seconds: splunk.acknowledgment_timeout_s,
            retry_options: splunk.retry,
            s3_backup_mode: splunk.backup_mode,
            s3_destination_description: splunk.s3.into(),
            processing_configuration: splunk.processing,
            cloud_watch_logging_options: splunk.logging,
            buffering_hints: splunk.hints,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct HttpEndpointDescription {
    endpoint_configuration: EndpointDescription,
    buffering_hints: Hints,
    cloud_watch_logging_options: Logging,
    request_configuration: RequestDescription,
    #[serde(skip_serializing_if = "Option::is_none")]
    processing_configuration: Option<Processing>,
    #[serde(rename = "RoleARN", skip_serializing_if = "Option::is_none")]
    role_arn: Option<String>,
    retry_options: Retry,
    s3_backup_mode: DataBackupMode,
    s3_destination_description: S3Description,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct EndpointDescription {
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RequestDescription {
    content_encoding: ContentEncoding,
    common_attributes: Vec<AttributeDescription>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct AttributeDescription {
    attribute_name: String,
    attribute_value: String,
}

impl From<HttpEndpointDestination> for HttpEndpointDescription {
    fn from(http: HttpEndpointDestination) -> Self {
        let attribute = |(attribute_name, attribute_value)| AttributeDescription { attribute_name, attribute_value };
        Self {
            endpoint_configuration: EndpointDescription { url: http.url, name: http.name },
            buffering_hints: http.hints,
            cloud_watch_logging_options: http.logging,
            request_configuration: RequestDescription {
                content_encoding: http.content_encoding,
                common_attributes: http.common_attributes.into_iter().map(attribute).collect(),
            },
            processing_configuration: http.processing,
            role_arn: http.role_arn,
            retry_options: http.retry,
            s3_backup_mode: http.backup_mode,
            s3_destination_description: http.s3.into(),
        }
    }
}
