//! The client over real sockets: certificates, and connections that are really reset.

use host::Host;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::destination::testing::certificate;

/// Listens on a free port; every connection is handed to `serve`.
async fn listen<F: Future<Output = ()> + Send + 'static>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    port
}

async fn answer(stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin)) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\nhello") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            // The client does not trust us.
            Err(_) => return,
        }
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await.unwrap();
    stream.flush().await.unwrap();
}

async fn post(port: u16, scheme: &str, authorities: Option<&str>) -> Result<Answer, Error> {
    let tls = Tls::new(authorities.map(str::as_bytes)).unwrap();
    let endpoint = Arc::new(Endpoint::parse(&format!("{scheme}://localhost:{port}/")).unwrap());
    let request = Request { endpoint, ..request(Bytes::from_static(b"hello")) };
    HttpClient::new(Host::real(), tls).post(&request, &LIMITS).await.answer
}

#[tokio::test]
async fn certificates_decide_who_is_talked_to() {
    let (localhost, acceptor) = certificate(&["localhost"]);
    let (elsewhere, other_acceptor) = certificate(&["elsewhere.example"]);
    let secure = |acceptor: TlsAcceptor| {
        move |stream: TcpStream| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    answer(&mut stream).await;
                }
            }
        }
    };
    let port = listen(secure(acceptor)).await;
    let other_port = listen(secure(other_acceptor)).await;
    assert_eq!(post(port, "https", Some(&localhost)).await.unwrap().body, "hi");
    let both = format!("{elsewhere}{localhost}");
    assert_eq!(post(port, "https", Some(&both)).await.unwrap().body, "hi");
    let untrusted = post(port, "https", None).await.unwrap_err();
    assert!(matches!(untrusted, Error::Tls(TlsError::Untrusted(_))), "{untrusted:?}");
    let wrong = post(other_port, "https", Some(&both)).await.unwrap_err();
    assert!(matches!(wrong, Error::Tls(TlsError::WrongHost)), "{wrong:?}");
    let plain_port = listen(|mut stream| async move { drop(stream.write_all(b"HTTP/1.1 400 No\r\n\r\n").await) }).await;
    let plain = post(plain_port, "https", Some(&both)).await.unwrap_err();
    assert!(matches!(plain, Error::Tls(TlsError::Handshake(_))), "{plain:?}");
    assert!(Tls::new(Some(b"no certificate")).is_err());
}

#[tokio::test]
async fn sockets_that_are_reset_or_closed_are_lost() {
    let plain = listen(|mut stream| async move { answer(&mut stream).await }).await;
    assert_eq!(post(plain, "http", None).await.unwrap().body, "hi");
    let resetting = listen(|mut stream| async move {
        stream.read_u8().await.unwrap();
        // Bytes that nobody read make the system reset the connection.
        drop(stream);
    });
    let lost = post(resetting.await, "http", None).await.unwrap_err();
    assert!(matches!(lost, Error::ConnectionLost), "{lost:?}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap().port();
    drop(listener);
    let refused = post(nobody, "http", None).await.unwrap_err();
    assert!(matches!(refused, Error::ConnectFailed(_)), "{refused:?}");
}
