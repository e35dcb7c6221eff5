//! The noun encryption: what requests and buckets say of it, and the keys that carry it out.

use s3s::S3Result;
use s3s::dto::{self, ServerSideEncryption};
use serde::{Deserialize, Serialize};

use crate::S3;
use crate::bucket::Bucket;
use crate::call::Call;
use crate::content::hex;
use crate::errors;
use crate::sealing::{Seal, Sealing};

/// The key of objects that name none.
const OWN_ALIAS: &str = "alias/aws/s3";
/// A bucket's default among its settings.
pub(crate) const SETTING: &str = "encryption";

/// How an object is encrypted at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Encryption {
    /// The ARN of a key of KMS; without one it is AES256 under a key of S3's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kms_key: Option<String>,
    /// Whether a bucket key was asked for. It saves calls to KMS, which cost nothing here; it is told as it was asked.
    #[serde(default)]
    pub(crate) has_bucket_key: bool,
}

/// What a request, or a bucket's default, asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    /// `AES256` or `aws:kms`.
    pub(crate) algorithm: Option<String>,
    /// A key of KMS: its id, its ARN or an alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bucket_key: Option<bool>,
    #[serde(skip)]
    pub(crate) has_context: bool,
}

/// The same, out of requests that share no type.
macro_rules! encryption_of {
    ($input:expr) => {
        $crate::encryption::Wanted {
            algorithm: $input.server_side_encryption.as_ref().map(|algorithm| algorithm.as_str().to_owned()),
            key: $input.ssekms_key_id.take(),
            bucket_key: $input.bucket_key_enabled,
            has_context: $input.ssekms_encryption_context.is_some(),
        }
        .checked()
    };
}
pub(crate) use encryption_of;

impl Wanted {
    /// Refuses what does not fit together, or would not be carried out.
    pub(crate) fn checked(self) -> S3Result<Self> {
        const NAME: &str = "x-amz-server-side-encryption";
        match self.algorithm.as_deref() {
            None | Some(ServerSideEncryption::AES256) if self.key.is_some() => {
                let sentence = "Server Side Encryption with AWS KMS managed key requires HTTP header \
                                x-amz-server-side-encryption : aws:kms";
                Err(errors::argument(sentence, NAME, self.algorithm.as_deref().unwrap_or("null")))
            }
            Some(ServerSideEncryption::AWS_KMS_DSSE) => {
                Err(errors::not_implemented("Server-side encryption in two layers (aws:kms:dsse)"))
            }
            None | Some(ServerSideEncryption::AES256 | ServerSideEncryption::AWS_KMS) => {
                if self.has_context {
                    return Err(errors::header_not_implemented("x-amz-server-side-encryption-context"));
                }
                Ok(self)
            }
            Some(other) => Err(errors::argument("The encryption method specified is not supported", NAME, other)),
        }
    }

    /// `aws:kms` with a key.
    pub(crate) fn of_key(arn: String) -> Self {
        let algorithm = Some(ServerSideEncryption::AWS_KMS.to_owned());
        Self { algorithm, key: Some(arn), ..Self::default() }
    }

    /// Whether the request says nothing of encryption.
    pub(crate) fn is_none(&self) -> bool {
        self.algorithm.is_none()
    }
}

impl Encryption {
    /// As answers tell it: the algorithm, the key, and whether there is a bucket key.
    pub(crate) fn told(encryption: Option<&Self>) -> Told {
        let Some(Self { kms_key, has_bucket_key }) = encryption else { return Told::default() };
        let algorithm = if kms_key.is_some() { ServerSideEncryption::AWS_KMS } else { ServerSideEncryption::AES256 };
        Told {
            algorithm: Some(ServerSideEncryption::from_static(algorithm)),
            key: kms_key.clone(),
            bucket_key: kms_key.as_ref().and(has_bucket_key.then_some(true)),
        }
    }
}

/// What answers say of an object's encryption.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) algorithm: Option<ServerSideEncryption>,
    pub(crate) key: Option<dto::SSEKMSKeyId>,
    pub(crate) bucket_key: Option<bool>,
}

impl Bucket {
    /// What new objects get whose requests say nothing.
    pub(crate) fn default_encryption(&self) -> Option<Wanted> {
        self.settings.get(SETTING).and_then(|text| serde_json::from_str(text).ok())
    }
}

