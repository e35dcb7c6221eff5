//! AWS Security Token Service: who am I, and temporary credentials.
//!
//! Temporary credentials are stateless: the session token carries what they stand for under a seal, and the access key
//! and secret are derived from it. So they survive a restart, and nothing has to be remembered or cleaned up.
//!
//! Differs from AWS: there are no IAM policies, hence no trust policies. A role may be assumed by every caller of its
//! account (with [`Settings::any_account`] by everybody); session policies and MFA are refused, not ignored.

mod errors;
mod identity;
mod operations;
mod session;
mod shapes;
#[cfg(test)]
mod tests;

use std::sync::{Arc, RwLock};

use aws::{Face, Protocol, ServiceError, Session, SessionRefused, Sessions};
use host::Host;
use store::{Changes, Store};

use crate::session::Seal;

/// Where the secret is kept that seals session tokens.
const TABLE: &str = "sts";
const SECRET_KEY: &[u8] = b"session-secret";

/// The service's settings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// Whether a caller may assume roles of other accounts than its own. Only where callers are not checked anyway.
    pub any_account: bool,
}

/// The service.
pub struct Sts {
    host: Host,
    store: Store,
    seal: RwLock<Seal>,
    settings: Settings,
}

impl Sts {
    /// Opens the service; its secret is made once and kept in the store.
    pub async fn open(host: &Host, store: &Store, settings: Settings) -> Result<Arc<Self>, store::Error> {
        let secret = match store.get(TABLE, SECRET_KEY)? {
            Some(secret) => secret,
            None => {
                let secret = new_secret(host);
                store
                    .commit(Changes::new().expect(TABLE, SECRET_KEY, None).put(TABLE, SECRET_KEY, secret.clone()))
                    .await?;
                secret
            }
        };
        let seal = RwLock::new(Seal::new(&secret));
        Ok(Arc::new(Self { host: host.clone(), store: store.clone(), seal, settings }))
    }

    /// Ends every session: what was issued before is not believed any more.
    pub async fn forget_sessions(&self) -> Result<(), store::Error> {
        let secret = new_secret(&self.host);
        self.store.commit(Changes::new().put(TABLE, SECRET_KEY, secret.clone())).await?;
        *self.seal.write().expect("no panic while held") = Seal::new(&secret);
        Ok(())
    }

    /// Issues credentials that act as `caller` in `account` from now on.
    fn issue(&self, account: &str, caller: &str, seconds: i32) -> Result<shapes::Credentials, ServiceError> {
        let life_ms = u64::try_from(seconds).map_err(ServiceError::internal)? * 1000;
        let expires_ms = self.host.now_ms() + life_ms;
        let expires_ms = expires_ms - expires_ms % 1000; // AWS answers whole seconds.
        let mut nonce = [0; 16];
        self.host.fill_random(&mut nonce);
        Ok(self.seal.read().expect("no panic while held").issue(account, caller, expires_ms, nonce))
    }
}

impl Sessions for Sts {
    fn open(&self, access_key: &str, token: &str, now_ms: u64) -> Result<Session, SessionRefused> {
        self.seal.read().expect("no panic while held").open(access_key, token, now_ms)
    }
}

fn new_secret(host: &Host) -> Vec<u8> {
    let mut secret = vec![0; 32];
    host.fill_random(&mut secret);
    secret
}

/// The service as the gateway sees it.
pub fn face(sts: Arc<Sts>) -> Face {
    let protocol = Protocol {
        signing_name: "sts",
        target_prefix: None,
        query_version: Some("2011-06-15"),
        query_namespace: Some("https://sts.amazonaws.com/doc/2011-06-15/"),
        not_implemented: operations::NOT_IMPLEMENTED,
    };
    Face::new(sts, protocol, operations::table())
}
