//! Rules read, held against instants, and carried out in virtual time.

use std::sync::Arc;
use std::time::Duration;

use host::Host;
use s3s::dto;
use store::Changes;

use super::*;
use crate::bucket::Versioning;
use crate::checksum::Kind;
use crate::content::Content;
use crate::multipart::{self, Upload};
use crate::object::Description;
use crate::plain::{About, Scope};
use crate::{S3, history};

fn object(size: u64, tags: &[(&str, &str)]) -> Object {
    Object {
        size,
        etag: String::new(),
        content: Content::Empty,
        description: Description::default(),
        encryption: None,
        tags: tags.iter().map(|(key, value)| Tag { key: key.to_string(), value: value.to_string() }).collect(),
        checksum: None,
        part_count: None,
        upload_id: None,
    }
}

fn rule(expiration: Expiration) -> Rule {
    Rule { is_enabled: true, expiration: Some(expiration), ..Rule::default() }
}

#[test]
fn days_end_at_midnight() {
    let noon = 10 * DAY_MS + DAY_MS / 2;
    for (now_ms, expected) in [(11 * DAY_MS, false), (12 * DAY_MS - 1, false), (12 * DAY_MS, true)] {
        assert_eq!(is_due(noon, 1, now_ms), expected, "{now_ms}");
    }
    assert!(is_due(10 * DAY_MS, 1, 11 * DAY_MS));
    assert!(!is_due(u64::MAX, 1, u64::MAX) && !is_due(0, u64::MAX, u64::MAX));
    assert_eq!(until_midnight_ms(noon), DAY_MS / 2);
}

#[test]
fn the_rule_that_is_first_is_announced() {
    let rules = [
        Rule { id: "late".to_owned(), ..rule(Expiration::Days(3)) },
        Rule { id: "first one".to_owned(), ..rule(Expiration::Days(1)) },
        Rule { id: "off".to_owned(), is_enabled: false, ..rule(Expiration::Date(0)) },
        Rule { id: "markers".to_owned(), ..rule(Expiration::Markers(true)) },
    ];
    let bucket = |rules: &[Rule]| crate::bucket::Bucket {
        name: "b".to_owned(),
        owner: "o".to_owned(),
        region: "us-east-1".to_owned(),
        created_ms: 0,
        versioning: crate::bucket::Versioning::Unversioned,
        tags: Vec::new(),
        settings: [(SETTING.to_owned(), stored(rules))].into(),
    };
    let noon = 10 * DAY_MS + DAY_MS / 2;
    let told = announced(&bucket(&rules), "k", &object(1, &[]), noon).expect("rules of ours");
    assert_eq!(told.as_deref(), Some("expiry-date=\"Tue, 13 Jan 1970 00:00:00 GMT\", rule-id=\"first%20one\""));
    assert_eq!(announced(&bucket(&rules[2..]), "k", &object(1, &[]), noon).expect("rules of ours"), None);
}

#[test]
fn filters_narrow_rules_down() {
    let mut rule = rule(Expiration::Date(0));
    rule.filter = Filter {
        prefix: Some("logs/".to_owned()),
        tags: vec![Tag { key: "a".to_owned(), value: "1".to_owned() }],
        larger_than: Some(10),
        smaller_than: Some(20),
        ..Filter::default()
    };
    let expires = |key: &str, size: u64, tags: &[(&str, &str)]| rule.expires(key, &object(size, tags), 0, 0);
    assert!(expires("logs/x", 11, &[("a", "1"), ("b", "2")]));
    assert!(!expires("other", 11, &[("a", "1")]));
    assert!(!expires("logs/x", 11, &[("a", "2")]));
    assert!(!expires("logs/x", 10, &[("a", "1")]) && !expires("logs/x", 20, &[("a", "1")]));
    rule.is_enabled = false;
    assert!(!rule.expires("logs/x", &object(11, &[("a", "1")]), 0, 0));
}

#[test]
fn old_versions_go_by_age_and_rank() {
    let noncurrent = Some(Noncurrent { days: 1, kept: Some(2) });
    let rule = Rule { is_enabled: true, noncurrent, ..Rule::default() };
    let expires = |rank: usize, now_ms: u64| rule.expires_old("k", Some(&object(1, &[])), rank, 0, now_ms);
    assert!(!expires(1, 9 * DAY_MS) && expires(2, DAY_MS) && !expires(2, DAY_MS - 1));
}

