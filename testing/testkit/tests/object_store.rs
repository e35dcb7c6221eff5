//! The client of crate `object_store` against our S3: its own integration tests, and writers who race.

use std::sync::Arc;

use futures::future::join_all;
use object_store::aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut, S3CopyIfNotExists};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, UpdateVersion, integration};
use testkit::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A server with a bucket, and a client of it.
async fn store() -> (Server, AmazonS3) {
    let server = Server::start(false).await.expect("a server");
    let endpoint = server.endpoint();
    let host = endpoint.trim_start_matches("http://");
    let mut connection = TcpStream::connect(host).await.expect("a connection");
    let request = format!("PUT /orders HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let client = AmazonS3Builder::new()
        .with_endpoint(endpoint)
        .with_allow_http(true)
        .with_bucket_name("orders")
        .with_region("us-east-1")
        .with_access_key_id("anybody")
        .with_secret_access_key("anything")
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_copy_if_not_exists(S3CopyIfNotExists::Multipart)
        .build();
    (server, client.expect("a client"))
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_put_listed_read_and_deleted() {
    let (server, store) = store().await;
    // Those that want an empty bucket come first.
    integration::stream_get(&store).await;
    integration::put_get_delete_list(&store).await;
    integration::get_opts(&store).await;
    integration::put_get_attributes(&store).await;
    let missing = integration::get_nonexistent_object(&store, None).await.expect_err("nothing is there");
    assert!(matches!(missing, Error::NotFound { .. }), "{missing}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_are_what_the_client_expects() {
    let (server, store) = store().await;
    integration::list_uses_directories_correctly(&store).await;
    integration::list_with_delimiter(&store).await;
    integration::list_with_offset_exclusivity(&store).await;
    integration::list_paginated(&store, &store).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_what_the_client_expects() {
    let (server, store) = store().await;
    integration::rename_and_copy(&store).await;
    integration::copy_if_not_exists(&store).await;
    integration::copy_rename_nonexistent_object(&store).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_what_the_client_expects() {
    let (server, store) = store().await;
    integration::multipart(&store, &store).await;
    integration::multipart_out_of_order(&store).await;
    integration::multipart_race_condition(&store, true).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn conditional_writes_are_what_the_client_expects() {
    let (server, store) = store().await;
    integration::put_opts(&store, true).await;
    server.stop().await;
}

async fn put(store: &AmazonS3, path: &Path, text: String, mode: PutMode) -> Result<(), Error> {
    let options = PutOptions { mode, ..PutOptions::default() };
    store.put_opts(path, PutPayload::from(text.into_bytes()), options).await.map(|_result| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_racing_writers_exactly_one_wins() {
    let (server, store) = store().await;
    let store = Arc::new(store);
    for round in 0..10 {
        let path = Path::from(format!("race/{round}"));
        let writers = (0..16).map(|number: u32| {
            let (store, path) = (Arc::clone(&store), path.clone());
            tokio::spawn(async move { put(&store, &path, number.to_string(), PutMode::Create).await.map(|()| number) })
        });
        let outcomes: Vec<_> = join_all(writers).await.into_iter().map(|joined| joined.expect("no panic")).collect();
        let winners: Vec<u32> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok().copied()).collect();
        let [winner] = winners[..] else { panic!("{outcomes:?}") };
        assert!(
            outcomes.iter().all(|outcome| matches!(outcome, Ok(_) | Err(Error::AlreadyExists { .. }))),
            "{outcomes:?}"
        );
        let kept = store.get(&path).await.expect("the object").bytes().await.expect("its bytes");
        assert_eq!(kept, winner.to_string());
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn swaps_lose_no_update() {
    let (server, store) = store().await;
    let store = Arc::new(store);
    let path = Path::from("counter");
    put(&store, &path, "0".to_owned(), PutMode::Create).await.expect("the first");
    let writers = (0..8).map(|_| {
        let (store, path) = (Arc::clone(&store), path.clone());
        tokio::spawn(async move {
            let mut done = 0;
            while done < 10 {
                let found = store.get(&path).await.expect("the counter");
                let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: None };
                let text = found.bytes().await.expect("its bytes");
                let value: u32 = std::str::from_utf8(&text).expect("text").parse().expect("a number");
                match put(&store, &path, (value + 1).to_string(), PutMode::Update(version)).await {
                    Ok(()) => done += 1,
                    Err(Error::Precondition { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        })
    });
    join_all(writers).await.into_iter().for_each(|joined| joined.expect("no panic"));
    let kept = store.get(&path).await.expect("the counter").bytes().await.expect("its bytes");
    assert_eq!(kept, "80");
    server.stop().await;
}
