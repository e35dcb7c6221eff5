//! Background work.

use futures::future::BoxFuture;

/// Something that runs background work.
pub trait Tasks: Send + Sync + 'static {
    /// Runs `task` on the shared runtime. It must not block.
    fn spawn(&self, name: &'static str, task: BoxFuture<'static, ()>);

    /// Runs `task`, which may block on files, apart from the others.
    fn spawn_thread(&self, name: &'static str, task: BoxFuture<'static, ()>);
}

/// The tokio runtime this is called on, and operating-system threads.
#[derive(Debug, Clone, Copy)]
pub struct TokioTasks;

impl Tasks for TokioTasks {
    fn spawn(&self, _name: &'static str, task: BoxFuture<'static, ()>) {
        tokio::spawn(task);
    }

    fn spawn_thread(&self, name: &'static str, task: BoxFuture<'static, ()>) {
        let runtime = tokio::runtime::Handle::current();
        let thread = std::thread::Builder::new().name(name.to_owned());
        let started = thread.spawn(move || runtime.block_on(task));
        started.expect("a thread can be started; without it the server cannot run");
    }
}
