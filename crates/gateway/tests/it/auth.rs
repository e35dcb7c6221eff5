//! Mode `keys`: what is signed right is answered, everything else is refused in AWS's words.

use std::fmt::Write as _;
use std::sync::Arc;

use aws::Timestamp;
use gateway::{Auth, Config, Credential, Credentials, Hooks, Server, Session, SessionRefused, Sessions};
use hmac::{Hmac, KeyInit, Mac};
use host::Host;
use sha2::{Digest, Sha256};

use crate::client::{Answer, Http1, JSON};
use crate::echo::{config, serve};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const BODY: &str = r#"{"Text":"hello"}"#;
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
                        Secret Access Key and signing method. Consult the service documentation for details.";

/// Signs as a client does, with anything changed that a test wants changed.
struct Signer {
    key: &'static str,
    secret: &'static str,
    at: Timestamp,
    day: Option<&'static str>,
    service: &'static str,
    terminator: &'static str,
    headers: &'static str,
    token: Option<&'static str>,
}

impl Signer {
    fn new() -> Self {
        Self {
            key: "AKIDEXAMPLE",
            secret: SECRET,
            at: Timestamp::from_ms(Host::real().now_ms()),
            day: None,
            service: "echo",
            terminator: "aws4_request",
            headers: "content-type;host;x-amz-date;x-amz-target",
            token: None,
        }
    }

    /// The headers of a signed call whose signed body is `body`.
    fn sign(&self, body: &str) -> Vec<(&'static str, String)> {
        let date = self.at.to_basic();
        let day = self.day.unwrap_or(&date[..8]).to_owned();
        let mut headers = vec![
            ("content-type", JSON.to_owned()),
            ("host", "localhost".to_owned()),
            ("x-amz-date", date.clone()),
            ("x-amz-target", "Echo_20200101.Say".to_owned()),
        ];
        headers.extend(self.token.map(|token| ("x-amz-security-token", token.to_owned())));
        let mut canonical = "POST\n/\n\n".to_owned();
        for name in self.headers.split(';') {
            let value = headers.iter().find(|(header, _)| *header == name).map_or("", |(_, value)| value);
            canonical.push_str(&format!("{name}:{value}\n"));
        }
        canonical.push_str(&format!("\n{}\n{}", self.headers, hex(&Sha256::digest(body))));
        let scope = format!("{day}/eu-west-1/{}/{}", self.service, self.terminator);
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in scope.split('/').chain([to_sign.as_str()]) {
            let mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length").chain_update(part);
            key = mac.finalize().into_bytes().to_vec();
        }
        let (id, signed, signature) = (self.key, self.headers, hex(&key));
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={signed}, Signature={signature}");
        headers.push(("authorization", authorization));
        headers
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").expect("writing to a String cannot fail");
        out
    })
}

/// Knows one session, and one that is over.
struct Known;

impl Sessions for Known {
    fn open(&self, access_key: &str, token: &str, _now_ms: u64) -> Result<Session, SessionRefused> {
        match (access_key, token) {
            ("ASIASESSION", "good") => Ok(Session {
                secret_key: "temporary".to_owned(),
                account: "444455556666".to_owned(),
                caller: "arn:aws:sts::444455556666:assumed-role/r/s".to_owned(),
            }),
            ("ASIASESSION", "old") => Err(SessionRefused::Expired),
            _ => Err(SessionRefused::Unknown),
        }
    }
}

async fn serve_keys() -> Server {
    let alice = Credential {
        access_key: "AKIDEXAMPLE".to_owned(),
        secret_key: SECRET.to_owned(),
        account: "111122223333".to_owned(),
        caller: "arn:aws:iam::111122223333:user/alice".to_owned(),
    };
    let auth = Auth::Keys(Arc::new(Credentials::new([alice]).expect("listed once")));
    let hooks = Hooks { sessions: Some(Arc::new(Known)), ..Hooks::default() };
    serve(Config { auth, ..config() }, hooks).await.0
}

