//! The second version of the API (2018-05-23): the same applications in other words.

pub(crate) mod operations;
mod shapes;
