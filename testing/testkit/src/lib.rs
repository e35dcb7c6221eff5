//! What tests are made of: a server in the test's process, a client that sends anything, the player of scenario files.
//!
//! The client shares no code with the server: its encodings are written from the protocols' documents, so a mistake
//! of ours does not cancel itself out.

mod client;
mod events;
mod protocol;
pub mod scenario;
mod server;

pub use client::{Answer, Body, Client};
pub use server::Server;
