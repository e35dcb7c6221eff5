//! The key store's promises, above all: nothing is readable without the master key file.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use host::Host;
use host::simulated::{Ended, Simulation};
use store::Store;

use crate::{Error, Keys, Owner, Scope, State, deletion};

const SCOPE: Scope<'_> = Scope { account: "000000000000", region: "us-east-1" };
const ELSEWHERE: Scope<'_> = Scope { account: "000000000000", region: "eu-west-1" };

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn master(&self) -> PathBuf {
        self.dir.path().join("elsewhere/keys.master")
    }

    fn open(&self) -> Keys {
        let host = Host::real();
        let store = Store::open(&host, self.dir.path()).unwrap();
        Keys::open(&host, store, &self.master())
    }
}

#[tokio::test]
async fn sealed_data_opens_after_a_restart_and_only_with_its_associated_data() {
    let place = Place::new();
    let keys = place.open();
    let key = keys.create(SCOPE, "mine").await.unwrap();
    let data_key = keys.generate_data_key(SCOPE, &key.id).unwrap();
    let sealed = keys.sealer(SCOPE, &data_key.wrapped).unwrap().seal(b"record", b"shard 0");
    assert_eq!(keys.unwrap(SCOPE, &data_key.wrapped).unwrap(), data_key.plain);
    drop(keys);
    let keys = place.open();
    let sealer = keys.sealer(SCOPE, &data_key.wrapped).unwrap();
    assert!(Arc::ptr_eq(&sealer, &keys.sealer(SCOPE, &data_key.wrapped).unwrap()));
    assert_eq!(sealer.open(&sealed, b"shard 0").unwrap(), b"record");
    assert!(matches!(sealer.open(&sealed, b"shard 1"), Err(Error::Damaged)));
    for at in 0..sealed.len() {
        let mut damaged = sealed.clone();
        damaged[at] ^= 1;
        assert!(matches!(sealer.open(&damaged, b"shard 0"), Err(Error::Damaged)), "bit in byte {at}");
        assert!(matches!(sealer.open(&sealed[..at], b"shard 0"), Err(Error::Damaged)), "first {at} bytes");
    }
}

#[tokio::test]
async fn no_nonce_is_used_twice() {
    let keys = Place::new().open();
    let key = keys.create(SCOPE, "").await.unwrap();
    let wrapped = keys.generate_data_key(SCOPE, &key.id).unwrap().wrapped;
    let first = keys.sealer(SCOPE, &wrapped).unwrap();
    keys.inner.opened.forget();
    let second = keys.sealer(SCOPE, &wrapped).unwrap();
    let sealed = |sealer: &crate::Sealer| sealer.seal(b"", b"")[..12].to_vec();
    let nonces = (0..1000).flat_map(|_| [sealed(&first), sealed(&second)]).collect::<std::collections::HashSet<_>>();
    assert_eq!(nonces.len(), 2000);
}

#[tokio::test]
async fn nothing_is_readable_without_the_master_key_file() {
    let place = Place::new();
    let keys = place.open();
    let key = keys.create(SCOPE, "").await.unwrap();
    let wrapped = keys.generate_data_key(SCOPE, &key.id).unwrap().wrapped;
    drop(keys);
    assert_eq!(std::fs::metadata(place.master()).unwrap().permissions().mode() & 0o777, 0o600);
    let master = std::fs::read(place.master()).unwrap();
    assert_eq!(master.len(), 32);
    let check = async |expected: &str| {
        let keys = place.open();
        let problems = [
            keys.sealer(SCOPE, &wrapped).map(drop),
            keys.generate_data_key(SCOPE, &key.id).map(drop),
            keys.create(SCOPE, "").await.map(drop),
            keys.resolve(SCOPE, "alias/aws/kinesis").await.map(drop),
        ];
        for problem in problems {
            assert!(matches!(problem, Err(Error::WrongKey { problem, .. }) if problem.contains(expected)));
        }
        assert_eq!(keys.describe(SCOPE, &key.id).unwrap(), key, "what is not secret stays readable");
    };
    std::fs::remove_file(place.master()).unwrap();
    check("is missing").await;
    assert!(!place.master().exists(), "never a new one in the place of a lost one");
    std::fs::write(place.master(), [7; 32]).unwrap();
    check("is not the one").await;
    std::fs::write(place.master(), &master[..31]).unwrap();
    check("does not hold 32 bytes").await;
    std::fs::write(place.master(), &master).unwrap();
    place.open().sealer(SCOPE, &wrapped).expect("the file is back");
}

