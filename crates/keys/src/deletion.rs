//! Keys whose time is over are really removed, with all that they wrapped lost for good.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::table::Table;
use crate::{Error, Inner, Keys, Scope, aliases};

/// Keys wait for days, so this is exact enough; nobody can use them meanwhile.
const SWEEP_INTERVAL: Duration = Duration::from_secs(600);

/// Starts the sweeping, which ends with the last handle.
pub(crate) fn start(keys: &Keys) {
    let host = keys.inner.host.clone();
    let inner: Weak<Inner> = Arc::downgrade(&keys.inner);
    keys.inner.host.spawn("keys-deletion", async move {
        loop {
            host.sleep(SWEEP_INTERVAL).await;
            let Some(inner) = inner.upgrade() else { break };
            if let Err(error) = sweep(&Keys { inner }).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "keys could not be deleted, trying again");
            }
        }
    });
}

/// Removes every key whose time is over, with its aliases.
pub(crate) async fn sweep(keys: &Keys) -> Result<(), Error> {
    let now_ms = keys.inner.host.now_ms();
    let mut gone = Vec::new();
    keys.inner.table.for_each(|scope, key| {
        if key.is_gone(now_ms) {
            gone.push((scope.account.to_owned(), scope.region.to_owned(), key));
        }
    })?;
    for (account, region, key) in gone {
        let scope = Scope { account: &account, region: &region };
        let mut names = keys.aliases(scope, None, usize::MAX)?;
        names.retain(|alias| alias.key_id == key.id);
        let changes = aliases::delete_all(Table::replace(scope, &key, None), scope, &names);
        match keys.inner.table.commit(changes).await {
            // Its deletion was cancelled at the last moment.
            Ok(()) | Err(Error::Exists) => {}
            Err(error) => return Err(error),
        }
    }
    keys.inner.opened.forget();
    Ok(())
}
