//! The face as the gateway calls it; operations one by one are in `testing/scenarios/kms`.

use aws::{Call, Codec, Face, Identity, ReplyBody, RequestId};
use host::Host;
use keys::Keys;
use serde_json::{Value, json};
use store::Store;

struct Server {
    face: Face,
    dir: tempfile::TempDir,
}

impl Server {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { face: Self::open(dir.path()), dir }
    }

    fn open(dir: &std::path::Path) -> Face {
        let host = Host::real();
        let keys = Keys::open(&host, Store::open(&host, dir).unwrap(), &dir.join("keys.master"));
        crate::face(&host, &keys)
    }

    async fn call_from(&self, region: &str, operation: &str, request: Value) -> Result<Value, String> {
        let identity = Identity {
            account: "000000000000".to_owned(),
            region: region.to_owned(),
            caller: String::new(),
            access_key: String::new(),
        };
        let call = Call::new(identity, RequestId::new(""));
        let running = self.face.run(operation, call, Codec::Json11, request.to_string().into());
        match running.expect("the operation is in the table").await {
            Ok(reply) => {
                let ReplyBody::Full(body) = reply.body else { panic!("no operation streams") };
                Ok(if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
            }
            Err(error) => Err(error.code().name.to_owned()),
        }
    }

    async fn call(&self, operation: &str, request: Value) -> Result<Value, String> {
        self.call_from("us-east-1", operation, request).await
    }

    async fn create(&self) -> String {
        let created = self.call("CreateKey", json!({})).await.unwrap();
        created["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn what_is_encrypted_decrypts_after_a_restart_and_not_without_the_master_key() {
    let mut server = Server::new();
    let key = server.create().await;
    let context = json!({"stream": "orders"});
    let request = json!({"KeyId": key, "Plaintext": "aGk=", "EncryptionContext": context});
    let encrypted = server.call("Encrypt", request).await.unwrap();
    let decrypt = json!({"CiphertextBlob": encrypted["CiphertextBlob"], "EncryptionContext": context});
    assert_eq!(server.call("Decrypt", decrypt.clone()).await.unwrap()["Plaintext"], "aGk=");
    let without_context = json!({"CiphertextBlob": encrypted["CiphertextBlob"]});
    assert_eq!(server.call("Decrypt", without_context).await, Err("InvalidCiphertextException".to_owned()));
    let master = server.dir.path().join("keys.master");
    std::fs::rename(&master, server.dir.path().join("away")).unwrap();
    server.face = Server::reopen(server.face, server.dir.path());
    assert_eq!(server.call("Decrypt", decrypt.clone()).await, Err("KeyUnavailableException".to_owned()));
    assert_eq!(server.call("CreateKey", json!({})).await, Err("KeyUnavailableException".to_owned()));
    std::fs::rename(server.dir.path().join("away"), &master).unwrap();
    assert_eq!(server.call("Decrypt", decrypt).await.unwrap()["Plaintext"], "aGk=");
}

impl Server {
    fn reopen(before: Face, dir: &std::path::Path) -> Face {
        drop(before);
        Self::open(dir)
    }
}

#[tokio::test]
async fn a_key_does_not_exist_in_another_region() {
    let server = Server::new();
    let key = server.create().await;
    let arn = format!("arn:aws:kms:us-east-1:000000000000:key/{key}");
    for name in [key, arn] {
        let found = server.call("DescribeKey", json!({"KeyId": name})).await;
        assert!(found.is_ok(), "{found:?}");
        let elsewhere = server.call_from("eu-west-1", "DescribeKey", json!({"KeyId": name})).await;
        assert_eq!(elsewhere, Err("NotFoundException".to_owned()));
    }
    let others = json!({"KeyId": "arn:aws:kms:us-east-1:111111111111:key/x"});
    assert_eq!(server.call("DescribeKey", others).await, Err("NotFoundException".to_owned()));
}

#[tokio::test]
async fn pages_hold_every_key_once() {
    let server = Server::new();
    let mut created = Vec::new();
    for _ in 0..7 {
        created.push(server.create().await);
    }
    created.sort();
    let (mut listed, mut marker) = (Vec::new(), Value::Null);
    loop {
        let page = server.call("ListKeys", json!({"Limit": 3, "Marker": marker})).await.unwrap();
        listed.extend(page["Keys"].as_array().unwrap().iter().map(|key| key["KeyId"].as_str().unwrap().to_owned()));
        marker = page["NextMarker"].clone();
        if !page["Truncated"].as_bool().unwrap() {
            break;
        }
    }
    assert_eq!(listed, created);
}

#[tokio::test]
async fn patterns_of_the_model_are_valid() {
    let server = Server::new();
    for (request, refused) in [
        (json!({"Policy": "\u{0}"}), "ValidationException"),
        (json!({"Policy": "{}"}), "NotImplementedException"),
        (json!({"XksKeyId": "a/b"}), "ValidationException"),
        (json!({"XksKeyId": "a-b_c.d"}), "NotImplementedException"),
    ] {
        assert_eq!(server.call("CreateKey", request).await, Err(refused.to_owned()));
    }
}
