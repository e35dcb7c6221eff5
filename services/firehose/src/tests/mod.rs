//! The service from the outside, in virtual time.

mod encryption;
mod life;
mod puts;
mod settings;
