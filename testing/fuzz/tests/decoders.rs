//! Every decoder survives a bounded attack.

use fuzz::{run, targets};

#[test]
fn json_bodies_never_break_the_decoder() {
    run(&targets::JSON);
}

#[test]
fn cbor_bodies_never_break_the_decoder() {
    run(&targets::CBOR);
}

#[test]
fn query_bodies_never_break_the_decoder() {
    run(&targets::QUERY);
}

#[test]
fn authorization_never_breaks_the_verifier() {
    run(&targets::AUTHORIZATION);
}

#[test]
fn forged_iterators_are_refused() {
    run(&targets::ITERATOR);
}

#[test]
fn sequence_numbers_are_read_or_refused() {
    run(&targets::SEQUENCE_NUMBER);
}

#[test]
fn large_puts_are_taken_apart_as_a_careful_reader_would() {
    run(&targets::PUT_RECORDS);
}
