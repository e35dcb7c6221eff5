//! One operation over every transport and codec.

use std::sync::Arc;

use crate::client::{CBOR, Http1, Http2, JSON};
use crate::echo::{serve_plain, serve_tls};

const SAID: &str = r#"{"Text":"hello","Data":"aGk=","At":1700000000.123,"Account":"000000000000","Region":"eu-west-1","Caller":"arn:aws:iam::000000000000:root"}"#;
const SAY: &str = r#"{"Text":"hello","Data":"aGk=","At":1700000000.123,"Unknown":{"deep":[1,2]}}"#;

#[tokio::test]
async fn json_over_http1_with_the_headers_of_aws() {
    let (server, _) = serve_plain().await;
    let mut client = Http1::connect(server.address()).await;
    let first = client.json("Say", SAY).await;
    let second = client.json("Say", SAY).await;
    assert_eq!((first.status, first.text().as_str()), (200, SAID));
    assert_eq!(first.header("content-type"), Some(JSON));
    assert_eq!(first.header("x-amz-id-2").map(str::len), Some(96));
    let id = first.header("x-amzn-requestid").expect("an id");
    assert!(id.len() == 36 && id.as_bytes()[14] == b'4', "{id}");
    assert!(first.header("date").is_some() && first.header("x-amz-crc32").is_none());
    assert_ne!(second.header("x-amzn-requestid"), Some(id));
}

#[tokio::test]
async fn json_over_http2_without_tls() {
    let (server, _) = serve_plain().await;
    let mut client = Http2::connect(server.address()).await;
    let calls = (0..50).map(|_| {
        let mut client = client.clone();
        async move { client.call("Say", JSON, SAY.as_bytes()).await }
    });
    for answer in futures::future::join_all(calls).await {
        assert_eq!((answer.status, answer.text().as_str()), (200, SAID));
    }
    let large = format!(r#"{{"Text":"{}"}}"#, "x".repeat(1_000_000));
    let answer = client.call("Say", JSON, large.as_bytes()).await;
    assert!(answer.status == 200 && answer.body.len() > 1_000_000);
    assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
}

#[tokio::test]
async fn cbor_as_the_java_sdk_speaks_it() {
    let (server, _) = serve_plain().await;
    // Indefinite map, chunked text, chunked bytes, tagged milliseconds; what Jackson may send.
    let mut body = vec![0xbf, 0x64];
    body.extend_from_slice(b"Text\x7f\x62he\x63llo\xff");
    body.extend_from_slice(b"\x64Data\x5f\x41h\x41i\xff");
    body.extend_from_slice(b"\x62At\xc1\x1b\x00\x00\x01\x8b\xcf\xe5\x68\x7b");
    body.extend_from_slice(b"\x67Unknown\x9f\x01\xbf\xff\xf6\xff");
    body.push(0xff);
    let mut expected = vec![0xa6, 0x64];
    expected.extend_from_slice(b"Text\x65hello\x64Data\x42hi\x62At\xc1\x1b\x00\x00\x01\x8b\xcf\xe5\x68\x7b");
    expected.extend_from_slice(b"\x67Account\x6c000000000000\x66Region\x69eu-west-1");
    expected.extend_from_slice(b"\x66Caller\x78\x1earn:aws:iam::000000000000:root");
    let over_http2 = Http2::connect(server.address()).await.call("Say", CBOR, &body).await;
    let over_http1 = Http1::connect(server.address()).await.call("POST", "/", &[("content-type", CBOR)], &body).await;
    for answer in [over_http1, over_http2] {
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(CBOR)));
        assert_eq!(answer.body, expected);
    }
}

#[tokio::test]
async fn forms_and_xml() {
    let (server, _) = serve_plain().await;
    let mut client = Http1::connect(server.address()).await;
    let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8"), ("x-amz-target", "")];
    let answer = client.call("POST", "/", &form, b"Action=Say&Version=2020-01-01&Text=a%20%26%20b").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/xml")));
    assert!(answer.text().starts_with("<SayResponse xmlns=\"urn:echo\">\n<SayResult><Text>a &amp; b</Text>"));
    let unsigned = [("authorization", ""), ("content-type", ""), ("x-amz-target", "")];
    let presigned = "/?Action=Say&Version=2020-01-01&Text=hi&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=\
                     123456789012%2F20200101%2Feu-west-1%2Fecho%2Faws4_request&X-Amz-Date=20200101T000000Z\
                     &X-Amz-SignedHeaders=host&X-Amz-Signature=00";
    for method in ["GET", "POST"] {
        let answer = client.call(method, presigned, &unsigned, b"").await;
        assert!(answer.text().contains("<Account>123456789012</Account>"), "{method}: {}", answer.text());
    }
}

#[tokio::test]
async fn tls_with_a_certificate_of_its_own_that_is_kept() {
    let directory = tempfile::tempdir().expect("a directory");
    let (server, _) = serve_tls(directory.path()).await;
    let made = std::fs::read(directory.path().join("certificate.pem")).expect("made");
    for protocol in ["http/1.1", "h2"] {
        let stream = tls(server.address(), &made, protocol).await;
        let answer = match protocol {
            "h2" => Http2::over(stream).await.call("Say", JSON, SAY.as_bytes()).await,
            _ => Http1::over(stream).json("Say", SAY).await,
        };
        assert_eq!((answer.status, answer.text().as_str()), (200, SAID), "{protocol}");
    }
    server.shutdown().await;
    let (server, _) = serve_tls(directory.path()).await;
    assert_eq!(std::fs::read(directory.path().join("certificate.pem")).expect("kept"), made);
    let answer = Http1::connect(server.address()).await.json("Say", SAY).await;
    assert_eq!(answer.status, 200, "the same port speaks without TLS");
}

async fn tls(
    address: std::net::SocketAddr,
    certificate: &[u8],
    protocol: &str,
) -> tokio_rustls::client::TlsStream<tokio::net::TcpStream> {
    use rustls::pki_types::pem::PemObject;
    let mut roots = rustls::RootCertStore::empty();
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(certificate).expect("PEM")).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let stream = tokio::net::TcpStream::connect(address).await.expect("connects");
    let name = rustls::pki_types::ServerName::try_from("localhost").expect("a name");
    tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.expect("trusted")
}

#[tokio::test]
async fn the_account_is_the_access_key_where_it_is_twelve_digits() {
    let (server, _) = serve_plain().await;
    let mut client = Http1::connect(server.address()).await;
    for (credential, account, region) in [
        ("123456789012/20200101/us-west-2/echo/aws4_request", "123456789012", "us-west-2"),
        ("12345678901/20200101/us-west-2/echo/aws4_request", "000000000000", "us-west-2"),
        ("12345678901x/20200101/us-west-2/echo/aws4_request", "000000000000", "us-west-2"),
        ("test", "000000000000", "us-east-1"),
    ] {
        let signed = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0");
        let answer = client.call("POST", "/", &[("authorization", &signed)], br#"{"Text":"a"}"#).await;
        let expected = format!(r#""Account":"{account}","Region":"{region}""#);
        assert!(answer.text().contains(&expected), "{credential}: {}", answer.text());
    }
}
