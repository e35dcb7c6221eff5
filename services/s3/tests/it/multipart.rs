//! Objects that come in parts.

use bytes::Bytes;
use http::Method;

use crate::server::{Server, bytes};

const MIB: usize = 1024 * 1024;

async fn begin(server: &Server, key: &str, headers: &[(&str, &str)]) -> String {
    let path = format!("/my-bucket/{key}?uploads");
    server.send(Method::POST, &path, headers, "").await.expect(200).one("UploadId")
}

async fn part(server: &Server, key: &str, upload: &str, number: usize, body: Bytes) -> String {
    let path = format!("/my-bucket/{key}?partNumber={number}&uploadId={upload}");
    server.put(&path, body).await.expect(200).header("etag").to_owned()
}

fn list(parts: &[(usize, &str)]) -> String {
    let part = |(number, etag): &(usize, &str)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag></Part>", etag.replace('"', "&quot;"))
    };
    format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", parts.iter().map(part).collect::<String>())
}

#[tokio::test]
async fn parts_become_an_object() {
    let server = Server::with_bucket("my-bucket").await;
    let upload =
        begin(&server, "key", &[("content-type", "text/csv"), ("x-amz-meta-a", "b"), ("x-amz-tagging", "t=1")]).await;
    let (one, two, three) = (bytes(5 * MIB), bytes(6 * MIB), bytes(10));
    let mut etags = Vec::new();
    for (number, body) in [(1, &one), (3, &two), (7, &three)] {
        etags.push((number, part(&server, "key", &upload, number, body.clone()).await));
    }
    let unused = part(&server, "key", &upload, 4, bytes(100_000)).await;
    // A part that comes again replaces the first.
    part(&server, "key", &upload, 7, bytes(200_000)).await;
    part(&server, "key", &upload, 7, three.clone()).await;
    let listed = server.get(&format!("/my-bucket/key?uploadId={upload}")).await.expect(200);
    assert_eq!(listed.all("PartNumber"), ["1", "3", "4", "7"]);
    assert!(listed.all("ETag").iter().any(|etag| etag.contains(unused.trim_matches('"'))));
    server.get("/my-bucket/key").await.expect_error(404, "NoSuchKey");
    let parts: Vec<(usize, &str)> = etags.iter().map(|(number, etag)| (*number, etag.as_str())).collect();
    let path = format!("/my-bucket/key?uploadId={upload}");
    let done = server.post(&path, list(&parts)).await.expect(200);
    let etag = done.one("ETag");
    assert!(etag.trim_matches('"').ends_with("-3") || etag.contains("-3"), "{etag}");
    // Whoever did not hear the answer may ask again.
    assert_eq!(server.post(&path, list(&parts)).await.expect(200).one("ETag"), etag);
    let whole = [one.as_ref(), two.as_ref(), three.as_ref()].concat();
    let read = server.get("/my-bucket/key").await.expect(200);
    assert!(read.body == whole);
    assert_eq!((read.header("content-type"), read.header("x-amz-meta-a")), ("text/csv", "b"));
    assert_eq!(read.header("x-amz-tagging-count"), "1");
    let range = format!("bytes={}-{}", 5 * MIB - 3, 11 * MIB + 2);
    let middle = server.get_with("/my-bucket/key", &[("range", &range)]).await.expect(206);
    assert!(middle.body == whole[5 * MIB - 3..=11 * MIB + 2]);
    let second = server.get("/my-bucket/key?partNumber=2").await.expect(206);
    assert!(second.body == two);
    assert_eq!(second.header("x-amz-mp-parts-count"), "3");
    server.get("/my-bucket/key?partNumber=4").await.expect_error(416, "InvalidPartNumber");
    let known = server.get_with("/my-bucket/key?attributes", &[("x-amz-object-attributes", "ObjectParts")]).await;
    assert_eq!(known.expect(200).one("PartsCount"), "3");
    // Two large parts; the unused and the replaced ones are gone.
    assert_eq!((server.row_count("blob"), server.row_count("s3.part"), server.row_count("s3.small")), (2, 0, 1));
    server.delete("/my-bucket/key").await.expect(204);
    assert_eq!((server.row_count("blob"), server.row_count("s3.manifest"), server.row_count("s3.small")), (0, 0, 0));
}

