//! Checksums of whole objects: verified, kept, answered.

use crate::server::Server;

/// Of "123456789" for the CRCs and of "abc" for the others: the published check values, in base64.
const SUMS: [(&str, &str, &str); 5] = [
    ("x-amz-checksum-crc32", "123456789", "y/Q5Jg=="),
    ("x-amz-checksum-crc32c", "123456789", "4waSgw=="),
    ("x-amz-checksum-crc64nvme", "123456789", "rosUhgp5mIg="),
    ("x-amz-checksum-sha1", "abc", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="),
    ("x-amz-checksum-sha256", "abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="),
];

#[tokio::test]
async fn a_checksum_is_verified_kept_and_answered() {
    let server = Server::with_bucket("my-bucket").await;
    for (header, body, sum) in SUMS {
        let written = server.put_with("/my-bucket/key", &[(header, sum)], body).await.expect(200);
        assert_eq!(written.header(header), sum);
        let plain = server.get("/my-bucket/key").await.expect(200);
        assert!(!plain.headers.contains_key(header), "{header}");
        let asked = [("x-amz-checksum-mode", "ENABLED")];
        let read = server.get_with("/my-bucket/key", &asked).await.expect(200);
        assert_eq!((read.header(header), read.header("x-amz-checksum-type")), (sum, "FULL_OBJECT"));
        let part = server.get_with("/my-bucket/key", &[asked[0], ("range", "bytes=0-1")]).await.expect(206);
        assert!(!part.headers.contains_key(header), "{header}");
        server.put_with("/my-bucket/key", &[(header, sum)], "other").await.expect_error(400, "BadDigest");
        server.put_with("/my-bucket/key", &[(header, "AAA=")], body).await.expect_error(400, "InvalidRequest");
    }
    let two = [(SUMS[0].0, SUMS[0].2), (SUMS[1].0, SUMS[1].2)];
    server.put_with("/my-bucket/key", &two, "123456789").await.expect_error(400, "InvalidRequest");
}

#[tokio::test]
async fn objects_without_one_get_the_usual() {
    let server = Server::with_bucket("my-bucket").await;
    let written = server.put("/my-bucket/key", "123456789").await.expect(200);
    assert_eq!(written.header("x-amz-checksum-crc64nvme"), "rosUhgp5mIg=");
    let listed = server.get("/my-bucket?list-type=2").await.expect(200);
    assert_eq!(listed.one("ChecksumAlgorithm"), "CRC64NVME");
}

#[tokio::test]
async fn a_copy_keeps_its_checksum_or_gets_another() {
    let server = Server::with_bucket("my-bucket").await;
    server.put_with("/my-bucket/key", &[(SUMS[0].0, SUMS[0].2)], "123456789").await.expect(200);
    let copied = server.put_with("/my-bucket/same", &[("x-amz-copy-source", "my-bucket/key")], "").await.expect(200);
    assert_eq!(copied.one("ChecksumCRC32"), SUMS[0].2);
    let other = [("x-amz-copy-source", "my-bucket/key"), ("x-amz-checksum-algorithm", "CRC32C")];
    let copied = server.put_with("/my-bucket/other", &other, "").await.expect(200);
    assert_eq!(copied.one("ChecksumCRC32C"), SUMS[1].2);
}
