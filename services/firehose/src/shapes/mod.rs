//! Shapes and rules that two or more operations share.

mod enums;

pub(crate) use enums::*;