async fn call(server: &Server, headers: &[(&'static str, String)], body: &str) -> Answer {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Http1::connect(server.address()).await.call("POST", "/", &headers, body.as_bytes()).await
}

#[tokio::test]
async fn what_is_signed_right_is_answered_in_the_signers_name() {
    let server = serve_keys().await;
    let answer = call(&server, &Signer::new().sign(BODY), BODY).await;
    let alice = r#""Account":"111122223333","Region":"eu-west-1","Caller":"arn:aws:iam::111122223333:user/alice""#;
    assert!(answer.status == 200 && answer.text().contains(alice), "{}", answer.text());
    let session = Signer { key: "ASIASESSION", secret: "temporary", token: Some("good"), ..Signer::new() };
    let answer = call(&server, &session.sign(BODY), BODY).await;
    let role = r#""Account":"444455556666","Region":"eu-west-1","Caller":"arn:aws:sts::444455556666:assumed-role/r/s""#;
    assert!(answer.status == 200 && answer.text().contains(role), "{}", answer.text());
    let minutes = |ms: i64| Timestamp { ms: Signer::new().at.ms + ms * 60_000 };
    for at in [minutes(-14), minutes(14)] {
        assert_eq!(call(&server, &Signer { at, ..Signer::new() }.sign(BODY), BODY).await.status, 200);
    }
}

#[tokio::test]
async fn what_is_not_signed_right_is_refused() {
    let server = serve_keys().await;
    let now = Signer::new().at;
    let minutes = |count: i64| Timestamp { ms: now.ms + count * 60_000 };
    let session = || Signer { key: "ASIASESSION", secret: "temporary", ..Signer::new() };
    let invalid = "The security token included in the request is invalid.";
    for (what, signer, code, message) in [
        ("another secret", Signer { secret: "guess", ..Signer::new() }, "InvalidSignatureException", MISMATCH),
        ("an unknown key", Signer { key: "AKIANOBODY", ..Signer::new() }, "UnrecognizedClientException", invalid),
        ("a session without its token", session(), "UnrecognizedClientException", invalid),
        ("a forged token", Signer { token: Some("bad"), ..session() }, "UnrecognizedClientException", invalid),
        (
            "a token that is over",
            Signer { token: Some("old"), ..session() },
            "ExpiredTokenException",
            "The security token included in the request is expired",
        ),
        (
            "another service",
            Signer { service: "sns", ..Signer::new() },
            "InvalidSignatureException",
            "Credential should be scoped to correct service: 'echo'. ",
        ),
        (
            "another terminator",
            Signer { terminator: "aws5_request", ..Signer::new() },
            "InvalidSignatureException",
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. ",
        ),
        (
            "another day",
            Signer { day: Some("20150830"), ..Signer::new() },
            "InvalidSignatureException",
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150830' != '",
        ),
        ("too old", Signer { at: minutes(-16), ..Signer::new() }, "InvalidSignatureException", "Signature expired: "),
        (
            "too new",
            Signer { at: minutes(16), ..Signer::new() },
            "InvalidSignatureException",
            "Signature not yet current: ",
        ),
        (
            "no host",
            Signer { headers: "x-amz-date;x-amz-target", ..Signer::new() },
            "InvalidSignatureException",
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ),
        (
            "no target",
            Signer { headers: "host;x-amz-date", ..Signer::new() },
            "InvalidSignatureException",
            "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.",
        ),
    ] {
        let answer = call(&server, &signer.sign(BODY), BODY).await;
        let expected = format!(r#"{{"__type":"{code}","message":"{message}"#);
        assert!(answer.status == 400 && answer.text().starts_with(&expected), "{what}: {}", answer.text());
    }
}

#[tokio::test]
async fn what_was_changed_after_signing_is_refused() {
    let server = serve_keys().await;
    let changed_body = call(&server, &Signer::new().sign(BODY), r#"{"Text":"Hello"}"#).await;
    assert!(changed_body.text().contains(MISMATCH));
    let change = |name: &str, value: &str| -> Vec<(&'static str, String)> {
        let headers = Signer::new().sign(BODY).into_iter();
        headers.map(|(header, old)| (header, if header == name { value.to_owned() } else { old })).collect()
    };
    let target = call(&server, &change("x-amz-target", "Echo_20200101.Wait"), BODY).await;
    assert!(target.text().contains(MISMATCH));
    let streaming = Signer::new().sign(BODY).into_iter();
    let streaming: Vec<_> =
        streaming.chain([("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD".to_owned())]).collect();
    assert!(call(&server, &streaming, BODY).await.text().contains("not implemented by Millstream"));
    for signature in ["", "0", &"0".repeat(64), &"é".repeat(32)] {
        let mut headers = Signer::new().sign(BODY);
        let authorization = &mut headers.last_mut().expect("headers").1;
        let end = authorization.rfind('=').expect("a signature");
        authorization.replace_range(end + 1.., signature);
        let answer = call(&server, &headers, BODY).await;
        assert_eq!(answer.status, 400, "{signature}: {}", answer.text());
    }
    // What cannot be read is told first, signed or not.
    let unreadable = call(&server, &[("authorization", String::new())], "[]").await;
    assert_eq!(unreadable.text(), r#"{"__type":"SerializationException"}"#);
}
