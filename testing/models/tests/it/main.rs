//! Every operation of every service, held against AWS's model of it.

mod gaps;
mod probes;
mod shapes;
