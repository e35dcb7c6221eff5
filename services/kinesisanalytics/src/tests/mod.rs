//! The service from outside, on a simulated machine.

mod hindered;
mod life;
mod running;
mod versions;
