//! One port for every service: HTTP/1.1, HTTP/2 and TLS in, AWS's answers out.
//!
//! The gateway knows wire formats, signatures and limits; what an operation does is its [`aws::Face`]'s business.
//!
//! * `server` accepts and drains, `connection` tells TLS, HTTP/2 and HTTP/1.1 apart, `peer` watches over all of them.
//! * `request` is the way of one request: headers → `route` → body → caller (`auth`) → operation → answer.
//! * `rest` is the way of a request whose path says everything and whose body is a stream ([`aws::rest::RestFace`]).
//! * `refusal` holds every error the front door answers by itself.
//!
//! Absent on purpose: no service's name appears here, and nothing is spawned per request beyond what hyper does.

mod admin;
mod answer;
mod auth;
mod body;
mod config;
mod connection;
#[doc(hidden)]
pub mod fuzzing;
mod held;
mod made;
mod metrics;
mod patience;
mod peer;
mod refusal;
mod request;
mod request_id;
mod rest;
mod route;
mod server;
mod sigv4;
mod tls;

pub use auth::{Credential, Credentials};
pub use aws::{Session, SessionRefused, Sessions};
pub use config::{Auth, Config, Hooks, Limits, Reset, Tls};
pub use metrics::MetricsSource;
pub use server::{Server, StartError, serve};
pub use sigv4::Signed;
