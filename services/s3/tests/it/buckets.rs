//! Buckets: names, owners, places, settings.

use http::Method;

use crate::server::Server;

fn constraint(region: &str) -> String {
    format!(
        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>{region}\
         </LocationConstraint></CreateBucketConfiguration>"
    )
}

#[tokio::test]
async fn a_bucket_is_made_found_and_deleted() {
    let server = Server::start();
    let made = server.put("/first-bucket", "").await.expect(200);
    assert_eq!(made.header("location"), "/first-bucket");
    // In the oldest region making it again changes nothing.
    server.put("/first-bucket", "").await.expect(200);
    let found = server.head("/first-bucket").await.expect(200);
    assert_eq!(found.header("x-amz-bucket-region"), "us-east-1");
    assert_eq!(server.get("/").await.expect(200).all("Name"), ["first-bucket"]);
    server.delete("/first-bucket").await.expect(204);
    let gone = server.delete("/first-bucket").await.expect_error(404, "NoSuchBucket");
    assert_eq!(gone.one("Message"), "The specified bucket does not exist");
    assert_eq!(gone.one("BucketName"), "first-bucket");
    assert!(server.head("/first-bucket").await.expect(404).body.is_empty());
}

#[tokio::test]
async fn names_and_places_follow_the_rules() {
    let server = Server::start();
    for name in ["ab", "Upper-Case", "192.168.1.1", "under_score", "bucket-s3alias", "xn--bucket"] {
        server.put(&format!("/{name}"), "").await.expect_error(400, "InvalidBucketName");
    }
    let region = "eu-central-1";
    let send = |path: &'static str, body: String| server.send_as("test", region, Method::PUT, path, &[], body);
    let code = "IllegalLocationConstraintException";
    send("/far-bucket", String::new()).await.expect_error(400, code);
    send("/far-bucket", constraint("us-west-2")).await.expect_error(400, code);
    send("/far-bucket", constraint(region)).await.expect(200);
    send("/far-bucket", constraint(region)).await.expect_error(409, "BucketAlreadyOwnedByYou");
    let location = server.get("/far-bucket?location").await.expect(200);
    assert!(location.text().contains(">eu-central-1</LocationConstraint>"), "{}", location.text());
    server.put("/near-bucket", "").await.expect(200);
    let location = server.get("/near-bucket?location").await.expect(200);
    assert!(location.text().contains("<LocationConstraint"), "{}", location.text());
    assert!(!location.text().contains("us-east-1"), "{}", location.text());
}

#[tokio::test]
async fn a_bucket_belongs_to_its_account() {
    let server = Server::start();
    let send =
        |key: &'static str, method: Method, path: &'static str| server.send_as(key, "us-east-1", method, path, &[], "");
    send("111111111111", Method::PUT, "/their-bucket").await.expect(200);
    send("222222222222", Method::PUT, "/their-bucket").await.expect_error(409, "BucketAlreadyExists");
    send("222222222222", Method::GET, "/their-bucket").await.expect_error(403, "AccessDenied");
    send("222222222222", Method::PUT, "/their-bucket/key").await.expect_error(403, "AccessDenied");
    send("222222222222", Method::DELETE, "/their-bucket").await.expect_error(403, "AccessDenied");
    assert!(send("222222222222", Method::GET, "/").await.expect(200).all("Name").is_empty());
    let server = &server;
    let expected = |owner: &'static str| async move {
        let headers = [("x-amz-expected-bucket-owner", owner)];
        server.send_as("111111111111", "us-east-1", Method::GET, "/their-bucket", &headers, "").await.status.as_u16()
    };
    assert_eq!(expected("111111111111").await, 200);
    assert_eq!(expected("222222222222").await, 403);
}

