//! Versions, delete markers and the null version.

use http::Method;

use crate::server::Server;

async fn set(server: &Server, status: &str) {
    let body = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
    server.put("/my-bucket?versioning", body).await.expect(200);
}

async fn write(server: &Server, body: &str) -> String {
    server.put("/my-bucket/key", body.to_owned()).await.expect(200).header("x-amz-version-id").to_owned()
}

/// What a listing says: sizes of versions or `marker`, latest first.
async fn history(server: &Server) -> Vec<String> {
    let listed = server.get("/my-bucket?versions").await.expect(200);
    let ids = |kind: &str| {
        let of = |block: &String| {
            block.split("<VersionId>").nth(1).and_then(|rest| rest.split('<').next()).map(str::to_owned)
        };
        listed.all(kind).iter().filter_map(of).collect::<Vec<_>>()
    };
    let mut all = ids("Version");
    all.extend(ids("DeleteMarker").into_iter().map(|id| format!("marker {id}")));
    all
}

#[tokio::test]
async fn every_write_is_kept_while_versioning_is_enabled() {
    let server = Server::with_bucket("my-bucket").await;
    server.put("/my-bucket/key", "before").await.expect(200);
    set(&server, "Enabled").await;
    assert_eq!(server.get("/my-bucket?versioning").await.expect(200).one("Status"), "Enabled");
    let first = write(&server, "first").await;
    let second = write(&server, "second").await;
    assert_eq!(server.get("/my-bucket/key").await.header("x-amz-version-id"), second);
    for (id, body) in [("null", "before"), (first.as_str(), "first"), (second.as_str(), "second")] {
        let read = server.get(&format!("/my-bucket/key?versionId={id}")).await.expect(200);
        assert_eq!((read.text(), read.header("x-amz-version-id")), (body, id));
    }
    assert_eq!(history(&server).await, [second.as_str(), first.as_str(), "null"]);
    // Taking the current one away brings the one before it back.
    server.delete(&format!("/my-bucket/key?versionId={second}")).await.expect(204);
    assert_eq!(server.get("/my-bucket/key").await.expect(200).text(), "first");
    server.delete("/my-bucket/key?versionId=null").await.expect(204);
    assert_eq!(history(&server).await, [first.as_str()]);
    server.delete(&format!("/my-bucket/key?versionId={first}")).await.expect(204);
    for table in ["s3.object", "s3.version", "s3.small"] {
        assert_eq!(server.row_count(table), 0, "{table}");
    }
}

#[tokio::test]
async fn a_deletion_is_a_marker() {
    let server = Server::with_bucket("my-bucket").await;
    set(&server, "Enabled").await;
    let version = write(&server, "body").await;
    let deleted = server.delete("/my-bucket/key").await.expect(204);
    assert_eq!(deleted.header("x-amz-delete-marker"), "true");
    let marker = deleted.header("x-amz-version-id").to_owned();
    let gone = server.get("/my-bucket/key").await.expect_error(404, "NoSuchKey");
    assert_eq!((gone.header("x-amz-delete-marker"), gone.header("x-amz-version-id")), ("true", marker.as_str()));
    let asked = server.get(&format!("/my-bucket/key?versionId={marker}")).await;
    assert_eq!(asked.expect_error(405, "MethodNotAllowed").header("x-amz-delete-marker"), "true");
    assert!(server.get("/my-bucket?list-type=2").await.expect(200).all("Key").is_empty());
    assert!(
        server.get("/my-bucket?list-type=2&delimiter=e").await.expect(200).all("Prefix").iter().all(String::is_empty)
    );
    assert_eq!(history(&server).await, [version.clone(), format!("marker {marker}")]);
    server.delete("/my-bucket").await.expect_error(409, "BucketNotEmpty");
    let undone = server.delete(&format!("/my-bucket/key?versionId={marker}")).await.expect(204);
    assert_eq!(undone.header("x-amz-delete-marker"), "true");
    assert_eq!(server.get("/my-bucket/key").await.expect(200).text(), "body");
    // Even what was never there can be deleted.
    server.delete("/my-bucket/never").await.expect(204);
    assert_eq!(history(&server).await.len(), 2);
}

