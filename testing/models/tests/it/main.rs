//! Every operation of every service, held against AWS's model of it.

mod gaps;
mod shapes;
