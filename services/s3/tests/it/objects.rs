//! Objects: written, read in ranges, described, tagged, deleted.

use http::Method;

use crate::server::{Server, bytes};

#[tokio::test]
async fn an_object_is_read_as_it_was_written() {
    let server = Server::with_bucket("my-bucket").await;
    let headers = [
        ("content-type", "text/plain"),
        ("content-encoding", "gzip"),
        ("cache-control", "no-cache"),
        ("content-disposition", "inline"),
        ("content-language", "de"),
        ("expires", "Thu, 01 Dec 2033 16:00:00 GMT"),
        ("x-amz-meta-name", "value"),
        ("x-amz-tagging", "a=b&c=d"),
    ];
    let written = server.put_with("/my-bucket/a%20key/%C3%BC", &headers, "hello").await.expect(200);
    assert_eq!(written.header("etag"), "\"5d41402abc4b2a76b9719d911017c592\"");
    let read = server.get("/my-bucket/a%20key/%C3%BC").await.expect(200);
    assert_eq!(read.text(), "hello");
    for (name, value) in &headers[..7] {
        assert_eq!(read.header(name), *value, "{name}");
    }
    assert_eq!(read.header("x-amz-tagging-count"), "2");
    assert_eq!(read.header("accept-ranges"), "bytes");
    assert!(!read.headers.contains_key("x-amz-version-id"));
    let known = server.head("/my-bucket/a%20key/%C3%BC").await.expect(200);
    assert_eq!((known.header("content-length"), known.header("etag")), ("5", written.header("etag")));
    let query = "response-content-type=text%2Fcsv&response-content-disposition=attachment";
    let other = server.get(&format!("/my-bucket/a%20key/%C3%BC?{query}")).await.expect(200);
    assert_eq!((other.header("content-type"), other.header("content-disposition")), ("text/csv", "attachment"));
    server.put("/my-bucket/plain", "x").await.expect(200);
    assert_eq!(server.head("/my-bucket/plain").await.header("content-type"), "binary/octet-stream");
}

#[tokio::test]
async fn sizes_around_the_limit_of_rows_read_alike() {
    let server = Server::with_bucket("my-bucket").await;
    for len in [0, 1, 65_535, 65_536, 65_537, 300_000, 3_000_000] {
        let whole = bytes(len);
        server.put("/my-bucket/key", whole.clone()).await.expect(200);
        let read = server.get("/my-bucket/key").await.expect(200);
        assert!(read.body == whole, "{len}");
        assert_eq!(read.header("content-length"), len.to_string());
        if len > 10 {
            let range = format!("bytes=5-{}", len - 3);
            let part = server.get_with("/my-bucket/key", &[("range", &range)]).await.expect(206);
            assert!(part.body == whole.slice(5..len - 2), "{len}");
        }
    }
    // What was replaced leaves nothing behind: one small row at most, and one blob.
    assert_eq!(server.row_count("s3.small"), 0);
    assert_eq!(server.row_count("blob"), 1);
    server.delete("/my-bucket/key").await.expect(204);
    assert_eq!(server.row_count("blob"), 0);
}

