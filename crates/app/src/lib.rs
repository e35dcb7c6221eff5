//! The binary's inside, as a library: flags → settings → wiring → shutdown.
//!
//! It knows every crate and decides nothing. [`start`] runs a whole server in this process, for `millstream serve` as
//! well as for tests.

pub mod cli;
mod client;
mod config;
mod credentials;
mod demo;
mod failure;
mod links;
mod s3_config;
mod serve;
mod settings;
mod sql;
mod wiring;

pub use config::{Access, Config, Enforcement, OuterJoins, Transitions};
pub use failure::Failure;
pub use s3_config::{MappedBucket, S3Config};
pub use wiring::{Running, start};
