//! Who is calling: reads the signature's claim and, in mode `keys`, checks it.

mod acquaintance;
mod claim;
mod denial;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aws::{Identity, Session, SessionRefused, Sessions};
use http::request::Parts;

pub(crate) use self::acquaintance::Acquaintance;
use self::claim::Claim;
pub(crate) use self::denial::Denial;
use crate::{Auth, Config};

/// One long-lived key of the credentials file.
#[derive(Clone)]
pub struct Credential {
    /// The access key id.
    pub access_key: String,
    /// The secret access key.
    pub secret_key: String,
    /// The twelve-digit account it belongs to.
    pub account: String,
    /// The caller's ARN.
    pub caller: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({} of {})", self.access_key, self.account)
    }
}

/// The keys of mode `keys`, by access key id.
#[derive(Debug, Default)]
pub struct Credentials(HashMap<String, Credential>);

impl Credentials {
    /// All keys; the access key id of the first that is listed twice is the error.
    pub fn new(all: impl IntoIterator<Item = Credential>) -> Result<Self, String> {
        let mut keys = HashMap::new();
        for credential in all {
            if let Some(twice) = keys.insert(credential.access_key.clone(), credential) {
                return Err(twice.access_key);
            }
        }
        Ok(Self(keys))
    }
}

/// Checks requests.
pub(crate) struct Verifier {
    auth: Auth,
    sessions: Option<Arc<dyn Sessions>>,
    region: String,
    account: String,
}

impl Verifier {
    pub(crate) fn new(config: &Config, sessions: Option<Arc<dyn Sessions>>) -> Self {
        Self { auth: config.auth.clone(), sessions, region: config.region.clone(), account: config.account.clone() }
    }

    /// The service of the credential scope, for the query protocol. Nothing is checked.
    pub(crate) fn claimed_service(parts: &Parts) -> Option<String> {
        let claim = Claim::of(parts).ok()?;
        claim.scope.get(2).map(|service| service.clone().into_owned())
    }

    /// Who signed this request for `service`. Where nothing but the claim counts, a connection whose claim is the same
    /// as before is known by `acquaintance`.
    pub(crate) fn verify(
        &self,
        acquaintance: &Acquaintance,
        parts: &Parts,
        body: &[u8],
        service: &str,
        now_ms: u64,
    ) -> Result<Arc<Identity>, Denial> {
        if let Some(known) = acquaintance.recall(parts) {
            return Ok(known);
        }
        let claim = Claim::of(parts)?;
        let region = match claim.scope.get(1) {
            Some(region) if is_region(region) => region.clone().into_owned(),
            Some(region) if !region.is_empty() => {
                return Err(Denial::invalid("Credential should be scoped to a valid region. "));
            }
            _ => self.region.clone(),
        };
        let known = self.known(&claim.access_key, claim.token.as_deref(), now_ms)?;
        let is_believed = known.secret_key.is_none();
        if let Some(secret) = &known.secret_key {
            claim.check(parts, body, service, secret, now_ms)?;
        }
        let access_key = claim.access_key.into_owned();
        let identity = Arc::new(Identity { account: known.account, region, caller: known.arn, access_key });
        if is_believed {
            acquaintance.remember(parts, &identity);
        }
        Ok(identity)
    }

    /// What an access key stands for, with the session token beside it. In mode `open` it has no secret, and every
    /// key stands for something.
    pub(crate) fn known(&self, access_key: &str, token: Option<&str>, now_ms: u64) -> Result<Known, Denial> {
        let session = match (&self.sessions, token) {
            (Some(sessions), Some(token)) => Some(sessions.open(access_key, token, now_ms)),
            _ => None,
        };
        let keys = match &self.auth {
            Auth::Open => return Ok(self.believe(access_key, session.and_then(Result::ok))),
            Auth::Keys(keys) => keys,
        };
        match (session, token) {
            (Some(Ok(Session { secret_key, account, caller })), _) => {
                Ok(Known { secret_key: Some(secret_key), account, arn: caller })
            }
            (Some(Err(SessionRefused::Expired)), _) => Err(Denial::Expired),
            (Some(Err(SessionRefused::Unknown)), _) | (None, Some(_)) => Err(Denial::Unrecognized),
            (None, None) => {
                let Credential { secret_key, account, caller, .. } =
                    keys.0.get(access_key).cloned().ok_or(Denial::Unrecognized)?;
                Ok(Known { secret_key: Some(secret_key), account, arn: caller })
            }
        }
    }

    /// In mode `open` the access key id is the account where it looks like one.
    fn believe(&self, access_key: &str, session: Option<Session>) -> Known {
        if let Some(Session { account, caller, .. }) = session {
            return Known { secret_key: None, account, arn: caller };
        }
        let is_account = access_key.len() == 12 && access_key.bytes().all(|byte| byte.is_ascii_digit());
        let account = if is_account { access_key } else { &self.account };
        Known { secret_key: None, account: account.to_owned(), arn: format!("arn:aws:iam::{account}:root") }
    }

    /// Whom a request names, as far as can be told; for services that check signatures themselves.
    pub(crate) fn named(&self, parts: &Parts) -> Named {
        let claim = Claim::of(parts).ok();
        let region = claim.as_ref().and_then(|claim| claim.scope.get(1)).filter(|region| is_region(region));
        let region = region.map_or_else(|| self.region.clone(), |region| region.clone().into_owned());
        match claim {
            Some(Claim { access_key, token, .. }) => {
                Named { access_key: Some(access_key.into_owned()), session_token: token.map(Cow::into_owned), region }
            }
            None => {
                let (access_key, session_token) = claim::of_version_2(parts);
                Named { access_key, session_token, region }
            }
        }
    }

    pub(crate) fn auth(&self) -> &Auth {
        &self.auth
    }
}

/// What an access key stands for.
pub(crate) struct Known {
    /// Nothing in mode `open`.
    pub(crate) secret_key: Option<String>,
    pub(crate) account: String,
    pub(crate) arn: String,
}

/// Whom a request names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) access_key: Option<String>,
    pub(crate) session_token: Option<String>,
    /// Of the credential scope, else the server's own.
    pub(crate) region: String,
}

/// Regions become parts of ARNs and of stored keys, so their letters are limited.
fn is_region(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
