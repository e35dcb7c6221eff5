//! Secure connections to a server: whom to trust, and which name its certificate must have.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::Failure;

/// What secures connections to one server.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Tls {
    /// Trusts the authorities that browsers trust, compiled in, and those of a PEM file beside them.
    pub(super) fn of(machine: &str, ca_file: Option<&Path>) -> Result<Self, Failure> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(path) = ca_file {
            let failed = |why: String| Failure::new(format!("{}: {why}", path.display()));
            let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
            add(&mut roots, &pem).map_err(failed)?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = versions.map_err(|error| Failure::caused_by(&error))?;
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // An address of IPv6 stands in brackets in an URL, and without them in a certificate.
        let plain = machine.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(plain.to_owned());
        let name = name.map_err(|_| Failure::new(format!("'{machine}' is neither a name nor an address")))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
    }

    /// Secures a connection.
    pub(super) async fn connect(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.connector.connect(self.name.clone(), stream).await
    }
}

/// What is to be told of a handshake that failed.
pub(super) fn advice(error: &std::io::Error) -> String {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    match cause {
        Some(rustls::Error::InvalidCertificate(_)) => {
            format!("{error}; --ca-file names the authority of a server's own certificate")
        }
        _ => error.to_string(),
    }
}

fn add(roots: &mut RootCertStore, pem: &[u8]) -> Result<(), String> {
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| format!("not a PEM file of certificates: {error}"))?;
        roots.add(certificate).map_err(|error| format!("not a certificate of an authority: {error}"))?;
        count += 1;
    }
    if count == 0 { Err("there is no certificate in the file".to_owned()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_taken_and_files_without_certificates_refused() {
        for machine in ["localhost", "127.0.0.1", "[::1]", "example.com"] {
            assert!(Tls::of(machine, None).is_ok(), "{machine}");
        }
        assert!(Tls::of("not a name", None).is_err());
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("empty.pem");
        std::fs::write(&path, "nothing").expect("is written");
        let refused = Tls::of("localhost", Some(&path)).expect_err("no certificate").to_string();
        assert!(refused.ends_with("there is no certificate in the file"), "{refused}");
        let absent = folder.path().join("absent.pem");
        assert!(Tls::of("localhost", Some(&absent)).is_err());
    }
}
