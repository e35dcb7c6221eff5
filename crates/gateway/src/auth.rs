//! Who is calling: reads the signature's claim and, in mode `keys`, checks it.

mod claim;
mod denial;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use http::request::Parts;

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

/// What a session token stands for.
#[derive(Clone)]
pub struct Session {
    /// The secret that requests of the session are signed with.
    pub secret_key: String,
    /// The account it acts in.
    pub account: String,
    /// The ARN it acts as.
    pub caller: String,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({})", self.caller)
    }
}

/// Why a session token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionRefused {
    /// Not one of ours, or not for this access key.
    Unknown,
    /// Its time is over.
    Expired,
}

/// Knows the temporary credentials that have been issued.
pub trait Sessions: Send + Sync + 'static {
    /// What `token` stands for when it comes with `access_key`.
    fn open(&self, access_key: &str, token: &str, now_ms: u64) -> Result<Session, SessionRefused>;
}

/// Whoever signed a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) access_key: String,
    pub(crate) arn: String,
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

    /// Who signed this request for `service`.
    pub(crate) fn verify(&self, parts: &Parts, body: &[u8], service: &str, now_ms: u64) -> Result<Caller, Denial> {
        let claim = Claim::of(parts)?;
        let region = match claim.scope.get(1) {
            Some(region) if is_region(region) => region.clone().into_owned(),
            Some(region) if !region.is_empty() => {
                return Err(Denial::invalid("Credential should be scoped to a valid region. "));
            }
            _ => self.region.clone(),
        };
        let session = match (&self.sessions, &claim.token) {
            (Some(sessions), Some(token)) => Some(sessions.open(&claim.access_key, token, now_ms)),
            _ => None,
        };
        match &self.auth {
            Auth::Open => Ok(self.believe(&claim, region, session.and_then(Result::ok))),
            Auth::Keys(keys) => {
                let known = match (session, &claim.token) {
                    (Some(Ok(session)), _) => session,
                    (Some(Err(SessionRefused::Expired)), _) => return Err(Denial::Expired),
                    (Some(Err(SessionRefused::Unknown)), _) | (None, Some(_)) => return Err(Denial::Unrecognized),
                    (None, None) => {
                        let credential = keys.0.get(&*claim.access_key).ok_or(Denial::Unrecognized)?;
                        Session {
                            secret_key: credential.secret_key.clone(),
                            account: credential.account.clone(),
                            caller: credential.caller.clone(),
                        }
                    }
                };
                claim.check(parts, body, service, &known.secret_key, now_ms)?;
                let access_key = claim.access_key.into_owned();
                Ok(Caller { account: known.account, region, access_key, arn: known.caller })
            }
        }
    }

    /// In mode `open` the access key id is the account where it looks like one.
    fn believe(&self, claim: &Claim<'_>, region: String, session: Option<Session>) -> Caller {
        let access_key = claim.access_key.clone().into_owned();
        if let Some(session) = session {
            return Caller { account: session.account, region, access_key, arn: session.caller };
        }
        let is_account = access_key.len() == 12 && access_key.bytes().all(|byte| byte.is_ascii_digit());
        let account = if is_account { access_key.clone() } else { self.account.clone() };
        let arn = format!("arn:aws:iam::{account}:root");
        Caller { account, region, access_key, arn }
    }
}

/// Regions become parts of ARNs and of stored keys, so their letters are limited.
fn is_region(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
