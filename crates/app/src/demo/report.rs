//! The table at the end.

use std::time::Duration;

use super::answers::{Checked, Verdict};
use super::audit::{Ledger, Received, percentile};
use super::screen::{Screen, count, ms};
use super::story::Shared;

/// Widths of the table's columns, in characters.
const NAME: usize = 40;
const CELL: usize = 18;

/// Whether both consumers got everything, once and in order, and every answer is right.
pub(super) fn is_clean(shared: &Shared) -> bool {
    has_all(shared) && shared.verdict().is_clean()
}

fn has_all(shared: &Shared) -> bool {
    let ledger = shared.ledger.borrow();
    ledger.acknowledged_count == ledger.records()
        && shared.polled.borrow().is_clean(&ledger)
        && shared.pushed.borrow().is_clean(&ledger)
        && shared.lake.borrow().distinct == ledger.records()
}

/// Prints the table and the verdict.
pub(super) fn print(screen: &Screen, shared: &Shared) {
    let (ledger, polled, pushed) = (shared.ledger.borrow(), shared.polled.borrow(), shared.pushed.borrow());
    let seconds = shared.produced_after.get().as_secs_f64().max(0.001);
    println!("\n  {}", screen.bold("Producer"));
    row("records", &[count(ledger.records())]);
    row("acknowledged", &[count(ledger.acknowledged_count)]);
    row("refused at a shard's limit, sent again", &[count(ledger.throttled)]);
    row("in doubt after the kill, sent again", &[count(ledger.in_doubt)]);
    row("records per second", &[count((ledger.acknowledged_count as f64 / seconds) as usize)]);
    let puts = sorted(&ledger.put_latencies);
    row("PutRecords p50 / p99", &[spread(&puts)]);

    println!("\n  {}{:>CELL$}{:>CELL$}", screen.bold(&format!("{:<NAME$}", "Consumers")), "polling", "fan-out");
    let both = |of: fn(&Received, &Ledger) -> usize| [count(of(&polled, &ledger)), count(of(&pushed, &ledger))];
    row("received", &both(|book, _| book.distinct));
    let verdict = |name: &str, of: fn(&Received, &Ledger) -> usize| {
        let cells = [&polled, &pushed].map(|book| {
            let number = of(book, &ledger);
            screen.judged(&format!("{:>CELL$}", count(number)), number == 0)
        });
        println!("  {name:<NAME$}{}{}", cells[0], cells[1]);
    };
    verdict("lost", |book, ledger| book.lost(ledger));
    verdict("out of order within a key", |book, _| book.out_of_order);
    verdict("delivered twice", |book, _| book.redelivered);
    row("duplicates of records sent again", &both(|book, _| book.duplicated()));
    row("put to received, p50 / p99", &[spread(&sorted(&polled.latencies)), spread(&sorted(&pushed.latencies))]);

    print_lake(screen, shared);
    drop((ledger, polled, pushed));
    let verdict = shared.verdict();
    print_answers(screen, &verdict);
    let is_clean = is_clean(shared);
    let text = match (is_clean, verdict.is_clean()) {
        (true, _) => "✔ Nothing was lost, no order broken and every answer right, through a split and a kill.",
        (false, true) => "✘ Records are missing or out of order: see the table.",
        (false, false) => "✘ Answers are wrong: see the table.",
    };
    println!("\n  {}", screen.judged(text, is_clean));
}

/// What Firehose has made of the stream: objects, read back record by record.
fn print_lake(screen: &Screen, shared: &Shared) {
    let (ledger, polled, lake) = (shared.ledger.borrow(), shared.polled.borrow(), shared.lake.borrow());
    println!("\n  {}", screen.bold("Firehose into S3"));
    row("objects", &[count(lake.objects)]);
    row("compressed bytes", &[count(lake.stored_bytes)]);
    row("records in them", &[count(lake.distinct)]);
    let lost = ledger.records() - lake.distinct;
    println!("  {:<NAME$}{}", "lost", screen.judged(&format!("{:>CELL$}", count(lost)), lost == 0));
    let in_stream = polled.duplicated();
    row("duplicates of records sent again", &[count(in_stream)]);
    row("repeated by the delivery", &[count(lake.copies_beyond_first().saturating_sub(in_stream))]);
}

/// What the application answered, against plain Rust on the same records: each city's windows, each average, each score.
fn print_answers(screen: &Screen, verdict: &Verdict) {
    let name = screen.bold(&format!("{:<NAME$}", "SQL on the stream, against plain Rust"));
    println!("\n  {name}{:>CELL$}{:>CELL$}{:>CELL$}", "rows out", "checked", "wrong");
    let line = |name: &str, output: Checked| {
        let wrong = screen.judged(&format!("{:>CELL$}", count(output.wrong)), output.wrong == 0);
        println!("  {name:<NAME$}{:>CELL$}{:>CELL$}{wrong}", count(output.rows), count(output.checked));
    };
    line("flights of each city in 2 seconds", verdict.cities);
    line("average delay of 20 flights, if late", verdict.late);
    line("anomaly scores of flights from O'Hare", verdict.scores);
}

fn row(name: &str, cells: &[String]) {
    let cells: String = cells.iter().map(|cell| format!("{cell:>CELL$}")).collect();
    println!("  {name:<NAME$}{cells}");
}

fn sorted(values: &[Duration]) -> Vec<Duration> {
    let mut values = values.to_vec();
    values.sort_unstable();
    values
}

fn spread(sorted: &[Duration]) -> String {
    format!("{} / {}", ms(percentile(sorted, 50.0)), ms(percentile(sorted, 99.0)))
}
