//! The stream engine against expected rows, and against a naive interpreter of its language.

mod case;
mod golden;
mod reference;
