//! The TLS certificate: given as files, or made by ourselves once and kept.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use host::Host;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::Tls;

/// Makes ready to accept TLS connections; the error is a sentence for the operator.
pub(crate) fn acceptor(host: &Host, tls: &Tls, listen: SocketAddr) -> Result<TlsAcceptor, String> {
    let (certificate, key) = match tls {
        Tls::Files { certificate, key } => (certificate.clone(), key.clone()),
        Tls::SelfSigned { directory } => {
            let paths = (directory.join("certificate.pem"), directory.join("key.pem"));
            if !host.files().exists(&paths.0) || !host.files().exists(&paths.1) {
                make(host, directory, listen)?;
            }
            paths
        }
    };
    let chain = CertificateDer::pem_slice_iter(&read(host, &certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| format!("{}: {error}", certificate.display()))?;
    let key =
        PrivateKeyDer::from_pem_slice(&read(host, &key)?).map_err(|error| format!("{}: {error}", key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|error| error.to_string())?.with_no_client_auth();
    let mut config = builder.with_single_cert(chain, key).map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Makes a certificate for this machine's loopback names and the address that is listened on.
fn make(host: &Host, directory: &Path, listen: SocketAddr) -> Result<(), String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let address = listen.ip().to_string();
    if !listen.ip().is_unspecified() && !names.contains(&address) {
        names.push(address);
    }
    let made = rcgen::generate_simple_self_signed(names).map_err(|error| error.to_string())?;
    let files = host.files();
    let write = |name: &str, text: &str| -> io::Result<()> {
        let path = directory.join(name);
        if files.exists(&path) {
            files.remove(&path)?;
        }
        let file = files.create_new(&path)?;
        file.write_all_at(text.as_bytes(), 0)?;
        file.sync_all()
    };
    let written = files
        .create_dir_all(directory)
        .and_then(|()| write("key.pem", &made.signing_key.serialize_pem()))
        .and_then(|()| write("certificate.pem", &made.cert.pem()))
        .and_then(|()| files.sync_dir(directory));
    written.map_err(|error| format!("{}: {error}", directory.display()))
}

fn read(host: &Host, path: &Path) -> Result<Vec<u8>, String> {
    host.files().read(path).map_err(|error| format!("{}: {error}", path.display()))
}
