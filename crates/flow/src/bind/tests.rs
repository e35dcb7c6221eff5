//! Programs that are taken, and those that are refused with the reason.

use super::{Environment, program, source_column};
use crate::plan::{Extent, NodeKind, Program, Schema, Stream};
use crate::types::DataType;

fn environment() -> Environment {
    let column = source_column;
    let source = Schema {
        columns: vec![
            column("TICKER", DataType::Varchar(4)),
            column("SECTOR", DataType::Varchar(16)),
            column("PRICE", DataType::Double),
            column("QTY", DataType::Integer),
            column("EVENT_TIME", DataType::Timestamp),
        ],
    };
    let company =
        Schema { columns: vec![column("Ticker", DataType::Varchar(4)), column("Company", DataType::Varchar(20))] };
    Environment {
        streams: vec![Stream { name: "SOURCE_SQL_STREAM_001".to_owned(), schema: source }],
        tables: vec![Stream { name: "CompanyName".to_owned(), schema: company }],
        lone_queries: true,
        ..Environment::default()
    }
}

#[track_caller]
fn taken(text: &str) -> Program {
    match program(text, &environment()) {
        Ok(program) => program,
        Err(fault) => panic!("{}", fault.drawn(text)),
    }
}

#[track_caller]
fn refused(text: &str, why: &str) {
    let fault = program(text, &environment()).expect_err("refused");
    assert!(fault.message.contains(why), "{}", fault.drawn(text));
}

const S: &str = "\"SOURCE_SQL_STREAM_001\"";

#[test]
fn a_tumbling_window_from_the_guide() {
    let program = taken(
        r#"CREATE OR REPLACE STREAM "DESTINATION_SQL_STREAM" (ticker VARCHAR(4), min_price DOUBLE, max_price DOUBLE);
        CREATE OR REPLACE PUMP "STREAM_PUMP" AS INSERT INTO "DESTINATION_SQL_STREAM"
        SELECT STREAM ticker, MIN(price) AS lowest, MAX(price) FROM "SOURCE_SQL_STREAM_001"
        GROUP BY ticker, STEP("SOURCE_SQL_STREAM_001".ROWTIME BY INTERVAL '60' SECOND);"#,
    );
    let NodeKind::Project { input, .. } = &program.pumps[0].input.kind else { panic!("a cast into the stream") };
    let NodeKind::Project { input, .. } = &input.kind else { panic!("a select list") };
    let NodeKind::Tumble(tumble) = &input.kind else { panic!("a window") };
    assert_eq!((tumble.keys.len(), &tumble.monotonic[..], tumble.aggregates.len()), (2, &[1][..], 2));
}

#[test]
fn stagger_sliding_and_named_windows() {
    taken(&format!(
        "SELECT STREAM FLOOR(EVENT_TIME TO MINUTE), ticker, COUNT(*) FROM {S}
         WINDOWED BY STAGGER (PARTITION BY FLOOR(EVENT_TIME TO MINUTE), ticker RANGE INTERVAL '1' MINUTE)"
    ));
    let program = taken(&format!(
        "SELECT STREAM ticker, AVG(price) OVER w, SUM(qty) OVER w, MAX(price) OVER (PARTITION BY ticker ROWS 9 PRECEDING) FROM {S}
         WINDOW w AS (PARTITION BY ticker RANGE INTERVAL '10' SECOND PRECEDING)"
    ));
    let NodeKind::Project { input, .. } = &program.queries[0].kind else { panic!("a select list") };
    let NodeKind::Slide(slide) = &input.kind else { panic!("windows") };
    assert_eq!((slide.windows.len(), slide.calls.len()), (2, 3));
    assert_eq!(slide.windows[0].extent, Extent::RangeMs(10_000));
}

#[test]
fn joins_find_their_keys() {
    let program = taken(&format!(
        r#"SELECT STREAM s.ticker, c."Company", s.ROWTIME FROM {S} AS s LEFT JOIN "CompanyName" AS c ON s.ticker = c."Ticker" AND s.price > 1"#
    ));
    let NodeKind::Project { input, .. } = &program.queries[0].kind else { panic!("a select list") };
    let NodeKind::Join(join) = &input.kind else { panic!("a join") };
    assert_eq!((join.equal.len(), join.condition.is_some(), join.left_outer), (1, true, true));
    refused(&format!("SELECT STREAM a.price FROM {S} AS a JOIN {S} AS b ON a.ticker = b.ticker"), "needs a window");
}

