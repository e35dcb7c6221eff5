//! Ways in for the fuzz targets (`testing/fuzz`): decoders that are private otherwise.

use http::{HeaderValue, Request};

use crate::auth::{Acquaintance, Verifier};
use crate::{Auth, Config, Credential, Credentials, Limits};

/// Verifies a request whose `Authorization` header, or whose query where it begins with `?`, is the input. Nothing
/// that is not signed with the secret may pass.
pub fn authorization(input: &[u8]) {
    let query = input.strip_prefix(b"?").and_then(|query| std::str::from_utf8(query).ok());
    let builder = Request::builder().method("POST").uri(query.map_or("/".to_owned(), |query| format!("/?{query}")));
    let builder = builder.header("host", "localhost").header("x-amz-date", "20150830T123600Z");
    let builder = match (query, HeaderValue::from_bytes(input)) {
        (None, Ok(value)) => builder.header("authorization", value),
        _ => builder,
    };
    let Ok(request) = builder.body(()) else { return };
    let (parts, ()) = request.into_parts();
    let credential = Credential {
        access_key: "AKIDEXAMPLE".to_owned(),
        secret_key: "a secret that nobody knows".to_owned(),
        account: "000000000000".to_owned(),
        caller: "arn:aws:iam::000000000000:root".to_owned(),
    };
    let credentials = Credentials::new([credential]).expect("one credential of ours");
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        auth: Auth::Keys(credentials.into()),
        region: "us-east-1".to_owned(),
        account: "000000000000".to_owned(),
        tls: None,
        limits: Limits::default(),
    };
    let now_ms = 1_440_938_160_000; // 2015-08-30T12:36:00Z, when AWS's examples were signed.
    let verified = Verifier::new(&config, None).verify(&Acquaintance::default(), &parts, b"", "kinesis", now_ms);
    assert!(verified.is_err(), "a forged signature was taken");
    drop(Verifier::claimed_service(&parts));
}
