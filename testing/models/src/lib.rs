//! Our operations held against AWS's own models.
//!
//! [`botocore`] reads the models from the pinned Python package, [`source`] reads our operations from their source.
//! The test of this crate compares the two; `cargo xtask coverage`, `new-operation` and `tidy` use the same reading.

pub mod botocore;
pub mod source;