#[test]
fn functions_of_a_program_are_put_in_place() {
    taken(&format!(
        "CREATE FUNCTION twice (x INTEGER) RETURNS INTEGER LANGUAGE SQL CONTAINS SQL RETURN x * 2;
         SELECT STREAM twice(qty) FROM {S}"
    ));
    refused(
        &format!(
            "CREATE FUNCTION twice (x INTEGER) RETURNS INTEGER RETURN x * 2; SELECT STREAM twice(ticker) FROM {S}"
        ),
        "No match found for function signature TWICE(VARCHAR(4))",
    );
}

#[test]
fn log_parsers_return_rows() {
    let program = taken(&format!(
        "SELECT STREAM l.r.COLUMN1, l.r.COLUMN7 FROM (SELECT STREAM W3C_LOG_PARSE(sector, 'COMMON') FROM {S}) AS l(r)"
    ));
    assert_eq!(program.queries[0].schema.columns[1].data_type, DataType::BigInt);
}

#[test]
fn table_functions() {
    taken(&format!(
        "SELECT STREAM ticker, ANOMALY_SCORE FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM * FROM {S}), 100, 256, 100000, 1))"
    ));
    taken(&format!(
        "SELECT STREAM * FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM {S}), 'TICKER', 5, 60))"
    ));
    refused(
        &format!("SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM * FROM {S}), 0))"),
        "numberOfTrees must be a whole number between 1 and 1000",
    );
}

#[test]
fn orders_and_distinct_need_a_monotonic_key() {
    taken(&format!("SELECT STREAM ticker FROM {S} AS s ORDER BY FLOOR(s.ROWTIME TO MINUTE), price DESC"));
    taken(&format!("SELECT STREAM DISTINCT FLOOR(s.ROWTIME TO MINUTE) AS m, ticker FROM {S} AS s"));
    taken(&format!(
        "SELECT STREAM event_time AS ROWTIME, ticker FROM {S} ORDER BY event_time WITHIN INTERVAL '10' SECOND"
    ));
    refused(&format!("SELECT STREAM ticker FROM {S} ORDER BY price"), "must be monotonic");
    refused(&format!("SELECT STREAM DISTINCT ticker FROM {S}"), "needs a monotonic column");
}

#[test]
fn what_streams_cannot_do_is_refused() {
    refused(&format!("SELECT STREAM ticker, COUNT(*) FROM {S} GROUP BY ticker"), "needs a monotonic expression");
    refused(
        &format!("SELECT STREAM COUNT(DISTINCT ticker) FROM {S} AS s GROUP BY FLOOR(s.ROWTIME TO MINUTE)"),
        "DISTINCT",
    );
    refused(
        &format!("SELECT STREAM price, COUNT(*) FROM {S} AS s GROUP BY FLOOR(s.ROWTIME TO MINUTE)"),
        "is not being grouped",
    );
    refused(&format!("SELECT STREAM COUNT(*) FROM {S}"), "needs GROUP BY");
    refused(&format!("SELECT ticker FROM {S}"), "SELECT STREAM");
    refused("SELECT STREAM ticker FROM source", "not found");
    refused("SELECT STREAM ticker FROM \"source_SQL_STREAM_001\"", "did you mean \"SOURCE_SQL_STREAM_001\"?");
    refused(&format!("SELECT STREAM nothing FROM {S}"), "Column 'NOTHING' not found");
    refused(&format!("SELECT STREAM price || 'x' FROM {S}"), "A text is expected");
    refused(
        &format!(
            "SELECT STREAM AVG(price) OVER (RANGE BETWEEN CURRENT ROW AND INTERVAL '1' MINUTE FOLLOWING) FROM {S}"
        ),
        "must end at",
    );
    refused("SELECT STREAM * FROM error_stream", "cannot be read");
}

#[test]
fn inserts_are_checked_against_their_stream() {
    let create = "CREATE STREAM o (a VARCHAR(4), b INTEGER);";
    taken(&format!("{create} CREATE PUMP p AS INSERT INTO o (b) SELECT STREAM price FROM {S}"));
    refused(
        &format!("{create} CREATE PUMP p AS INSERT INTO o SELECT STREAM price, qty FROM {S}"),
        "Column 'A' is VARCHAR(4)",
    );
    refused(
        &format!("{create} CREATE PUMP p AS INSERT INTO o (c) SELECT STREAM qty FROM {S}"),
        "Unknown target column 'C'",
    );
    refused(&format!("{create} CREATE PUMP p AS INSERT INTO {S} SELECT STREAM * FROM {S}"), "cannot be inserted into");
    refused(&format!("{create} CREATE STREAM o (a INTEGER)"), "already exists");
}