#[tokio::test]
async fn wrong_completions_change_nothing() {
    let server = Server::with_bucket("my-bucket").await;
    let upload = begin(&server, "key", &[]).await;
    let one = part(&server, "key", &upload, 1, bytes(10)).await;
    let two = part(&server, "key", &upload, 2, bytes(20)).await;
    let path = format!("/my-bucket/key?uploadId={upload}");
    for (parts, code) in [
        (vec![], "MalformedXML"),
        (vec![(1, one.as_str()), (2, two.as_str())], "EntityTooSmall"),
        (vec![(2, two.as_str()), (1, one.as_str())], "InvalidPartOrder"),
        (vec![(1, two.as_str())], "InvalidPart"),
        (vec![(3, two.as_str())], "InvalidPart"),
    ] {
        server.post(&path, list(&parts)).await.expect_error(400, code);
    }
    server.post("/my-bucket/other?uploadId=none", list(&[(1, &one)])).await.expect_error(404, "NoSuchUpload");
    server.put("/my-bucket/key?partNumber=0&uploadId=none", "x").await.expect_error(400, "InvalidArgument");
    server.put("/my-bucket/key?partNumber=10001&uploadId=none", "x").await.expect_error(400, "InvalidArgument");
    server.put("/my-bucket/key?partNumber=1&uploadId=none", "x").await.expect_error(404, "NoSuchUpload");
    server.put("/my-bucket/key", "there").await.expect(200);
    let none = [("if-none-match", "*")];
    let failed = server.send(Method::POST, &path, &none, list(&[(2, &two)])).await;
    failed.expect_error(412, "PreconditionFailed");
    server.post(&path, list(&[(2, &two)])).await.expect(200);
    assert_eq!(server.get("/my-bucket/key").await.expect(200).body, bytes(20));
}

#[tokio::test]
async fn an_abortion_takes_all_parts_away() {
    let server = Server::with_bucket("my-bucket").await;
    let upload = begin(&server, "key", &[]).await;
    part(&server, "key", &upload, 1, bytes(100_000)).await;
    part(&server, "key", &upload, 2, bytes(10)).await;
    let path = format!("/my-bucket/key?uploadId={upload}");
    server.delete(&path).await.expect(204);
    for table in ["s3.upload", "s3.part", "s3.small", "blob"] {
        assert_eq!(server.row_count(table), 0, "{table}");
    }
    server.delete(&path).await.expect_error(404, "NoSuchUpload");
    server.get(&path).await.expect_error(404, "NoSuchUpload");
}

#[tokio::test]
async fn uploads_and_parts_are_listed_page_by_page() {
    let server = Server::with_bucket("my-bucket").await;
    let mut uploads = Vec::new();
    for key in ["a", "a", "b", "dir/1", "dir/2"] {
        uploads.push(begin(&server, key, &[]).await);
    }
    for limit in [1, 2, 5] {
        let (mut found, mut markers) = (Vec::new(), String::new());
        loop {
            let page = server.get(&format!("/my-bucket?uploads&max-uploads={limit}{markers}")).await.expect(200);
            found.extend(page.all("UploadId"));
            if page.one("IsTruncated") == "false" {
                break;
            }
            let (key, upload) = (page.one("NextKeyMarker"), page.one("NextUploadIdMarker"));
            markers = format!("&key-marker={}&upload-id-marker={upload}", key.replace('/', "%2F"));
        }
        assert_eq!(found, uploads, "{limit}");
    }
    let grouped = server.get("/my-bucket?uploads&delimiter=%2F&key-marker=a").await.expect(200);
    assert_eq!(grouped.all("UploadId"), uploads[2..3]);
    assert!(grouped.text().contains("<CommonPrefixes><Prefix>dir/</Prefix></CommonPrefixes>"));
    for number in 1..=5 {
        part(&server, "b", &uploads[2], number, bytes(number)).await;
    }
    let path = format!("/my-bucket/b?uploadId={}&max-parts=2", uploads[2]);
    let first = server.get(&path).await.expect(200);
    assert_eq!(
        (first.all("PartNumber"), first.one("NextPartNumberMarker")),
        (vec!["1".into(), "2".into()], "2".into())
    );
    let last = server.get(&format!("{path}&part-number-marker=4")).await.expect(200);
    assert_eq!((last.all("PartNumber"), last.one("IsTruncated")), (vec!["5".into()], "false".into()));
}