#[tokio::test]
async fn the_store_holds_no_key_in_the_clear() {
    let place = Place::new();
    let keys = place.open();
    let key = keys.create(SCOPE, "").await.unwrap();
    let data_key = keys.generate_data_key(SCOPE, &key.id).unwrap();
    let material = keys.inner.master.get().unwrap();
    let row = crate::table::row_key(SCOPE, &key.id);
    let material = material.open(&key.wrapped, row.as_bytes()).unwrap();
    let master = std::fs::read(place.master()).unwrap();
    drop(keys);
    let stored = std::fs::read(place.dir.path().join("store.redb")).unwrap();
    for secret in [&material[..], &master[..], &data_key.plain[..]] {
        assert!(!stored.windows(secret.len()).any(|window| window == secret));
        assert!(!data_key.wrapped.windows(secret.len()).any(|window| window == secret));
    }
}

#[tokio::test]
async fn only_an_enabled_key_can_be_used() {
    let keys = Place::new().open();
    let key = keys.create(SCOPE, "").await.unwrap();
    let wrapped = keys.generate_data_key(SCOPE, &key.id).unwrap().wrapped;
    keys.sealer(SCOPE, &wrapped).unwrap();
    keys.set_enabled(SCOPE, &key.id, false).await.unwrap();
    assert!(matches!(keys.sealer(SCOPE, &wrapped), Err(Error::Disabled)));
    assert!(matches!(keys.generate_data_key(SCOPE, &key.id), Err(Error::Disabled)));
    keys.set_enabled(SCOPE, &key.id, true).await.unwrap();
    keys.sealer(SCOPE, &wrapped).unwrap();
    keys.schedule_deletion(SCOPE, &key.id, 1000).await.unwrap();
    assert!(matches!(keys.sealer(SCOPE, &wrapped), Err(Error::PendingDeletion)));
    assert!(matches!(keys.set_enabled(SCOPE, &key.id, true).await, Err(Error::PendingDeletion)));
    keys.cancel_deletion(SCOPE, &key.id).await.unwrap();
    assert_eq!(keys.describe(SCOPE, &key.id).unwrap().state, State::Disabled);
    assert!(matches!(keys.cancel_deletion(SCOPE, &key.id).await, Err(Error::NotPendingDeletion)));
}

#[tokio::test]
async fn a_key_is_known_in_its_own_scope_only() {
    let keys = Place::new().open();
    let key = keys.create(SCOPE, "").await.unwrap();
    let wrapped = keys.generate_data_key(SCOPE, &key.id).unwrap().wrapped;
    assert!(matches!(keys.describe(ELSEWHERE, &key.id), Err(Error::NotFound)));
    assert!(matches!(keys.sealer(ELSEWHERE, &wrapped), Err(Error::NotFound)));
    assert_eq!(keys.list(ELSEWHERE, None, 10).unwrap(), []);
    assert_eq!(keys.list(SCOPE, None, 10).unwrap(), [key]);
}

