//! What a service that checks signatures itself is told about the caller.

use std::sync::Arc;

use aws::rest::{Caller, Key, KeyRefused, Keys, Mode};
use host::Host;
use http::request::Parts;

use crate::Auth;
use crate::answer::Envelope;
use crate::auth::{Denial, Known, Named, Verifier};

/// Everybody's keys, as they are lent to services.
pub(crate) struct Keyring {
    host: Host,
    verifier: Arc<Verifier>,
}

impl Keyring {
    pub(crate) fn new(host: Host, verifier: Arc<Verifier>) -> Arc<Self> {
        Arc::new(Self { host, verifier })
    }

    /// Who seems to be calling.
    pub(super) fn caller(self: &Arc<Self>, parts: &Parts, envelope: &Envelope) -> Caller {
        let Named { access_key, session_token, region } = self.verifier.named(parts);
        Caller {
            mode: match self.verifier.auth() {
                Auth::Open => Mode::Open,
                Auth::Keys(_) => Mode::Keys,
            },
            access_key,
            session_token,
            region,
            request_id: envelope.id.text().to_owned(),
            extended_id: envelope.id.extended_text(),
            keys: Arc::clone(self) as Arc<dyn Keys>,
        }
    }
}

impl Keys for Keyring {
    fn find(&self, access_key: &str, session_token: Option<&str>) -> Result<Key, KeyRefused> {
        match self.verifier.known(access_key, session_token, self.host.now_ms()) {
            Ok(Known { secret_key, account, arn }) => Ok(Key { secret_key, account, arn }),
            Err(Denial::Expired) => Err(KeyRefused::Expired),
            Err(_) => Err(KeyRefused::Unknown),
        }
    }
}
