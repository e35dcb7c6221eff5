//! The client against servers that misbehave, in virtual time.

mod loopback;

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::destination::testing::http::{After, Reply, serve};
use crate::destination::testing::{client, simulate};

const LIMITS: Limits =
    Limits { connect: Duration::from_secs(10), answer: Duration::from_secs(180), answer_bytes_max: 1000 };

fn request(body: impl Pieces) -> Request {
    let endpoint = Arc::new(Endpoint::parse("http://server.localhost:80/path?q=1").unwrap());
    Request { endpoint, path: None, headers: HeaderMap::new(), body: Arc::new(body) }
}

/// What the client makes of one reply.
fn answer_to(reply: Reply) -> Result<(u16, String), String> {
    simulate(|host, network| async move {
        serve(&host, &network, ("server.localhost", 80), move |_| reply.clone());
        let answer = client(&host).post(&request(Bytes::from_static(b"hello")), &LIMITS).await.answer;
        let answer = answer.map_err(|error| error.chain())?;
        Ok((answer.status.as_u16(), String::from_utf8(answer.body.to_vec()).unwrap()))
    })
}

#[test]
fn a_request_is_sent_as_it_is_and_its_answer_read() {
    simulate(|host, network| async move {
        let log = serve(&host, &network, ("server.localhost", 80), |_| Reply::json(418, "{}"));
        let pieces: Vec<Bytes> = (0..3000).map(|n| Bytes::from(vec![n as u8; n])).collect();
        let exchange = client(&host).post(&request(pieces.clone()), &LIMITS).await;
        let answer = exchange.answer.unwrap();
        assert_eq!((answer.status.as_u16(), &answer.body[..]), (418, &b"{}"[..]));
        let received = &log.all()[0];
        assert_eq!(received.line, "POST /path?q=1 HTTP/1.1");
        assert_eq!(received.header("host"), "server.localhost:80");
        assert!(received.body == pieces.concat());
    });
}

#[test]
fn bad_answers_are_told_apart() {
    let lost = Err("the connection ended before the answer did".to_owned());
    assert_eq!(answer_to(Reply::raw("", After::Close)), lost);
    assert_eq!(answer_to(Reply::raw("", After::Reset)), lost);
    assert_eq!(answer_to(Reply::raw("HTTP/1.1 20", After::Close)), lost);
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
    assert_eq!(answer_to(Reply::raw(half, After::Close)), lost);
    assert_eq!(answer_to(Reply::raw(half, After::Reset)), lost);
    let late = Err("no answer within 180 s".to_owned());
    assert_eq!(answer_to(Reply::raw("", After::Hang)), late);
    assert_eq!(answer_to(Reply::raw(half, After::Hang)), late);
    assert_eq!(answer_to(Reply::raw("SSH-2.0-x\r\n\r\n", After::Hang)), Err("the answer is not HTTP".to_owned()));
    let long = Err("the answer is longer than 1000 bytes".to_owned());
    assert_eq!(answer_to(Reply::json(200, &"x".repeat(1001))), long);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFF\r\n".to_owned() + &"x".repeat(2000);
    assert_eq!(answer_to(Reply::raw(chunked, After::Hang)), long);
    let endless_head = "HTTP/1.1 200 OK\r\nX: ".to_owned() + &"x".repeat(200_000);
    assert_eq!(answer_to(Reply::raw(endless_head, After::Hang)), Err("the answer is not HTTP".to_owned()));
    assert_eq!(answer_to(Reply::json(200, &"x".repeat(1000))), Ok((200, "x".repeat(1000))));
    let redirect = "HTTP/1.1 307 Go\r\nLocation: http://server.localhost/other\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(answer_to(Reply::raw(redirect, After::KeepOpen)), Ok((307, String::new())));
}

#[test]
fn waiting_is_measured_from_the_end_of_the_request() {
    simulate(|host, network| async move {
        serve(&host, &network, ("server.localhost", 80), |_| Reply::json(200, "{}").after_seconds(100));
        let exchange = client(&host).post(&request(Bytes::from_static(b"hello")), &LIMITS).await;
        assert!(exchange.answer.is_ok());
        let seconds = exchange.waited.as_secs_f64();
        assert!((100.0..100.1).contains(&seconds), "{seconds}");
    });
}

#[test]
fn nobody_there_and_nobody_answering_are_told_apart() {
    simulate(|host, network| async move {
        let refused = client(&host).post(&request(Bytes::new()), &LIMITS).await.answer.unwrap_err();
        assert!(matches!(refused, Error::ConnectFailed(_)), "{refused:?}");
        // Accepts, and never reads: sending takes for ever.
        let _listener = network.listen("server.localhost", 80);
        let started = host.monotonic();
        let stuck = client(&host).post(&request(Bytes::from(vec![0; 1 << 20])), &LIMITS).await.answer.unwrap_err();
        assert!(matches!(stuck, Error::AnswerTimeout(_)), "{stuck:?}");
        assert!((host.monotonic() - started).as_secs() <= 181);
        // The handshake never gets an answer.
        let endpoint = Arc::new(Endpoint::parse("https://server.localhost:80/").unwrap());
        let secure = Request { endpoint, ..request(Bytes::new()) };
        let stuck = client(&host).post(&secure, &LIMITS).await.answer.unwrap_err();
        assert!(matches!(stuck, Error::ConnectTimeout(_)), "{stuck:?}");
    });
}

#[test]
fn connections_are_used_again_until_they_grow_old_or_close() {
    simulate(|host, network| async move {
        let log = serve(&host, &network, ("server.localhost", 80), |_| Reply::json(200, "{}"));
        let client = client(&host);
        for pause_s in [0, 0, 20, 60, 0] {
            host.sleep(Duration::from_secs(pause_s)).await;
            assert!(client.post(&request(Bytes::from_static(b"x")), &LIMITS).await.answer.is_ok());
        }
        let connections: Vec<usize> = log.all().iter().map(|received| received.connection).collect();
        assert_eq!(connections, [0, 0, 0, 1, 1]);
    });
}

#[test]
fn a_connection_that_the_server_closed_meanwhile_costs_no_attempt() {
    simulate(|host, network| async move {
        let count = AtomicUsize::new(0);
        let log = serve(&host, &network, ("server.localhost", 80), move |_| {
            // The first request's connection dies on the second request, unanswered.
            match count.fetch_add(1, Ordering::Relaxed) {
                1 => Reply::raw("", After::Reset),
                _ => Reply::json(200, "{}"),
            }
        });
        let client = client(&host);
        for _ in 0..2 {
            assert!(client.post(&request(Bytes::from_static(b"x")), &LIMITS).await.answer.is_ok());
        }
        let connections: Vec<usize> = log.all().iter().map(|received| received.connection).collect();
        assert_eq!(connections, [0, 0, 1]);
    });
}

#[test]
fn an_abandoned_request_closes_its_connection() {
    simulate(|host, network| async move {
        let mut listener = network.listen("server.localhost", 80);
        let client = client(&host);
        let request = request(Bytes::from_static(b"x"));
        {
            let posting = std::pin::pin!(client.post(&request, &LIMITS));
            assert!(matches!(select(posting, host.sleep(Duration::from_secs(1))).await, Either::Right(_)));
        }
        let mut peer = listener.accept().await;
        let mut all = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut peer, &mut all).await.unwrap();
        assert!(all.starts_with(b"POST /path?q=1 HTTP/1.1\r\n"));
    });
}