#[tokio::test]
async fn only_the_null_version_is_replaced_while_versioning_is_suspended() {
    let server = Server::with_bucket("my-bucket").await;
    set(&server, "Enabled").await;
    let kept = write(&server, "kept").await;
    set(&server, "Suspended").await;
    assert_eq!(write(&server, "one").await, "null");
    assert_eq!(write(&server, "two").await, "null");
    assert_eq!(history(&server).await, ["null", kept.as_str()]);
    set(&server, "Enabled").await;
    let later = write(&server, "later").await;
    assert_eq!(server.get("/my-bucket/key?versionId=null").await.expect(200).text(), "two");
    set(&server, "Suspended").await;
    // The null version is not current any more, and is replaced all the same.
    let deleted = server.delete("/my-bucket/key").await.expect(204);
    assert_eq!(deleted.header("x-amz-version-id"), "null");
    assert_eq!(history(&server).await, [later.as_str(), kept.as_str(), "marker null"]);
    assert_eq!(server.row_count("s3.small"), 2);
    assert_eq!(write(&server, "three").await, "null");
    assert_eq!(history(&server).await, ["null", later.as_str(), kept.as_str()]);
}

#[tokio::test]
async fn strange_ids_are_refused() {
    let server = Server::with_bucket("my-bucket").await;
    server.put("/my-bucket/key", "x").await.expect(200);
    server.get("/my-bucket/key?versionId=null").await.expect(200);
    server.get("/my-bucket/key?versionId=strange").await.expect_error(400, "InvalidArgument");
    let unknown = "0123456789abcdef0123456789abcdef";
    let missing = server.get(&format!("/my-bucket/key?versionId={unknown}")).await.expect_error(404, "NoSuchVersion");
    assert_eq!((missing.one("Key"), missing.one("VersionId")), ("key".into(), unknown.into()));
    server.delete(&format!("/my-bucket/key?versionId={unknown}")).await.expect(204);
    server.get("/my-bucket/key").await.expect(200);
    let no_status = "<VersioningConfiguration></VersioningConfiguration>";
    server.put("/my-bucket?versioning", no_status).await.expect(400);
    let mfa =
        "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>";
    server.put("/my-bucket?versioning", mfa).await.expect_error(501, "NotImplemented");
}

#[tokio::test]
async fn versions_are_listed_page_by_page() {
    let server = Server::with_bucket("my-bucket").await;
    set(&server, "Enabled").await;
    let mut expected = Vec::new();
    for key in ["a", "b", "dir/1", "dir/2"] {
        let mut of_key = Vec::new();
        for number in 0..3 {
            let path = format!("/my-bucket/{key}");
            let version = server.put(&path, number.to_string()).await.expect(200);
            of_key.insert(0, version.header("x-amz-version-id").to_owned());
        }
        expected.extend(of_key);
    }
    for limit in [1, 2, 3, 5, 12] {
        let mut found = Vec::new();
        let mut markers = String::new();
        loop {
            let page = server.get(&format!("/my-bucket?versions&max-keys={limit}{markers}")).await.expect(200);
            found.extend(page.all("VersionId"));
            if page.one("IsTruncated") == "false" {
                break;
            }
            let (key, version) = (page.one("NextKeyMarker"), page.one("NextVersionIdMarker"));
            markers = format!("&key-marker={}&version-id-marker={version}", key.replace('/', "%2F"));
        }
        assert_eq!(found, expected, "{limit}");
    }
    let grouped = server.get("/my-bucket?versions&delimiter=%2F&key-marker=a").await.expect(200);
    assert_eq!(grouped.all("VersionId"), expected[3..6]);
    assert!(grouped.text().contains("<CommonPrefixes><Prefix>dir/</Prefix></CommonPrefixes>"));
    let alone = server.get("/my-bucket?versions&version-id-marker=null").await;
    alone.expect_error(400, "InvalidArgument");
}

#[tokio::test]
async fn versions_are_deleted_many_at_once() {
    let server = Server::with_bucket("my-bucket").await;
    set(&server, "Enabled").await;
    let (one, two) = (write(&server, "1").await, write(&server, "2").await);
    let object = |id: &str| format!("<Object><Key>key</Key><VersionId>{id}</VersionId></Object>");
    let body = format!("<Delete>{}{}<Object><Key>key</Key></Object></Delete>", object(&one), object("wrong"));
    let deleted = server.send(Method::POST, "/my-bucket?delete", &[], body).await.expect(200);
    assert_eq!(deleted.all("Code"), ["InvalidArgument"]);
    assert_eq!(deleted.all("DeleteMarker"), ["true"]);
    let left = history(&server).await;
    assert_eq!((left.len(), &left[0]), (2, &two));
}
