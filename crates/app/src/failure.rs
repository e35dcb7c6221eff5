//! Why a command failed, in one line for whoever typed it.

use std::error::Error;
use std::fmt;

/// A sentence for the operator.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// A failure that `sentence` explains.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// An error and its causes, in one line.
    pub fn caused_by(error: &(dyn Error + 'static)) -> Self {
        let mut sentence = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            sentence = format!("{sentence}: {error}");
            cause = error.source();
        }
        Self(sentence)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Failure {}
