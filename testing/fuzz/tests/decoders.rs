//! Every decoder survives a bounded attack.

use fuzz::{run, stream_sql, targets};

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

#[test]
fn stream_programs_are_refused_or_run() {
    run(&stream_sql::PROGRAMS);
}

#[test]
fn soups_of_words_are_refused_or_run() {
    run(&stream_sql::WORDS);
}

#[test]
fn json_records_become_rows_or_errors() {
    run(&stream_sql::JSON_RECORDS);
}

#[test]
fn csv_records_become_rows_or_errors() {
    run(&stream_sql::CSV_RECORDS);
}

#[test]
fn damaged_states_are_told() {
    run(&stream_sql::STATES);
}
