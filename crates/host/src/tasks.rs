//! Background work.

use futures::future::BoxFuture;

/// Something that runs background work.
pub trait Tasks: Send + Sync + 'static {
    /// Runs `task` on the shared runtime. It must not block.
    fn spawn(&self, name: &'static str, task: BoxFuture<'static, ()>);

    /// Runs `task`, which may block on files, apart from the others.
    fn spawn_thread(&self, name: &'static str, task: BoxFuture<'static, ()>);

    /// Runs a short piece of `work` that blocks on files, apart from the others.
    fn spawn_blocking(&self, name: &'static str, work: Box<dyn FnOnce() + Send>) {
        self.spawn(name, Box::pin(async move { work() }));
    }
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

    fn spawn_blocking(&self, _name: &'static str, work: Box<dyn FnOnce() + Send>) {
        tokio::task::spawn_blocking(work);
    }
}
