//! S3 for others within the process.

use bytes::Bytes;
use futures::{TryStreamExt, stream};
use s3::{About, Scope};

use crate::server::{ACCOUNT, Server, bytes};

fn scope(bucket: &str) -> Scope {
    Scope { account: ACCOUNT.to_owned(), region: "us-east-1".to_owned(), bucket: bucket.to_owned() }
}

#[tokio::test]
async fn objects_are_put_listed_read_and_deleted() {
    let server = Server::with_bucket("my-bucket").await;
    let scope = scope("my-bucket");
    let whole = bytes(300_000);
    for key in ["a/1", "a/2", "b"] {
        let pieces = stream::iter([Ok(whole.slice(..100_000)), Ok(whole.slice(100_000..))]);
        let about = About { content_type: Some("text/plain".to_owned()), ..About::default() };
        let put = server.s3.put_object(&scope, key, about, pieces).await.expect("written");
        assert_eq!((put.key.as_str(), put.size), (key, 300_000));
    }
    assert_eq!(server.head("/my-bucket/b").await.header("content-type"), "text/plain");
    let (found, pieces) = server.s3.get_object(&scope, "b", Some(10..20)).await.expect("there");
    let pieces: Vec<Bytes> = pieces.try_collect().await.expect("readable");
    assert_eq!((found.size, pieces.concat()), (300_000, whole[10..20].to_vec()));
    let listed = server.s3.list(&scope, "", Some("/"), None, 10).expect("listed");
    assert_eq!((listed.objects.len(), listed.prefixes), (1, vec!["a/".to_owned()]));
    let page = server.s3.list(&scope, "a/", None, None, 1).expect("listed");
    assert_eq!(page.next.as_deref(), Some("a/1"));
    server.s3.delete_object(&scope, "b").await.expect("deleted");
    assert_eq!(server.s3.head(&scope, "b").expect("asked"), None);
    assert!(server.s3.check_bucket(&scope).is_ok());
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_what_was_there() {
    let server = Server::with_bucket("my-bucket").await;
    let scope = scope("my-bucket");
    server.put("/my-bucket/key", "old").await.expect(200);
    let pieces = stream::iter([Ok(bytes(200_000)), Err("the producer failed".into())]);
    let failed = server.s3.put_object(&scope, "key", About::default(), pieces).await;
    assert_eq!(failed.expect_err("broken").code().as_str(), "IncompleteBody");
    assert_eq!(server.get("/my-bucket/key").await.expect(200).text(), "old");
    assert_eq!(server.row_count("blob"), 0);
    let missing = server.s3.put_object(&self::scope("no-bucket"), "k", About::default(), stream::empty()).await;
    assert_eq!(missing.expect_err("no bucket").code().as_str(), "NoSuchBucket");
}
