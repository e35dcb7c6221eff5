//! Copies: what they keep, what they replace, what they share.

use crate::server::{Server, bytes};

#[tokio::test]
async fn a_copy_keeps_what_is_not_replaced() {
    let server = Server::with_bucket("my-bucket").await;
    let about = [("content-type", "text/plain"), ("x-amz-meta-a", "1"), ("x-amz-tagging", "t=1")];
    server.put_with("/my-bucket/key", &about, "body").await.expect(200);
    let source = ("x-amz-copy-source", "/my-bucket/key");
    let copied = server.put_with("/my-bucket/copy", &[source, ("x-amz-meta-b", "2")], "").await.expect(200);
    assert!(copied.one("ETag").contains("841a2d689ad86bd1611447453c22c6fc"));
    let read = server.get("/my-bucket/copy").await.expect(200);
    assert_eq!((read.text(), read.header("content-type")), ("body", "text/plain"));
    assert_eq!((read.header("x-amz-meta-a"), read.header("x-amz-meta-b")), ("1", ""));
    assert_eq!(read.header("x-amz-tagging-count"), "1");
    let replace = [
        source,
        ("x-amz-metadata-directive", "REPLACE"),
        ("x-amz-meta-b", "2"),
        ("x-amz-tagging-directive", "REPLACE"),
    ];
    server.put_with("/my-bucket/copy", &replace, "").await.expect(200);
    let read = server.get("/my-bucket/copy").await.expect(200);
    assert_eq!((read.header("content-type"), read.header("x-amz-meta-b")), ("binary/octet-stream", "2"));
    assert_eq!(read.header("x-amz-tagging-count"), "");
}

#[tokio::test]
async fn an_object_is_not_copied_to_itself_for_nothing() {
    let server = Server::with_bucket("my-bucket").await;
    server.put("/my-bucket/key", "body").await.expect(200);
    let source = ("x-amz-copy-source", "my-bucket/key");
    server.put_with("/my-bucket/key", &[source], "").await.expect_error(400, "InvalidRequest");
    let replace = [source, ("x-amz-metadata-directive", "REPLACE"), ("x-amz-meta-a", "1")];
    server.put_with("/my-bucket/key", &replace, "").await.expect(200);
    let read = server.get("/my-bucket/key").await.expect(200);
    assert_eq!((read.text(), read.header("x-amz-meta-a")), ("body", "1"));
    assert_eq!(server.row_count("s3.small"), 1);
    // The same with a file.
    server.put("/my-bucket/key", bytes(100_000)).await.expect(200);
    server.put_with("/my-bucket/key", &replace, "").await.expect(200);
    assert!(server.get("/my-bucket/key").await.expect(200).body == bytes(100_000));
    assert_eq!((server.row_count("s3.small"), server.row_count("blob")), (0, 1));
}

#[tokio::test]
async fn copies_share_their_bytes() {
    let server = Server::with_bucket("my-bucket").await;
    let body = bytes(1_000_000);
    server.put("/my-bucket/key", body.clone()).await.expect(200);
    for number in 0..3 {
        let path = format!("/my-bucket/copy-{number}");
        server.put_with(&path, &[("x-amz-copy-source", "my-bucket/key")], "").await.expect(200);
    }
    assert_eq!(server.row_count("blob"), 1);
    server.delete("/my-bucket/key").await.expect(204);
    server.delete("/my-bucket/copy-0").await.expect(204);
    assert!(server.get("/my-bucket/copy-1").await.expect(200).body == body);
    server.delete("/my-bucket/copy-1").await.expect(204);
    server.delete("/my-bucket/copy-2").await.expect(204);
    assert_eq!(server.row_count("blob"), 0);
}

#[tokio::test]
async fn sources_are_found_and_have_conditions() {
    let server = Server::with_bucket("my-bucket").await;
    let etag = server.put("/my-bucket/a%20key", "body").await.expect(200).header("etag").to_owned();
    let source = ("x-amz-copy-source", "my-bucket/a%20key");
    for (condition, value, status) in [
        ("x-amz-copy-source-if-match", etag.as_str(), 200),
        ("x-amz-copy-source-if-match", "\"other\"", 412),
        ("x-amz-copy-source-if-none-match", etag.as_str(), 412),
        ("x-amz-copy-source-if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT", 412),
        ("x-amz-copy-source-if-unmodified-since", "Mon, 01 Jan 2001 00:00:00 GMT", 412),
    ] {
        server.put_with("/my-bucket/copy", &[source, (condition, value)], "").await.expect(status);
    }
    let none = [("x-amz-copy-source", "my-bucket/none")];
    server.put_with("/my-bucket/copy", &none, "").await.expect_error(404, "NoSuchKey");
    let no_bucket = [("x-amz-copy-source", "no-bucket/key")];
    server.put_with("/my-bucket/copy", &no_bucket, "").await.expect_error(404, "NoSuchBucket");
    let body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    server.put("/my-bucket?versioning", body).await.expect(200);
    server.put("/my-bucket/a%20key", "newer").await.expect(200);
    let old = [("x-amz-copy-source", "my-bucket/a%20key?versionId=null")];
    let copied = server.put_with("/my-bucket/copy", &old, "").await.expect(200);
    assert_eq!(copied.header("x-amz-copy-source-version-id"), "null");
    assert_eq!(server.get("/my-bucket/copy").await.expect(200).text(), "body");
}