fn wire(rule: dto::LifecycleRule) -> Result<Vec<Rule>, String> {
    let configuration = dto::BucketLifecycleConfiguration { rules: vec![rule] };
    of_wire(configuration, || "made".to_owned()).map_err(|error| error.code().as_str().to_owned())
}

fn sent() -> dto::LifecycleRule {
    let mut rule = to_wire(&rule(Expiration::Days(3)));
    rule.id = None;
    rule
}

#[test]
fn rules_are_read_back_as_they_were_sent() {
    let rules = wire(sent()).expect("a good rule");
    assert_eq!((rules[0].id.as_str(), rules[0].expiration), ("made", Some(Expiration::Days(3))));
    for rule in [
        Rule {
            filter: Filter { form: Form::Plain, prefix: Some("a".into()), ..Filter::default() },
            ..rules[0].clone()
        },
        Rule { abort_days: Some(7), is_enabled: false, ..rules[0].clone() },
        Rule { noncurrent: Some(Noncurrent { days: 2, kept: Some(5) }), expiration: None, ..rules[0].clone() },
        Rule { expiration: Some(Expiration::Date(20_000 * DAY_MS)), ..rules[0].clone() },
        Rule { expiration: Some(Expiration::Markers(true)), ..rules[0].clone() },
    ] {
        let shown = to_wire(&rule);
        let again = wire(shown.clone()).expect("what is shown can be sent");
        assert_eq!(to_wire(&again[0]), shown);
    }
    assert_eq!(stored(&rules), stored(&serde_json::from_str::<Vec<Rule>>(&stored(&rules)).expect("stored rules")));
}

#[test]
fn what_cannot_be_carried_out_is_refused() {
    let check = |rule: dto::LifecycleRule, code: &str| assert_eq!(wire(rule).expect_err(code), code);
    let transition = dto::Transition::default();
    check(dto::LifecycleRule { transitions: Some(vec![transition]), ..sent() }, "NotImplemented");
    check(dto::LifecycleRule { expiration: None, ..sent() }, "InvalidRequest");
    check(dto::LifecycleRule { filter: None, ..sent() }, "MalformedXML");
    check(dto::LifecycleRule { prefix: Some(String::new()), ..sent() }, "MalformedXML");
    check(dto::LifecycleRule { id: Some("x".repeat(256)), ..sent() }, "InvalidArgument");
    check(dto::LifecycleRule { status: "On".to_owned().into(), ..sent() }, "MalformedXML");
    let days = |days: i32| Some(dto::LifecycleExpiration { days: Some(days), ..Default::default() });
    check(dto::LifecycleRule { expiration: days(0), ..sent() }, "InvalidArgument");
    check(dto::LifecycleRule { expiration: days(-1), ..sent() }, "InvalidArgument");
    check(dto::LifecycleRule { expiration: Some(dto::LifecycleExpiration::default()), ..sent() }, "MalformedXML");
    let tag = dto::Tag { key: Some("a".to_owned()), value: Some("1".to_owned()) };
    let tagged = dto::LifecycleRuleFilter { tag: Some(tag), ..Default::default() };
    let abort = dto::AbortIncompleteMultipartUpload { days_after_initiation: Some(1) };
    let aborting = dto::LifecycleRule { abort_incomplete_multipart_upload: Some(abort), ..sent() };
    check(dto::LifecycleRule { filter: Some(tagged), ..aborting }, "InvalidRequest");
    let twice = dto::LifecycleRule { id: Some("a".to_owned()), ..sent() };
    let configuration = dto::BucketLifecycleConfiguration { rules: vec![twice.clone(), twice] };
    assert!(of_wire(configuration, String::new).is_err());
    assert!(of_wire(dto::BucketLifecycleConfiguration { rules: Vec::new() }, String::new).is_err());
}

const ACCOUNT: &str = "111122223333";

async fn bucket(s3: &Arc<S3>, name: &str, rules: &[Rule]) -> Scope {
    let versioning = if name == "versioned" { Versioning::Enabled } else { Versioning::Unversioned };
    let bucket = Bucket {
        name: name.to_owned(),
        owner: ACCOUNT.to_owned(),
        region: "us-east-1".to_owned(),
        created_ms: s3.host.now_ms(),
        versioning,
        tags: Vec::new(),
        settings: [(SETTING.to_owned(), stored(rules))].into(),
    };
    let changes = Changes::new().put(rows::BUCKETS, name.as_bytes(), rows::write(&bucket));
    s3.store.commit(changes).await.expect("a bucket");
    Scope { account: ACCOUNT.to_owned(), region: "us-east-1".to_owned(), bucket: name.to_owned() }
}

