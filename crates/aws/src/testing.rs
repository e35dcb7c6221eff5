//! For tests of services: a caller, and calls of a table without a gateway. Nothing here runs in a server.

use bytes::Bytes;
use serde_json::Value;

use crate::{Call, Codec, Face, Identity, ReplyBody, RequestId};

/// Somebody in the account 123456789012.
pub fn caller() -> Call {
    let identity = Identity {
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        caller: "arn:aws:iam::123456789012:root".to_owned(),
        access_key: "123456789012".to_owned(),
    };
    Call::new(identity, RequestId::new("0"))
}

/// Calls an operation in JSON; an error is `Code: message`, an answer without a body `null`.
///
/// # Panics
///
/// If the table has no such operation, or it answers with a stream.
pub async fn call(face: &Face, call: Call, operation: &str, request: Value) -> Result<Value, String> {
    let body = Bytes::from(request.to_string());
    let running = face.run(operation, call, Codec::Json11, body).expect("the operation is in the table");
    let reply = running.await.map_err(|error| error.to_string())?;
    let body = match reply.body {
        ReplyBody::Full(body) => body,
        ReplyBody::Pieces(pieces) => {
            let pieces: Vec<Bytes> = pieces.map(|piece| piece.expect("a piece")).collect();
            pieces.concat().into()
        }
        ReplyBody::Frames(_) => panic!("{operation} answers with a stream"),
    };
    Ok(if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).expect("answers are JSON") })
}

/// Calls an operation that must succeed, as [`caller`].
///
/// # Panics
///
/// If it is refused.
pub async fn ok(face: &Face, operation: &str, request: Value) -> Value {
    let shown = request.to_string();
    call(face, caller(), operation, request).await.unwrap_or_else(|error| panic!("{operation} {shown}: {error}"))
}

/// Calls an operation that must be refused, as [`caller`], and answers the error.
///
/// # Panics
///
/// If it succeeds.
pub async fn refused(face: &Face, operation: &str, request: Value) -> String {
    let shown = request.to_string();
    call(face, caller(), operation, request).await.expect_err(&format!("{operation} {shown} is refused"))
}