#[tokio::test]
async fn ranges_are_answered_as_http_says() {
    let server = Server::with_bucket("my-bucket").await;
    server.put("/my-bucket/key", "0123456789").await.expect(200);
    for (range, content_range, expected) in [
        ("bytes=0-0", "bytes 0-0/10", "0"),
        ("bytes=2-4", "bytes 2-4/10", "234"),
        ("bytes=8-100", "bytes 8-9/10", "89"),
        ("bytes=7-", "bytes 7-9/10", "789"),
        ("bytes=-2", "bytes 8-9/10", "89"),
        ("bytes=-20", "bytes 0-9/10", "0123456789"),
    ] {
        let part = server.get_with("/my-bucket/key", &[("range", range)]).await.expect(206);
        assert_eq!((part.header("content-range"), part.text()), (content_range, expected), "{range}");
        let known = server.send(Method::HEAD, "/my-bucket/key", &[("range", range)], "").await.expect(206);
        assert_eq!(known.header("content-length"), expected.len().to_string());
    }
    let beyond = server.get_with("/my-bucket/key", &[("range", "bytes=10-")]).await.expect_error(416, "InvalidRange");
    assert_eq!((beyond.one("RangeRequested"), beyond.one("ActualObjectSize")), ("bytes=10-".into(), "10".into()));
    // What is no single range is no range.
    for range in ["bytes=5-2", "bytes=0-1,3-4", "lines=1-2"] {
        server.get_with("/my-bucket/key", &[("range", range)]).await.expect(200);
    }
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let server = Server::with_bucket("my-bucket").await;
    let missing = server.get("/my-bucket/no%20key").await.expect_error(404, "NoSuchKey");
    assert_eq!(missing.one("Message"), "The specified key does not exist.");
    assert_eq!(missing.one("Key"), "no key");
    assert_eq!((missing.one("RequestId"), missing.one("HostId")), ("0011223344556677".into(), "extended".into()));
    assert_eq!(missing.header("x-amz-request-id"), "0011223344556677");
    server.get("/no-bucket/key").await.expect_error(404, "NoSuchBucket");
    assert!(server.head("/my-bucket/no").await.expect(404).body.is_empty());
    server.delete("/my-bucket/no").await.expect(204);
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused() {
    let server = Server::with_bucket("my-bucket").await;
    for (header, value, status, code) in [
        ("x-amz-server-side-encryption", "aws:kms:dsse", 501, "NotImplemented"),
        ("x-amz-server-side-encryption", "ROT13", 400, "InvalidArgument"),
        ("x-amz-server-side-encryption-aws-kms-key-id", "alias/mine", 400, "InvalidArgument"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256", 501, "NotImplemented"),
        ("x-amz-storage-class", "GLACIER", 501, "NotImplemented"),
        ("x-amz-storage-class", "SOMEWHERE", 400, "InvalidStorageClass"),
        ("x-amz-acl", "public-read", 400, "AccessControlListNotSupported"),
        ("x-amz-object-lock-mode", "GOVERNANCE", 400, "InvalidRequest"),
        ("x-amz-tagging", "a=1&a=2", 400, "InvalidTag"),
        ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==", 400, "BadDigest"),
        ("content-md5", "short", 400, "InvalidDigest"),
    ] {
        server.put_with("/my-bucket/key", &[(header, value)], "x").await.expect_error(status, code);
    }
    let name = "x".repeat(2048);
    let large = [("x-amz-meta-a", name.as_str())];
    server.put_with("/my-bucket/key", &large, "x").await.expect_error(400, "MetadataTooLarge");
    let long = format!("/my-bucket/{}", "k".repeat(1025));
    server.put(&long, "x").await.expect_error(400, "KeyTooLongError");
    server.put(&long[..long.len() - 1], "x").await.expect(200);
    server.get("/my-bucket/key").await.expect_error(404, "NoSuchKey");
    assert_eq!(server.row_count("s3.small"), 1);
}

#[tokio::test]
async fn a_body_that_is_not_wanted_ends_the_connection() {
    let server = Server::with_bucket("my-bucket").await;
    let waiting = ("expect", "100-continue");
    let refused = server.put_with("/my-bucket/key", &[waiting, ("x-amz-acl", "public-read")], "x").await.expect(400);
    assert_eq!(refused.header("connection"), "close");
    let taken = server.put_with("/my-bucket/key", &[waiting], "x").await.expect(200);
    assert!(!taken.headers.contains_key("connection"));
}

#[tokio::test]
async fn an_object_has_tags() {
    let server = Server::with_bucket("my-bucket").await;
    server.put("/my-bucket/key", "x").await.expect(200);
    let set = |key: &str| format!("<Tagging><TagSet><Tag><Key>{key}</Key><Value>v</Value></Tag></TagSet></Tagging>");
    server.put("/my-bucket/key?tagging", set("one")).await.expect(200);
    assert_eq!(server.get("/my-bucket/key?tagging").await.expect(200).all("Key"), ["one"]);
    server.put("/my-bucket/key?tagging", set("aws:x")).await.expect_error(400, "InvalidTag");
    server.delete("/my-bucket/key?tagging").await.expect(204);
    assert!(server.get("/my-bucket/key?tagging").await.expect(200).all("Key").is_empty());
    server.get("/my-bucket/no?tagging").await.expect_error(404, "NoSuchKey");
    assert_eq!(server.get("/my-bucket/key").await.expect(200).text(), "x");
}

#[tokio::test]
async fn many_are_deleted_at_once() {
    let server = Server::with_bucket("my-bucket").await;
    for key in ["a", "b", "c"] {
        server.put(&format!("/my-bucket/{key}"), "x").await.expect(200);
    }
    let list = |keys: &[&str], quiet: bool| {
        let keys: String = keys.iter().map(|key| format!("<Object><Key>{key}</Key></Object>")).collect();
        format!("<Delete><Quiet>{quiet}</Quiet>{keys}</Delete>")
    };
    let deleted = server.post("/my-bucket?delete", list(&["b", "none", "a"], false)).await.expect(200);
    assert_eq!(deleted.all("Key"), ["b", "none", "a"]);
    let quiet = server.post("/my-bucket?delete", list(&["c"], true)).await.expect(200);
    assert!(quiet.all("Key").is_empty());
    assert_eq!(server.row_count("s3.object") + server.row_count("s3.small"), 0);
    server.post("/my-bucket?delete", list(&[], false)).await.expect_error(400, "MalformedXML");
    let many: Vec<&str> = (0..1001).map(|_| "k").collect();
    server.post("/my-bucket?delete", list(&many, false)).await.expect_error(400, "MalformedXML");
}

#[tokio::test]
async fn attributes_are_answered_alone() {
    let server = Server::with_bucket("my-bucket").await;
    server.put("/my-bucket/key", "hello").await.expect(200);
    let asked = [("x-amz-object-attributes", "ETag,Checksum,ObjectSize,StorageClass,ObjectParts")];
    let known = server.get_with("/my-bucket/key?attributes", &asked).await.expect(200);
    assert_eq!(known.one("ETag"), "5d41402abc4b2a76b9719d911017c592");
    assert_eq!((known.one("ObjectSize"), known.one("StorageClass")), ("5".into(), "STANDARD".into()));
    assert_eq!(known.one("ChecksumType"), "FULL_OBJECT");
    assert!(known.all("ObjectParts").is_empty());
    let wrong = [("x-amz-object-attributes", "Colour")];
    server.get_with("/my-bucket/key?attributes", &wrong).await.expect_error(400, "InvalidArgument");
}