impl S3 {
    /// How a new object is encrypted, by its request or by its bucket's default; the key exists and is usable.
    pub(crate) async fn encryption(
        &self,
        call: &Call,
        bucket: &Bucket,
        wanted: Wanted,
    ) -> S3Result<Option<Encryption>> {
        let wanted = match wanted.is_none() {
            true => bucket.default_encryption().unwrap_or_default(),
            false => wanted,
        };
        match wanted.algorithm.as_deref() {
            None => Ok(None),
            Some(ServerSideEncryption::AWS_KMS) => {
                let arn = self.key_arn(call, wanted.key.as_deref().unwrap_or(OWN_ALIAS)).await?;
                Ok(Some(Encryption { kms_key: Some(arn), has_bucket_key: wanted.bucket_key.unwrap_or_default() }))
            }
            Some(_) => Ok(Some(Encryption { kms_key: None, has_bucket_key: false })),
        }
    }

    /// The ARN of a key of the caller's.
    async fn key_arn(&self, call: &Call, name: &str) -> S3Result<String> {
        let scope = keys::Scope { account: &call.account, region: &call.region };
        let refused = |error| errors::kms(&error, name);
        let known = match aws::Arn::parse(name) {
            None => name,
            Some(arn) if arn.service == "kms" && arn.account == scope.account && arn.region == scope.region => {
                arn.resource
            }
            // Keys of other accounts and regions are not here.
            Some(_) => return Err(refused(keys::Error::NotFound)),
        };
        let key = self.keys.resolve(scope, known).await.map_err(refused)?;
        Ok(format!("arn:aws:kms:{}:{}:key/{}", scope.region, scope.account, key.id))
    }

    /// What bytes of a new object are sealed with; nothing where it is not encrypted.
    pub(crate) async fn sealing(&self, call: &Call, encryption: Option<&Encryption>) -> S3Result<Option<Sealing>> {
        let Some(encryption) = encryption else { return Ok(None) };
        let arn = match &encryption.kms_key {
            Some(arn) => arn.clone(),
            None => self.key_arn(call, OWN_ALIAS).await?,
        };
        let parsed = aws::Arn::parse(&arn).ok_or_else(|| errors::internal("a key without an ARN"))?;
        let scope = keys::Scope { account: parsed.account, region: parsed.region };
        let refused = |error| errors::kms(&error, &arn);
        let id = parsed.resource.strip_prefix("key/").unwrap_or(parsed.resource);
        let data_key = self.keys.generate_data_key(scope, id).map_err(refused)?;
        let sealer = self.keys.sealer(scope, &data_key.wrapped).map_err(refused)?;
        let mut binding = [0; 16];
        self.host.fill_random(&mut binding);
        let seal = Seal {
            account: scope.account.to_owned(),
            region: scope.region.to_owned(),
            wrapped: base64_simd::STANDARD.encode_to_string(&data_key.wrapped),
            binding: hex(&binding),
            len: 0,
        };
        Ok(Some(Sealing::new(sealer, seal)))
    }

    /// What opens bytes that were sealed.
    pub(crate) fn sealer(&self, seal: &Seal) -> S3Result<std::sync::Arc<keys::Sealer>> {
        let wrapped = base64_simd::STANDARD.decode_to_vec(&seal.wrapped).map_err(errors::internal)?;
        let scope = keys::Scope { account: &seal.account, region: &seal.region };
        self.keys.sealer(scope, &wrapped).map_err(|error| errors::kms(&error, "of the object"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_together_is_refused() {
        let check = |algorithm: Option<&str>, key: Option<&str>, has_context: bool| {
            let (algorithm, key) = (algorithm.map(str::to_owned), key.map(str::to_owned));
            let wanted = Wanted { algorithm, key, bucket_key: None, has_context };
            wanted.checked().err().map(|error| error.code().as_str().to_owned())
        };
        assert_eq!(check(None, None, false), None);
        assert_eq!(check(Some("AES256"), None, false), None);
        assert_eq!(check(Some("aws:kms"), Some("alias/x"), false), None);
        for (algorithm, key, has_context, expected) in [
            (Some("AES256"), Some("k"), false, "InvalidArgument"),
            (None, Some("k"), false, "InvalidArgument"),
            (Some("ROT13"), None, false, "InvalidArgument"),
            (Some("aws:kms:dsse"), None, false, "NotImplemented"),
            (Some("aws:kms"), None, true, "NotImplemented"),
        ] {
            assert_eq!(check(algorithm, key, has_context).as_deref(), Some(expected), "{algorithm:?}");
        }
    }
}
