//! The service from outside, on a simulated machine.

mod life;
mod running;
mod versions;
