//! The stream engine against expected rows, and against a naive interpreter of its language.

mod case;
mod engine;
mod golden;
mod language;
mod random;
mod records;
mod reference;