#[tokio::test]
async fn names_lead_to_keys() {
    let keys = Place::new().open();
    let key = keys.create(SCOPE, "").await.unwrap();
    keys.set_alias(SCOPE, "alias/mine", &key.id).await.unwrap();
    for name in [key.id.clone(), format!("key/{}", key.id), "alias/mine".to_owned()] {
        assert_eq!(keys.resolve(SCOPE, &name).await.unwrap(), key, "{name}");
    }
    assert!(matches!(keys.set_alias(SCOPE, "alias/mine", &key.id).await, Err(Error::Exists)));
    assert!(matches!(keys.set_alias(SCOPE, "alias/aws/mine", &key.id).await, Err(Error::Managed)));
    keys.delete_alias(SCOPE, "alias/mine").await.unwrap();
    assert!(matches!(keys.resolve(SCOPE, "alias/mine").await, Err(Error::NotFound)));
    assert!(matches!(keys.delete_alias(SCOPE, "alias/mine").await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_managed_key_is_made_once_per_scope_and_cannot_be_changed() {
    let keys = Place::new().open();
    let name = "alias/aws/kinesis";
    let (one, two) = tokio::join!(keys.resolve(SCOPE, name), keys.resolve(SCOPE, name));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(one, two);
    assert_eq!(one.owner, Owner::Managed);
    assert_ne!(keys.resolve(ELSEWHERE, name).await.unwrap().id, one.id);
    assert!(matches!(keys.set_enabled(SCOPE, &one.id, false).await, Err(Error::Managed)));
    assert!(matches!(keys.schedule_deletion(SCOPE, &one.id, 1).await, Err(Error::Managed)));
    assert!(matches!(keys.resolve(SCOPE, "alias/aws/nothing").await, Err(Error::NotFound)));
}

#[tokio::test]
async fn all_keys_of_all_scopes_can_be_removed() {
    let place = Place::new();
    let keys = place.open();
    let key = keys.create(SCOPE, "").await.unwrap();
    keys.set_alias(SCOPE, "alias/a", &key.id).await.unwrap();
    let managed = keys.resolve(ELSEWHERE, "alias/aws/kinesis").await.unwrap();
    let data_key = keys.generate_data_key(SCOPE, &key.id).unwrap();
    keys.delete_all().await.unwrap();
    assert!(matches!(keys.sealer(SCOPE, &data_key.wrapped), Err(Error::NotFound)), "nothing is remembered either");
    drop(keys);
    let keys = place.open();
    for scope in [SCOPE, ELSEWHERE] {
        assert_eq!(keys.list(scope, None, 10).unwrap(), []);
        assert_eq!(keys.aliases(scope, None, 10).unwrap(), []);
    }
    assert_ne!(keys.resolve(ELSEWHERE, "alias/aws/kinesis").await.unwrap().id, managed.id);
}

#[test]
fn a_key_whose_time_is_over_is_really_removed_with_its_aliases() {
    let ended = Simulation::new(1).boot(|host| async move {
        let store = Store::open(&host, "/data".as_ref()).unwrap();
        let keys = Keys::open(&host, store, "/data/keys.master".as_ref());
        let key = keys.create(SCOPE, "").await.unwrap();
        let other = keys.create(SCOPE, "").await.unwrap();
        keys.set_alias(SCOPE, "alias/a", &key.id).await.unwrap();
        keys.set_alias(SCOPE, "alias/b", &other.id).await.unwrap();
        keys.schedule_deletion(SCOPE, &key.id, 7 * 24 * 3_600_000).await.unwrap();
        deletion::sweep(&keys).await.unwrap();
        assert!(keys.inner.table.get(SCOPE, &key.id).unwrap().is_some(), "not yet");
        host.sleep(std::time::Duration::from_secs(8 * 24 * 3600)).await;
        assert!(keys.inner.table.get(SCOPE, &key.id).unwrap().is_none(), "the sweeper came by");
        let names = keys.aliases(SCOPE, None, 10).unwrap().into_iter().map(|alias| alias.name).collect::<Vec<_>>();
        assert_eq!(names, ["alias/b"]);
        assert_eq!(keys.list(SCOPE, None, 10).unwrap(), [other]);
    });
    assert_eq!(ended, Ended::Finished(()));
}

#[test]
fn a_crash_while_the_first_key_is_made_leaves_a_working_store() {
    for seed in 0..60 {
        let simulation = Simulation::new(seed);
        simulation.cut_power_after(1 + seed);
        for _ in 0..2 {
            simulation.boot(|host| async move {
                let Ok(store) = Store::open(&host, "/data".as_ref()) else { return };
                let keys = Keys::open(&host, store, "/data/secret/keys.master".as_ref());
                match keys.create(SCOPE, "").await {
                    Ok(key) => drop(keys.generate_data_key(SCOPE, &key.id)),
                    Err(error) => assert!(!matches!(error, Error::WrongKey { .. }), "{error}"),
                }
            });
        }
        let usable = simulation.boot(|host| async move {
            let store = Store::open(&host, "/data".as_ref()).unwrap();
            let keys = Keys::open(&host, store, "/data/secret/keys.master".as_ref());
            let created = keys.list(SCOPE, None, 10).unwrap();
            created.iter().all(|key| keys.generate_data_key(SCOPE, &key.id).is_ok())
        });
        assert_eq!(usable, Ended::Finished(true), "seed {seed}");
    }
}

#[test]
fn a_master_key_that_a_killed_process_left_is_durable_before_anything_is_wrapped_with_it() {
    for seed in 0..20 {
        let simulation = Simulation::new(seed);
        let place = "/data/secret/keys.master";
        simulation.boot(|host| async move {
            host.files().create_dir_durable("/data/secret".as_ref()).unwrap();
            host.files().create_new(place.as_ref()).unwrap().write_all_at(&[7; 32], 0).unwrap();
        });
        let made = simulation.boot(|host| async move {
            let store = Store::open(&host, "/data".as_ref()).unwrap();
            Keys::open(&host, store, place.as_ref()).create(SCOPE, "").await.unwrap().id
        });
        simulation.lose_power();
        let Ended::Finished(id) = made else { panic!("{made:?}") };
        simulation.boot(|host| async move {
            let store = Store::open(&host, "/data".as_ref()).unwrap();
            let usable = Keys::open(&host, store, place.as_ref()).generate_data_key(SCOPE, &id);
            assert!(usable.is_ok(), "seed {seed}: {:?}", usable.err());
        });
    }
}
