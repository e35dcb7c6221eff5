//! Begins an object that comes in parts.

use std::sync::Arc;

use super::Operation;
use crate::call::Call;
use crate::checksum::{Algorithm, Kind};
use crate::encryption::{self, Encryption};
use crate::multipart::Upload;
use crate::{S3, errors, multipart, object, rows, stamp, tags};
use s3s::S3Result;
use s3s::dto::{CreateMultipartUploadInput, CreateMultipartUploadOutput};
use store::Changes;

/// Begins an object that comes in parts.
///
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html>
///
/// Differs from AWS: no keys of the customer's for encryption, no object lock, only the storage class `STANDARD`.
pub(crate) struct CreateMultipartUpload;

impl Operation for CreateMultipartUpload {
    const NAME: &'static str = "CreateMultipartUpload";
    type Input = CreateMultipartUploadInput;
    type Output = CreateMultipartUploadOutput;

    async fn run(s3: &Arc<S3>, call: Call, input: CreateMultipartUploadInput) -> S3Result<CreateMultipartUploadOutput> {
        let mut input = input;
        let bucket = s3.bucket(&call, &input.bucket, input.expected_bucket_owner.as_deref())?;
        object::check_key(&input.key)?;
        object::options_of!(input).check()?;
        let description = object::description_of!(input)?;
        let wanted = encryption::encryption_of!(input)?;
        let encryption = s3.encryption(&call, &bucket, wanted).await?;
        let told = Encryption::told(encryption.as_ref());
        let tags = input.tagging.as_deref().map(tags::of_header).transpose()?.unwrap_or_default();
        let algorithm = Algorithm::of_request(input.checksum_algorithm.as_ref())?;
        let kind = kind(algorithm, Kind::of_request(input.checksum_type.as_ref())?)?;
        let (name, owner, key) = (bucket.name.clone(), bucket.owner.clone(), input.key.clone());
        let initiator = call.account.clone();
        let (bucket_name, turn) = (name.clone(), key.clone());
        let id = s3
            .change(&bucket_name, &turn, move |s3| {
                let bucket = s3.bucket_again(&name, &owner)?;
                let stamp = s3.stamps.next(&s3.host, None);
                let upload = Upload {
                    id: stamp::id(&s3.host, stamp),
                    initiated_ms: s3.host.now_ms(),
                    initiator: initiator.clone(),
                    description: description.clone(),
                    encryption: encryption.clone(),
                    tags: tags.clone(),
                    algorithm,
                    kind,
                };
                let row_key = multipart::row_key(&name, &key, &upload.id);
                let changes = Changes::new().expect(rows::BUCKETS, name.as_bytes(), Some(bucket.row));
                Ok((changes.put(rows::UPLOADS, row_key, rows::write(&upload)), upload.id))
            })
            .await?;
        Ok(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            checksum_algorithm: algorithm.map(Algorithm::on_wire),
            checksum_type: algorithm.map(|_| kind.on_wire()),
            server_side_encryption: told.algorithm,
            ssekms_key_id: told.key,
            bucket_key_enabled: told.bucket_key,
            ..Default::default()
        })
    }
}

/// What the object's checksum will be computed over.
fn kind(algorithm: Option<Algorithm>, asked: Option<Kind>) -> S3Result<Kind> {
    let Some(algorithm) = algorithm else {
        if asked.is_some() {
            return Err(errors::invalid_request(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
            ));
        }
        return Ok(Kind::FullObject);
    };
    let kind = asked.unwrap_or_else(|| algorithm.default_kind());
    if algorithm.allows(kind) {
        return Ok(kind);
    }
    Err(errors::invalid_request(format!(
        "The {} checksum type cannot be used with the {} checksum algorithm.",
        kind.name(),
        algorithm.name().to_ascii_lowercase()
    )))
}
