//! jq expressions, run where they can do no harm: one that never ends, recurses without end or fills the memory is
//! ended, and its record is a failure as AWS has it.
//!
//! The server has them run by processes of its own program; without them they run in this process.

mod workers;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::future::BoxFuture;
use host::Host;

use crate::partitioning::{NoKeys, Query};
use crate::prefix::Keys;

use workers::Workers;
pub use workers::run_worker;

/// The argument that makes a worker of the program.
pub const WORKER_ARGUMENT: &str = "jq-worker";
/// Compiled expressions that are remembered.
const COMPILED_MAX: usize = 16;

/// What an expression makes of records, in their order; a sentence where it cannot be compiled.
pub(crate) type Extracted = Result<Vec<Result<Keys, NoKeys>>, String>;

/// Whoever runs expressions.
pub(crate) trait Expressions: Send + Sync + 'static {
    /// The keys of records; without records it is only compiled.
    fn keys<'a>(&'a self, expression: &'a str, records: Vec<Bytes>) -> BoxFuture<'a, Extracted>;
}

/// Those who run expressions: processes of a program, or this one.
pub(crate) fn open(host: &Host, worker: Option<PathBuf>) -> Arc<dyn Expressions> {
    match worker {
        Some(program) => Arc::new(Workers::new(host.clone(), program)),
        None => Arc::new(InProcess::default()),
    }
}

/// Runs expressions in this process.
#[derive(Default)]
pub(crate) struct InProcess {
    compiled: Mutex<Vec<(String, Arc<Query>)>>,
}

impl InProcess {
    fn compiled(&self, expression: &str) -> Result<Arc<Query>, String> {
        let mut compiled = self.compiled.lock().expect("no panic while held");
        if let Some((_, query)) = compiled.iter().find(|(known, _)| known == expression) {
            return Ok(Arc::clone(query));
        }
        let query = Arc::new(Query::compile(expression)?);
        compiled.truncate(COMPILED_MAX - 1);
        compiled.insert(0, (expression.to_owned(), Arc::clone(&query)));
        Ok(query)
    }

    fn run(&self, expression: &str, records: &[Bytes]) -> Extracted {
        let query = self.compiled(expression)?;
        Ok(records.iter().map(|record| query.keys(record)).collect())
    }
}

impl Expressions for InProcess {
    fn keys<'a>(&'a self, expression: &'a str, records: Vec<Bytes>) -> BoxFuture<'a, Extracted> {
        Box::pin(async move { self.run(expression, &records) })
    }
}

#[cfg(test)]
mod tests;
