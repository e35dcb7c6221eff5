//! Applications and their versions at rest: rows of the store.

use std::ops::Bound;

use aws::ServiceError;
use store::{Changes, Store};

use crate::application::{Application, Version};
use crate::limits;

/// `account/region/name` → the application.
const APPLICATIONS: &str = "kinesisanalytics_applications";
/// `id/number` → what a version was.
const VERSIONS: &str = "kinesisanalytics_versions";

/// The key of an application.
pub(crate) fn key(account: &str, region: &str, name: &str) -> String {
    format!("{account}/{region}/{name}")
}

fn version_key(id: u64, number: u64) -> String {
    format!("{id:016x}/{number:09}")
}

/// One byte behind the last key that begins so.
fn end(prefix: &str) -> Vec<u8> {
    let mut end = prefix.as_bytes().to_vec();
    end.push(0xFF);
    end
}

/// The application of that key.
pub(crate) fn get(store: &Store, key: &str) -> Result<Option<Application>, ServiceError> {
    let row = store.get(APPLICATIONS, key.as_bytes()).map_err(ServiceError::internal)?;
    row.map(|row| serde_json::from_slice(&row).map_err(ServiceError::internal)).transpose()
}

/// Applications whose keys begin with `prefix`, behind the key `after`, by key.
pub(crate) fn list(
    store: &Store,
    prefix: &str,
    after: Option<&str>,
    count_max: usize,
) -> Result<Vec<Application>, ServiceError> {
    let from = after.map_or(Bound::Included(prefix.as_bytes()), |after| Bound::Excluded(after.as_bytes()));
    let rows = store.scan(APPLICATIONS, from, Bound::Excluded(&end(prefix)), count_max);
    let rows = rows.map_err(ServiceError::internal)?;
    rows.into_iter().map(|(_, row)| serde_json::from_slice(&row).map_err(ServiceError::internal)).collect()
}

/// A version of an application.
pub(crate) fn version(store: &Store, id: u64, number: u64) -> Result<Option<Version>, ServiceError> {
    let row = store.get(VERSIONS, version_key(id, number).as_bytes()).map_err(ServiceError::internal)?;
    row.map(|row| serde_json::from_slice(&row).map_err(ServiceError::internal)).transpose()
}

/// The numbers of the versions that are remembered, above `after`.
pub(crate) fn versions(store: &Store, id: u64, after: u64, count_max: usize) -> Result<Vec<u64>, ServiceError> {
    let (from, to) = (version_key(id, after), end(&format!("{id:016x}/")));
    let rows = store.scan(VERSIONS, Bound::Excluded(from.as_bytes()), Bound::Excluded(&to), count_max);
    let number = |key: &[u8]| std::str::from_utf8(key).ok()?.split_once('/')?.1.parse().ok();
    Ok(rows.map_err(ServiceError::internal)?.iter().filter_map(|(key, _)| number(key)).collect())
}

/// Writes an application down, and its version where it is a new one; forgets a version that is too old.
pub(crate) fn put(application: &Application, is_new_version: bool) -> Changes {
    let row = serde_json::to_vec(application).expect("maps with text keys and plain values always serialise");
    let key = key(&application.account, &application.region, &application.name);
    let mut changes = Changes::new().put(APPLICATIONS, key, row);
    if is_new_version {
        let version = application.as_version();
        let row = serde_json::to_vec(&version).expect("maps with text keys and plain values always serialise");
        changes = changes.put(VERSIONS, version_key(application.id, version.number), row);
        if let Some(old) = version.number.checked_sub(limits::VERSIONS_KEPT).filter(|old| *old > 0) {
            changes = changes.delete(VERSIONS, version_key(application.id, old));
        }
    }
    changes
}

/// Forgets an application and all its versions.
pub(crate) fn delete(store: &Store, application: &Application) -> Result<Changes, ServiceError> {
    let key = key(&application.account, &application.region, &application.name);
    let mut changes = Changes::new().delete(APPLICATIONS, key);
    for number in versions(store, application.id, 0, usize::MAX)? {
        changes = changes.delete(VERSIONS, version_key(application.id, number));
    }
    Ok(changes)
}
