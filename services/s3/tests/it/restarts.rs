//! What was answered is there after a restart, and what was not is gone.

use bytes::Bytes;
use futures::TryStreamExt;

use crate::server::{Server, bytes};

#[tokio::test]
async fn everything_is_there_again() {
    let server = Server::with_bucket("my-bucket").await;
    server.put("/my-bucket/small", "hello").await.expect(200);
    server.put("/my-bucket/large", bytes(500_000)).await.expect(200);
    let upload = server.post("/my-bucket/parts?uploads", "").await.expect(200).one("UploadId");
    let path = format!("/my-bucket/parts?partNumber=1&uploadId={upload}");
    let etag = server.put(&path, bytes(200_000)).await.expect(200).header("etag").to_owned();
    let server = server.restart();
    assert_eq!(server.get("/my-bucket/small").await.expect(200).text(), "hello");
    assert!(server.get("/my-bucket/large").await.expect(200).body == bytes(500_000));
    let part = format!("<Part><PartNumber>1</PartNumber><ETag>{}</ETag></Part>", etag.trim_matches('"'));
    let list = format!("<CompleteMultipartUpload>{part}</CompleteMultipartUpload>");
    server.post(&format!("/my-bucket/parts?uploadId={upload}"), list).await.expect(200);
    let server = server.restart();
    assert!(server.get("/my-bucket/parts").await.expect(200).body == bytes(200_000));
}

#[tokio::test]
async fn a_read_goes_on_although_the_object_goes() {
    let server = Server::with_bucket("my-bucket").await;
    let body = bytes(2_000_000);
    server.put("/my-bucket/key", body.clone()).await.expect(200);
    let scope = s3::Scope {
        account: crate::server::ACCOUNT.to_owned(),
        region: "us-east-1".to_owned(),
        bucket: "my-bucket".to_owned(),
    };
    let (_, pieces) = server.s3.get_object(&scope, "key", None).await.expect("there");
    server.put("/my-bucket/key", "other").await.expect(200);
    let pieces: Vec<Bytes> = pieces.try_collect().await.expect("readable");
    assert!(pieces.concat() == body);
    assert_eq!(server.get("/my-bucket/key").await.expect(200).text(), "other");
}

#[tokio::test]
async fn a_read_of_many_parts_goes_on_although_the_object_goes() {
    const PART: usize = 5 * 1024 * 1024;
    let server = Server::with_bucket("my-bucket").await;
    let upload = server.post("/my-bucket/key?uploads", "").await.expect(200).one("UploadId");
    let mut list = String::new();
    for number in 1..=3 {
        let path = format!("/my-bucket/key?partNumber={number}&uploadId={upload}");
        let etag = server.put(&path, bytes(PART)).await.expect(200).header("etag").to_owned();
        list += &format!("<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag></Part>", etag.trim_matches('"'));
    }
    let list = format!("<CompleteMultipartUpload>{list}</CompleteMultipartUpload>");
    server.post(&format!("/my-bucket/key?uploadId={upload}"), list).await.expect(200);
    let scope = s3::Scope {
        account: crate::server::ACCOUNT.to_owned(),
        region: "us-east-1".to_owned(),
        bucket: "my-bucket".to_owned(),
    };
    let (_, pieces) = server.s3.get_object(&scope, "key", None).await.expect("there");
    server.delete("/my-bucket/key").await.expect(204);
    server.get("/my-bucket/key").await.expect(404);
    assert_eq!(server.row_count("blob"), 3);
    let pieces: Vec<Bytes> = pieces.try_collect().await.expect("readable");
    assert!(pieces.concat() == bytes(PART).repeat(3));
    // The last reader is gone, and soon the bytes are.
    while server.row_count("blob") + server.row_count("s3.doomed") > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_reset_leaves_nothing() {
    let server = Server::with_bucket("my-bucket").await;
    server.put("/my-bucket/large", bytes(500_000)).await.expect(200);
    server.put_with("/my-bucket/copy", &[("x-amz-copy-source", "my-bucket/large")], "").await.expect(200);
    server.post("/my-bucket/parts?uploads", "").await.expect(200);
    server.s3.reset().await.expect("emptied");
    for table in ["s3.bucket", "s3.object", "s3.upload", "blob"] {
        assert_eq!(server.row_count(table), 0, "{table}");
    }
    assert!(server.get("/").await.expect(200).all("Name").is_empty());
}
