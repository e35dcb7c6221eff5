//! A process that is killed at every step of a delivery: nothing is lost, and nothing is there twice.