async fn begin_upload(s3: &Arc<S3>, bucket: &str, key: &str) {
    let upload = Upload {
        id: "0".repeat(32),
        initiated_ms: s3.host.now_ms(),
        initiator: ACCOUNT.to_owned(),
        description: Description::default(),
        encryption: None,
        tags: Vec::new(),
        algorithm: None,
        kind: Kind::FullObject,
    };
    let row_key = multipart::row_key(bucket, key, &upload.id);
    s3.store.commit(Changes::new().put(rows::UPLOADS, row_key, rows::write(&upload))).await.expect("an upload");
}

async fn put(s3: &Arc<S3>, scope: &Scope, key: &str) {
    let body = futures::stream::iter([Ok(bytes::Bytes::from_static(b"x"))]);
    s3.put_object(scope, key, About::default(), body).await.expect("an object");
}

fn keys(s3: &S3, bucket: &str) -> Vec<String> {
    let query = history::Query { bucket: bucket.to_owned(), limit: 100, ..Default::default() };
    let page = s3.history(&query).expect("a listing");
    let lines = page.lines.into_iter().filter_map(|line| match line {
        history::Line::Version { key, version, .. } => {
            Some(if version.object.is_some() { key } else { format!("{key} (marker)") })
        }
        history::Line::Prefix(_) => None,
    });
    lines.collect()
}

fn simulated<F: Future<Output = ()>>(test: impl FnOnce(Host, Arc<S3>) -> F) {
    let simulation = host::simulated::Simulation::new(7);
    let ended = simulation.boot(|host| async move {
        let dir = std::path::Path::new("/data");
        host.files().create_dir_durable(dir).expect("a directory");
        let store = store::Store::open(&host, dir).expect("a store");
        let blobs = store::Blobs::open(&host, dir, &store).expect("blobs");
        let keys = keys::Keys::open(&host, store.clone(), &dir.join("master.key"));
        let parts = crate::Parts { host: host.clone(), store, blobs, keys };
        test(host, S3::open(parts, crate::Settings::default())).await;
    });
    assert!(matches!(ended, host::simulated::Ended::Finished(())));
}

#[test]
fn objects_and_uploads_go_when_their_time_has_come() {
    simulated(|host, s3| async move {
        let filter = Filter { prefix: Some("logs/".to_owned()), ..Filter::default() };
        let rule = Rule { abort_days: Some(4), filter, ..rule(Expiration::Days(2)) };
        let scope = bucket(&s3, "orders", &[rule]).await;
        put(&s3, &scope, "logs/a").await;
        put(&s3, &scope, "kept/b").await;
        begin_upload(&s3, "orders", "logs/c").await;
        let uploads = || s3.uploads_after("orders", None, 10).expect("uploads").len();
        host.sleep(Duration::from_millis(2 * DAY_MS - 1)).await;
        assert_eq!(keys(&s3, "orders"), ["kept/b", "logs/a"]);
        host.sleep(Duration::from_millis(DAY_MS + 10_000)).await;
        assert_eq!((keys(&s3, "orders"), uploads()), (vec!["kept/b".to_owned()], 1));
        host.sleep(Duration::from_millis(2 * DAY_MS)).await;
        assert_eq!((keys(&s3, "orders"), uploads()), (vec!["kept/b".to_owned()], 0));
    });
}

#[test]
fn versions_and_markers_go_one_after_the_other() {
    simulated(|host, s3| async move {
        let noncurrent = Some(Noncurrent { days: 2, kept: None });
        let scope = bucket(&s3, "versioned", &[Rule { noncurrent, ..rule(Expiration::Days(1)) }]).await;
        put(&s3, &scope, "k").await;
        put(&s3, &scope, "k").await;
        assert_eq!(keys(&s3, "versioned"), ["k", "k"]);
        host.sleep(Duration::from_millis(2 * DAY_MS + 10_000)).await;
        assert_eq!(keys(&s3, "versioned")[0], "k (marker)");
        host.sleep(Duration::from_millis(6 * DAY_MS)).await;
        assert_eq!(keys(&s3, "versioned"), Vec::<String>::new());
    });
}

#[test]
fn new_rules_are_carried_out_at_once() {
    simulated(|host, s3| async move {
        let scope = bucket(&s3, "orders", &[rule(Expiration::Date(0))]).await;
        put(&s3, &scope, "k").await;
        s3.sweeps.wake();
        host.sleep(Duration::from_millis(10)).await;
        assert_eq!(keys(&s3, "orders"), Vec::<String>::new());
    });
}
