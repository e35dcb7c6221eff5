//! The language from end to end: programs that are taken, and programs that are refused with the place and the reason.

use flow::bind::{Environment, program, source_column};
use flow::plan::{Schema, Stream};
use flow::types::DataType;

const TAKEN: &str = include_str!("../language/taken.sql");
const REFUSED: &str = include_str!("../language/refused.sql");

fn environment() -> Environment {
    let column = source_column;
    let mut arrival = column("APPROXIMATE_ARRIVAL_TIME", DataType::Timestamp);
    arrival.hidden = true;
    let columns = vec![
        column("TICKER", DataType::Varchar(4)),
        column("SECTOR", DataType::Varchar(160)),
        column("PRICE", DataType::Double),
        column("QTY", DataType::Integer),
        column("EVENT_TIME", DataType::Timestamp),
        arrival,
    ];
    let company = vec![column("Ticker", DataType::Varchar(4)), column("Company", DataType::Varchar(20))];
    Environment {
        streams: vec![Stream { name: "S".to_owned(), schema: Schema { columns } }],
        tables: vec![Stream { name: "CompanyName".to_owned(), schema: Schema { columns: company } }],
        lone_queries: true,
        ..Environment::default()
    }
}

/// The programs of a file, each with the remark before it. A program ends with a line that ends with a semicolon.
fn programs(text: &str) -> Vec<(&str, String)> {
    let (mut all, mut remark, mut program) = (Vec::new(), "", String::new());
    for line in text.lines() {
        match line.strip_prefix("-- ") {
            Some(text) if program.is_empty() => remark = text,
            _ if program.is_empty() && line.is_empty() => {}
            _ => {
                program.push_str(line);
                program.push('\n');
                if line.ends_with(';') {
                    all.push((remark, std::mem::take(&mut program)));
                }
            }
        }
    }
    assert!(program.is_empty(), "the last program ends: {program}");
    all
}

#[test]
fn every_part_of_the_language_is_taken() {
    let environment = environment();
    let refused =
        programs(TAKEN).into_iter().filter_map(|(_, text)| Some(program(&text, &environment).err()?.drawn(&text)));
    let refused: Vec<String> = refused.collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    let environment = environment();
    for (wanted, text) in programs(REFUSED) {
        let Err(fault) = program(&text, &environment) else { panic!("taken: {text}") };
        let start = fault.span.start;
        assert_eq!(format!("{}:{} {}", start.line, start.column, fault.message), wanted, "{text}");
    }
}