#[tokio::test]
async fn parts_are_copied_from_objects() {
    let server = Server::with_bucket("my-bucket").await;
    let source = bytes(6 * MIB);
    server.put("/my-bucket/source", source.clone()).await.expect(200);
    server.put("/my-bucket/small", "0123456789").await.expect(200);
    let upload = begin(&server, "key", &[]).await;
    let copy = |number: usize, headers: Vec<(&'static str, &'static str)>| {
        let (server, upload) = (&server, &upload);
        async move {
            let path = format!("/my-bucket/key?partNumber={number}&uploadId={upload}");
            server.put_with(&path, &headers, "").await
        }
    };
    let one = copy(1, vec![("x-amz-copy-source", "/my-bucket/source")]).await.expect(200).one("ETag");
    let range = ("x-amz-copy-source-range", "bytes=3-6");
    let two = copy(2, vec![("x-amz-copy-source", "/my-bucket/small"), range]).await.expect(200).one("ETag");
    let beyond = ("x-amz-copy-source-range", "bytes=5-10");
    copy(3, vec![("x-amz-copy-source", "/my-bucket/small"), beyond]).await.expect_error(400, "InvalidRequest");
    let open = ("x-amz-copy-source-range", "bytes=5-");
    copy(3, vec![("x-amz-copy-source", "/my-bucket/small"), open]).await.expect_error(400, "InvalidArgument");
    let wrong = ("x-amz-copy-source-if-match", "\"other\"");
    copy(3, vec![("x-amz-copy-source", "/my-bucket/small"), wrong]).await.expect_error(412, "PreconditionFailed");
    copy(3, vec![("x-amz-copy-source", "/my-bucket/none")]).await.expect_error(404, "NoSuchKey");
    // The bytes stay although the source goes.
    server.delete("/my-bucket/source").await.expect(204);
    server.delete("/my-bucket/small").await.expect(204);
    let (one, two) = (one.replace("&quot;", "\""), two.replace("&quot;", "\""));
    let parts = list(&[(1, &one), (2, &two)]);
    server.post(&format!("/my-bucket/key?uploadId={upload}"), parts).await.expect(200);
    let read = server.get("/my-bucket/key").await.expect(200);
    assert!(read.body == [source.as_ref(), b"3456"].concat());
    assert_eq!(server.row_count("blob"), 1);
    // A copy of an object of several parts is one object.
    server.put_with("/my-bucket/copy", &[("x-amz-copy-source", "my-bucket/key")], "").await.expect(200);
    server.delete("/my-bucket/key").await.expect(204);
    let copied = server.get("/my-bucket/copy").await.expect(200);
    assert!(copied.body == read.body && !copied.header("etag").contains('-'));
    server.delete("/my-bucket/copy").await.expect(204);
    assert_eq!((server.row_count("blob"), server.row_count("s3.small"), server.row_count("s3.manifest")), (0, 0, 0));
}

#[tokio::test]
async fn checksums_of_parts_become_the_object_s() {
    let server = Server::with_bucket("my-bucket").await;
    let upload = begin(&server, "key", &[("x-amz-checksum-algorithm", "SHA256")]).await;
    let path = format!("/my-bucket/key?partNumber=1&uploadId={upload}");
    let sum = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
    let answer = server.put_with(&path, &[("x-amz-checksum-sha256", sum)], "abc").await.expect(200);
    assert_eq!(answer.header("x-amz-checksum-sha256"), sum);
    let other = [("x-amz-checksum-crc32", "NSRBwg==")];
    server.put_with(&path, &other, "abc").await.expect_error(400, "InvalidRequest");
    let etag = answer.header("etag").to_owned();
    let complete = format!("/my-bucket/key?uploadId={upload}");
    server.post(&complete, list(&[(1, &etag)])).await.expect_error(400, "InvalidRequest");
    let part = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag><ChecksumSHA256>{sum}</ChecksumSHA256>\
         </Part></CompleteMultipartUpload>",
        etag.replace('"', "&quot;")
    );
    let done = server.post(&complete, part).await.expect(200);
    // SHA-256 of the SHA-256 of "abc".
    assert_eq!(done.one("ChecksumSHA256"), "T4tCwi3TcptRm6b2jS2nzFstYG0F2u1a1RKMwD5sY1g=-1");
    assert_eq!(done.one("ChecksumType"), "COMPOSITE");
    let wrong = [("x-amz-checksum-algorithm", "SHA256"), ("x-amz-checksum-type", "FULL_OBJECT")];
    server.send(Method::POST, "/my-bucket/key?uploads", &wrong, "").await.expect_error(400, "InvalidRequest");
    let whole = [("x-amz-checksum-algorithm", "CRC32"), ("x-amz-checksum-type", "FULL_OBJECT")];
    let upload = begin(&server, "whole", &whole).await;
    let (one, two) = (bytes(5 * MIB), bytes(7));
    let first = part_of(&server, &upload, 1, one.clone()).await;
    let second = part_of(&server, &upload, 2, two.clone()).await;
    let done = server.post(&format!("/my-bucket/whole?uploadId={upload}"), list(&[(1, &first), (2, &second)])).await;
    let sum = done.expect(200).one("ChecksumCRC32");
    server.put_with("/my-bucket/same", &[("x-amz-checksum-crc32", &sum)], [one, two].concat()).await.expect(200);
}

async fn part_of(server: &Server, upload: &str, number: usize, body: Bytes) -> String {
    part(server, "whole", upload, number, body).await
}
