//! A time limit that sets no timer for what is there already.

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// The limit is over.
#[derive(Debug)]
pub(crate) struct Elapsed;

/// What `work` gives, unless it takes longer than `limit`. The body of a small request lies behind its head, and is
/// there when the connection is polled once more: only what is not there then is worth a timer.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Result<T, Elapsed> {
    let mut work = pin!(work);
    let mut has_waited = false;
    let soon = std::future::poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if has_waited => Poll::Ready(None),
        Poll::Pending => {
            has_waited = true;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    });
    match soon.await {
        Some(done) => Ok(done),
        None => tokio::time::timeout(limit, work).await.map_err(|_| Elapsed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_never_ends_is_given_up() {
        assert!(within(Duration::from_millis(5), std::future::pending::<()>()).await.is_err());
        let late = async {
            for _ in 0..5 {
                tokio::task::yield_now().await;
            }
        };
        assert!(within(Duration::from_secs(60), late).await.is_ok());
        assert_eq!(within(Duration::ZERO, async { 7 }).await.ok(), Some(7));
    }
}
