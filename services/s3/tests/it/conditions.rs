//! Conditional reads and writes, also of many at once.

use std::sync::Arc;

use http::Method;

use crate::server::Server;

#[tokio::test]
async fn reads_depend_on_tags_and_dates() {
    let server = Server::with_bucket("my-bucket").await;
    let etag = server.put("/my-bucket/key", "x").await.expect(200).header("etag").to_owned();
    let (old, new) = ("Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT");
    for (headers, status) in [
        (vec![("if-match", etag.as_str())], 200),
        (vec![("if-match", "\"other\"")], 412),
        (vec![("if-match", "*")], 200),
        (vec![("if-none-match", etag.as_str())], 304),
        (vec![("if-none-match", "\"other\"")], 200),
        (vec![("if-modified-since", old)], 200),
        (vec![("if-modified-since", new)], 304),
        (vec![("if-unmodified-since", old)], 412),
        (vec![("if-unmodified-since", new)], 200),
        (vec![("if-match", etag.as_str()), ("if-unmodified-since", old)], 200),
        (vec![("if-none-match", etag.as_str()), ("if-modified-since", old)], 304),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let answer = server.send(method.clone(), "/my-bucket/key", &headers, "").await;
            assert_eq!(answer.status.as_u16(), status, "{method} {headers:?}");
            if status == 304 {
                assert_eq!((answer.header("etag"), answer.body.len()), (etag.as_str(), 0));
            }
        }
    }
}

#[tokio::test]
async fn writes_depend_on_what_is_there() {
    let server = Server::with_bucket("my-bucket").await;
    let put = |headers: Vec<(&'static str, String)>| {
        let server = &server;
        async move {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            server.put_with("/my-bucket/key", &headers, "x").await
        }
    };
    put(vec![("if-match", "\"none\"".into())]).await.expect_error(404, "NoSuchKey");
    let etag = put(vec![("if-none-match", "*".into())]).await.expect(200).header("etag").to_owned();
    let failed = put(vec![("if-none-match", "*".into())]).await.expect_error(412, "PreconditionFailed");
    assert_eq!(failed.one("Condition"), "If-None-Match");
    put(vec![("if-match", etag.clone())]).await.expect(200);
    put(vec![("if-match", "\"other\"".into())]).await.expect_error(412, "PreconditionFailed");
    put(vec![("if-none-match", etag)]).await.expect_error(501, "NotImplemented");
    let none = [("if-none-match", "*"), ("x-amz-copy-source", "my-bucket/key")];
    server.put_with("/my-bucket/key", &none, "").await.expect_error(400, "InvalidRequest");
    server.put_with("/my-bucket/copy", &none, "").await.expect(200);
    server.put_with("/my-bucket/copy", &none, "").await.expect_error(412, "PreconditionFailed");
}

#[tokio::test]
async fn deletions_depend_on_what_is_there() {
    let server = Server::with_bucket("my-bucket").await;
    let etag = server.put("/my-bucket/key", "x").await.expect(200).header("etag").to_owned();
    let delete = |condition: String| {
        let server = &server;
        async move { server.send(Method::DELETE, "/my-bucket/key", &[("if-match", &condition)], "").await }
    };
    delete("\"other\"".to_owned()).await.expect_error(412, "PreconditionFailed");
    delete(etag).await.expect(204);
    delete("*".to_owned()).await.expect_error(412, "PreconditionFailed");
}

/// Sends the same conditional write many times at once; how many succeeded.
async fn race(server: &Arc<Server>, name: &'static str, value: &str, count: usize, round: usize) -> usize {
    let racers: Vec<_> = (0..count)
        .map(|number| {
            let (server, value) = (Arc::clone(server), value.to_owned());
            tokio::spawn(async move {
                let body = format!("round {round}, writer {number}");
                let answer = server.put_with("/my-bucket/key", &[(name, &value)], body.clone()).await;
                (answer.status.as_u16(), body)
            })
        })
        .collect();
    let mut winners = Vec::new();
    for racer in racers {
        match racer.await.expect("no panic") {
            (200, body) => winners.push(body),
            (status, _) => assert_eq!(status, 412),
        }
    }
    let stored = server.get("/my-bucket/key").await.expect(200);
    assert!(winners.iter().any(|winner| winner == stored.text()));
    winners.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_writers_exactly_one_wins() {
    let server = Arc::new(Server::with_bucket("my-bucket").await);
    assert_eq!(race(&server, "if-none-match", "*", 100, 0).await, 1);
    for round in 1..6 {
        let etag = server.head("/my-bucket/key").await.expect(200).header("etag").to_owned();
        assert_eq!(race(&server, "if-match", &etag, 20, round).await, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_writes_last_wins_where_nobody_asks() {
    let server = Arc::new(Server::with_bucket("my-bucket").await);
    let writers: Vec<_> = (0..50)
        .map(|number| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.put("/my-bucket/key", format!("{number}")).await.status.as_u16() })
        })
        .collect();
    for writer in writers {
        assert_eq!(writer.await.expect("no panic"), 200);
    }
    server.get("/my-bucket/key").await.expect(200);
    assert_eq!(server.row_count("s3.small"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_bucket_that_goes_takes_no_object_along() {
    for _ in 0..10 {
        let server = Arc::new(Server::with_bucket("my-bucket").await);
        let writer = {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.put("/my-bucket/key", "x").await.status.as_u16() })
        };
        let deleted = server.delete("/my-bucket").await.status.as_u16();
        let written = writer.await.expect("no panic");
        assert!(matches!((deleted, written), (204, 404) | (409, 200)), "{deleted} {written}");
        let rows = server.row_count("s3.object");
        assert_eq!(rows, usize::from(written == 200));
    }
}