#[tokio::test]
async fn only_empty_buckets_are_deleted() {
    let server = Server::with_bucket("my-bucket").await;
    server.put("/my-bucket/key", "x").await.expect(200);
    server.delete("/my-bucket").await.expect_error(409, "BucketNotEmpty");
    server.delete("/my-bucket/key").await.expect(204);
    // An upload under way does not keep it, and goes with it.
    let upload = server.post("/my-bucket/big?uploads", "").await.expect(200).one("UploadId");
    server.put(&format!("/my-bucket/big?partNumber=1&uploadId={upload}"), "x").await.expect(200);
    server.delete("/my-bucket").await.expect(204);
    for table in ["s3.bucket", "s3.upload", "s3.part", "s3.small"] {
        assert_eq!(server.row_count(table), 0, "{table}");
    }
}

#[tokio::test]
async fn buckets_are_listed_page_by_page() {
    let server = Server::start();
    for number in 0..5 {
        server.put(&format!("/bucket-{number}"), "").await.expect(200);
    }
    server.put("/other", "").await.expect(200);
    let first = server.get("/?max-buckets=2&prefix=bucket-").await.expect(200);
    assert_eq!(first.all("Name"), ["bucket-0", "bucket-1"]);
    let token = first.one("ContinuationToken");
    let rest = server.get(&format!("/?prefix=bucket-&continuation-token={token}")).await.expect(200);
    assert_eq!(rest.all("Name"), ["bucket-2", "bucket-3", "bucket-4"]);
    assert!(rest.all("ContinuationToken").is_empty());
    server.get("/?max-buckets=0").await.expect_error(400, "InvalidArgument");
}

#[tokio::test]
async fn what_is_not_set_is_answered_as_aws_does() {
    let server = Server::with_bucket("my-bucket").await;
    for (setting, code) in [
        ("policy", "NoSuchBucketPolicy"),
        ("policyStatus", "NoSuchBucketPolicy"),
        ("cors", "NoSuchCORSConfiguration"),
        ("website", "NoSuchWebsiteConfiguration"),
        ("replication", "ReplicationConfigurationNotFoundError"),
        ("encryption", "ServerSideEncryptionConfigurationNotFoundError"),
        ("tagging", "NoSuchTagSet"),
        ("object-lock", "ObjectLockConfigurationNotFoundError"),
        ("publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
    ] {
        server.get(&format!("/my-bucket?{setting}")).await.expect_error(404, code);
    }
    for setting in ["notification", "logging", "accelerate", "versioning"] {
        server.get(&format!("/my-bucket?{setting}")).await.expect(200);
    }
    assert_eq!(server.get("/my-bucket?requestPayment").await.expect(200).one("Payer"), "BucketOwner");
    let acl = server.get("/my-bucket?acl").await.expect(200);
    assert_eq!(acl.all("Permission"), ["FULL_CONTROL"]);
    let ownership = server.get("/my-bucket?ownershipControls").await.expect(200);
    assert_eq!(ownership.one("ObjectOwnership"), "BucketOwnerEnforced");
    server.put("/my-bucket?policy", "{}").await.expect_error(501, "NotImplemented");
    let public = [("x-amz-acl", "public-read")];
    server.put_with("/my-bucket?acl", &public, "").await.expect_error(400, "AccessControlListNotSupported");
    server.put_with("/my-bucket?acl", &[("x-amz-acl", "private")], "").await.expect(200);
}

#[tokio::test]
async fn a_bucket_has_tags() {
    let server = Server::with_bucket("my-bucket").await;
    let set = "<Tagging><TagSet><Tag><Key>team</Key><Value>data</Value></Tag></TagSet></Tagging>";
    server.put("/my-bucket?tagging", set).await.expect(200);
    let tags = server.get("/my-bucket?tagging").await.expect(200);
    assert_eq!((tags.one("Key"), tags.one("Value")), ("team".to_owned(), "data".to_owned()));
    server.delete("/my-bucket?tagging").await.expect(204);
    server.get("/my-bucket?tagging").await.expect_error(404, "NoSuchTagSet");
}
