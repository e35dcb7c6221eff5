//! Secure connections to destinations, with roots of trust that are the same on every machine.

use std::sync::Arc;

use host::net::Connection;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Why a connection could not be made secure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TlsError {
    /// The certificate is another machine's.
    #[error("the certificate is not for this host")]
    WrongHost,
    /// Nobody we trust vouches for the certificate, or not now.
    #[error("the certificate is not trusted: {0}")]
    Untrusted(String),
    /// Anything else.
    #[error("the handshake failed: {0}")]
    Handshake(String),
}

/// What secures connections.
#[derive(Clone)]
pub(crate) struct Tls {
    config: Arc<ClientConfig>,
}

impl Tls {
    /// Trusts the authorities that browsers trust, compiled in (`webpki-roots`: the binary needs no files of the
    /// machine's), and those of a PEM file's text beside them. The error is in words for the operator.
    pub(crate) fn new(extra_authorities: Option<&[u8]>) -> Result<Self, String> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(pem) = extra_authorities {
            let mut count = 0;
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| format!("not a PEM file of certificates: {error:?}"))?;
                roots.add(certificate).map_err(|error| format!("not a certificate of an authority: {error}"))?;
                count += 1;
            }
            if count == 0 {
                return Err("there is no certificate in the file".to_owned());
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { config: Arc::new(config) })
    }

    /// Secures a connection to a machine, given by its name or address.
    pub(crate) async fn connect(
        &self,
        connection: Connection,
        machine: &str,
    ) -> Result<TlsStream<Connection>, TlsError> {
        let name = ServerName::try_from(machine.to_owned()).map_err(|error| TlsError::Handshake(error.to_string()))?;
        let connector = TlsConnector::from(Arc::clone(&self.config));
        connector.connect(name, connection).await.map_err(|error| TlsError::from(&error))
    }
}

impl From<&std::io::Error> for TlsError {
    fn from(error: &std::io::Error) -> Self {
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
        match cause {
            Some(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Self::WrongHost,
            Some(rustls::Error::InvalidCertificate(_)) => Self::Untrusted(error.to_string()),
            _ => Self::Handshake(error.to_string()),
        }
    }
}
