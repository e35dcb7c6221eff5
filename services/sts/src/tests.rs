//! The service behind its face, over a real store.

use std::path::Path;

use aws::{Call, Codec, Identity, ReplyBody, RequestId};
use bytes::Bytes;

use super::*;

fn call(account: &str, caller: &str, access_key: &str) -> Call {
    let identity = Identity {
        account: account.to_owned(),
        region: "us-east-1".to_owned(),
        caller: caller.to_owned(),
        access_key: access_key.to_owned(),
    };
    Call::new(identity, RequestId::new("id-1"))
}

async fn opened(dir: &Path, settings: Settings) -> Arc<Sts> {
    let host = Host::real();
    let store = Store::open(&host, dir).expect("opens");
    Sts::open(&host, &store, settings).await.expect("opens")
}

/// The XML of an answer, or the code and message of a refusal.
async fn ask(sts: &Arc<Sts>, call: Call, operation: &str, form: &str) -> Result<String, String> {
    let codec = Codec::Query { namespace: "urn:x" };
    let asked = face(Arc::clone(sts)).run(operation, call, codec, Bytes::copy_from_slice(form.as_bytes()));
    let reply = asked.expect("in the table").await.map_err(|error| error.to_string())?;
    let ReplyBody::Full(bytes) = reply.body else { panic!("STS streams nothing") };
    Ok(String::from_utf8(bytes.to_vec()).expect("text"))
}

fn element<'x>(xml: &'x str, name: &str) -> &'x str {
    let start = xml.find(&format!("<{name}>")).expect(name) + name.len() + 2;
    &xml[start..start + xml[start..].find("</").expect("closed")]
}

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const ROLE: &str = "RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fbuilder&RoleSessionName=me";

#[tokio::test]
async fn sessions_outlive_the_process_that_issued_them() {
    let dir = tempfile::tempdir().expect("a directory");
    let issued = {
        let sts = opened(dir.path(), Settings::default()).await;
        ask(&sts, call("111122223333", ALICE, "AKIA1"), "AssumeRole", ROLE).await.expect("assumed")
    };
    assert_eq!(element(&issued, "Arn"), "arn:aws:sts::111122223333:assumed-role/builder/me");
    let sts = opened(dir.path(), Settings::default()).await;
    let (key, token) = (element(&issued, "AccessKeyId"), element(&issued, "SessionToken"));
    let session = Sessions::open(&*sts, key, token, Host::real().now_ms()).expect("believed");
    assert_eq!(session.secret_key, element(&issued, "SecretAccessKey"));
    let own = call(&session.account, &session.caller, key);
    let identity = ask(&sts, own.clone(), "GetCallerIdentity", "").await.expect("answers");
    assert_eq!(element(&identity, "UserId"), element(&issued, "AssumedRoleId"));
    assert_eq!(element(&identity, "Account"), "111122223333");
    let refused = ask(&sts, own, "GetSessionToken", "").await;
    assert_eq!(refused, Err("AccessDenied: Cannot call GetSessionToken with session credentials".to_owned()));
}

#[tokio::test]
async fn what_cannot_be_done_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let sts = opened(dir.path(), Settings::default()).await;
    for (form, expected) in [
        (
            "",
            "ValidationException: 2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: \
              Member must not be null; Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null",
        ),
        (
            "RoleArn=arn:aws:iam::111122223333:user/x&RoleSessionName=me",
            "ValidationError: arn:aws:iam::111122223333:user/x is invalid",
        ),
        (
            "RoleArn=arn:aws:iam::999999999999:role/x&RoleSessionName=me",
            "AccessDenied: User: arn:aws:iam::111122223333:user/alice is not authorized to perform: sts:AssumeRole on \
             resource: arn:aws:iam::999999999999:role/x",
        ),
        (
            &format!("{ROLE}&Policy=%7B%7D"),
            "NotImplementedException: Restricting a session by Policy or PolicyArns is not implemented by Millstream.",
        ),
        (
            &format!("{ROLE}&PolicyArns.member.1.arn=x"),
            "NotImplementedException: Restricting a session by Policy or PolicyArns is not implemented by Millstream.",
        ),
        (
            &format!("{ROLE}&DurationSeconds=60"),
            "ValidationException: 1 validation error detected: Value '60' at 'durationSeconds' failed to satisfy \
             constraint: Member must have value greater than or equal to 900",
        ),
        (
            &format!("{ROLE}&SerialNumber=123456789&TokenCode=123456"),
            "NotImplementedException: Multi-factor authentication (SerialNumber, TokenCode) is not implemented by Millstream.",
        ),
    ] {
        let refused = ask(&sts, call("111122223333", ALICE, "AKIA1"), "AssumeRole", form).await;
        assert_eq!(refused, Err(expected.to_owned()), "{form}");
    }
    let chained =
        ask(&sts, call("111122223333", ALICE, "ASIA1"), "AssumeRole", &format!("{ROLE}&DurationSeconds=3601")).await;
    assert!(chained.is_err_and(|error| error.contains("role chaining")));
}

#[tokio::test]
async fn any_account_may_be_entered_where_callers_are_not_checked() {
    let dir = tempfile::tempdir().expect("a directory");
    let sts = opened(dir.path(), Settings { any_account: true }).await;
    let form = "RoleArn=arn:aws:iam::999999999999:role/x&RoleSessionName=me&SourceIdentity=alice&Tags.member.1.Key=a&Tags.member.1.Value=b";
    let issued = ask(&sts, call("111122223333", ALICE, "AKIA1"), "AssumeRole", form).await.expect("assumed");
    assert_eq!(element(&issued, "SourceIdentity"), "alice");
    assert_eq!(element(&issued, "Arn"), "arn:aws:sts::999999999999:assumed-role/x/me");
}

#[tokio::test]
async fn a_session_token_acts_as_its_caller() {
    let dir = tempfile::tempdir().expect("a directory");
    let sts = opened(dir.path(), Settings::default()).await;
    let issued = ask(&sts, call("111122223333", ALICE, "AKIA1"), "GetSessionToken", "DurationSeconds=900")
        .await
        .expect("issued");
    let session =
        Sessions::open(&*sts, element(&issued, "AccessKeyId"), element(&issued, "SessionToken"), 0).expect("believed");
    assert_eq!(session.caller, ALICE);
    sts.forget_sessions().await.expect("stored");
    let (key, token) = (element(&issued, "AccessKeyId"), element(&issued, "SessionToken"));
    assert_eq!(Sessions::open(&*sts, key, token, 0).err(), Some(SessionRefused::Unknown), "a session that was ended");
    drop(sts);
    let again = opened(dir.path(), Settings::default()).await;
    assert_eq!(
        Sessions::open(&*again, key, token, 0).err(),
        Some(SessionRefused::Unknown),
        "and stays ended after a restart"
    );
}
