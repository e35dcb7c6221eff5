//! Lists of keys.

use std::collections::BTreeSet;

use http::Method;

use crate::server::Server;

const KEYS: [&str; 12] = ["a", "b/1", "b/2", "b/c/1", "b/c/2", "b0", "c%20d", "d/", "d/x", "e//f", "z", "%C3%A9/1"];

async fn filled() -> Server {
    let server = Server::with_bucket("my-bucket").await;
    for key in KEYS {
        server.put(&format!("/my-bucket/{key}"), "x").await.expect(200);
    }
    server
}

/// Keys and common prefixes of a page, and how it goes on.
async fn page(server: &Server, query: &str) -> (Vec<String>, Vec<String>, Option<String>) {
    let answer = server.get(&format!("/my-bucket?list-type=2{query}")).await.expect(200);
    let prefixes = answer
        .all("CommonPrefixes")
        .iter()
        .map(|prefix| prefix.replace("<Prefix>", "").replace("</Prefix>", ""))
        .collect();
    let next = answer.all("NextContinuationToken").pop();
    assert_eq!(answer.one("IsTruncated"), next.is_some().to_string());
    (answer.all("Key"), prefixes, next)
}

#[tokio::test]
async fn keys_come_in_the_order_of_their_bytes() {
    let server = filled().await;
    let (keys, prefixes, next) = page(&server, "").await;
    assert_eq!(keys, ["a", "b/1", "b/2", "b/c/1", "b/c/2", "b0", "c d", "d/", "d/x", "e//f", "z", "é/1"]);
    assert!(prefixes.is_empty() && next.is_none());
    let (keys, prefixes, _) = page(&server, "&delimiter=%2F").await;
    assert_eq!((keys, prefixes), (owned(&["a", "b0", "c d", "z"]), owned(&["b/", "d/", "e/", "é/"])));
    let (keys, prefixes, _) = page(&server, "&delimiter=%2F&prefix=b%2F").await;
    assert_eq!((keys, prefixes), (owned(&["b/1", "b/2"]), owned(&["b/c/"])));
    let (keys, ..) = page(&server, "&start-after=b%2Fc%2F1&prefix=b").await;
    assert_eq!(keys, ["b/c/2", "b0"]);
    let (keys, prefixes, next) = page(&server, "&max-keys=0").await;
    assert!(keys.is_empty() && prefixes.is_empty() && next.is_none());
    let spelled = server.get("/my-bucket?list-type=2&encoding-type=url&prefix=c").await.expect(200);
    assert_eq!((spelled.all("Key"), spelled.one("EncodingType")), (owned(&["c%20d"]), "url".into()));
    server.get("/my-bucket?list-type=2&max-keys=-1").await.expect_error(400, "InvalidArgument");
    server.get("/my-bucket?list-type=2&continuation-token=%21").await.expect_error(400, "InvalidArgument");
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test]
async fn pages_of_any_size_show_everything_once() {
    let server = filled().await;
    for delimiter in ["", "&delimiter=%2F", "&delimiter=c", "&delimiter=%2F&prefix=b"] {
        let (keys, prefixes, _) = page(&server, delimiter).await;
        let expected: BTreeSet<String> = keys.into_iter().chain(prefixes).collect();
        for limit in 1..5 {
            let (mut found, mut token) = (Vec::new(), String::new());
            loop {
                let (keys, prefixes, next) = page(&server, &format!("{delimiter}&max-keys={limit}{token}")).await;
                assert!(keys.len() + prefixes.len() <= limit);
                found.extend(keys.into_iter().chain(prefixes));
                let Some(next) = next else { break };
                token = format!("&continuation-token={next}");
            }
            assert_eq!(found.len(), expected.len(), "{delimiter} {limit}");
            assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected, "{delimiter} {limit}");
        }
    }
}

#[tokio::test]
async fn the_older_list_goes_on_behind_a_marker() {
    let server = filled().await;
    let first = server.get("/my-bucket?delimiter=%2F&max-keys=2").await.expect(200);
    assert_eq!((first.all("Key"), first.one("NextMarker")), (owned(&["a"]), "b/".into()));
    let second = server.get("/my-bucket?delimiter=%2F&max-keys=2&marker=b%2F").await.expect(200);
    assert_eq!((second.all("Key"), second.one("Marker")), (owned(&["b0", "c d"]), "b/".into()));
    let plain = server.get("/my-bucket?max-keys=2").await.expect(200);
    assert_eq!((plain.one("IsTruncated"), plain.all("NextMarker").len()), ("true".into(), 0));
    assert!(!plain.all("ID").is_empty());
}

#[tokio::test]
async fn groups_are_skipped_and_not_read() {
    let server = Server::with_bucket("my-bucket").await;
    for number in 0..600 {
        server.put(&format!("/my-bucket/{}/{number:03}", ["x", "y"][number % 2]), "").await.expect(200);
    }
    server.put("/my-bucket/z", "").await.expect(200);
    let (keys, prefixes, _) = page(&server, "&delimiter=%2F").await;
    assert_eq!((keys, prefixes), (owned(&["z"]), owned(&["x/", "y/"])));
    let (keys, _, next) = page(&server, "&max-keys=500").await;
    let (rest, _, end) = page(&server, &format!("&continuation-token={}", next.expect("more"))).await;
    assert_eq!((keys.len(), rest.len(), end), (500, 101, None));
    let owners = server.send(Method::GET, "/my-bucket?list-type=2&fetch-owner=true&max-keys=1", &[], "").await;
    assert_eq!(owners.expect(200).all("ID").len(), 1);
}
