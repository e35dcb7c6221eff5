//! How many rows a second expressions take, printed.

use std::sync::Arc;
use std::time::Instant;

use arrow_array::{ArrayRef, Float64Array, Int64Array, StringViewArray};
use flow::Rows;
use flow::bind::{Environment, program, source_column};
use flow::evaluate::Evaluator;
use flow::plan::{NodeKind, Schema, Stream};
use flow::tables::Tables;
use flow::types::DataType;

#[expect(clippy::disallowed_methods, reason = "it measures this machine")]
fn main() {
    let schema = Schema {
        columns: vec![
            source_column("TICKER", DataType::Varchar(20)),
            source_column("PRICE", DataType::Double),
            source_column("QTY", DataType::BigInt),
            source_column("NAME", DataType::Varchar(64)),
        ],
    };
    let environment = Environment {
        streams: vec![Stream { name: "S".to_owned(), schema }],
        lone_queries: true,
        ..Environment::default()
    };
    const COUNT: usize = 8_192;
    let tickers: ArrayRef = Arc::new(
        (0..COUNT).map(|row| Some(["ABCD", "WXYZ", "A_LONG_TICKER_NAME"][row % 3])).collect::<StringViewArray>(),
    );
    let prices: ArrayRef = Arc::new((0..COUNT).map(|row| Some((row % 100) as f64)).collect::<Float64Array>());
    let quantities: ArrayRef =
        Arc::new((0..COUNT).map(|row| (row % 11 != 0).then_some((row % 50) as i64)).collect::<Int64Array>());
    let names: ArrayRef = Arc::new(
        (0..COUNT).map(|row| Some(format!("  a name of some length, number {row}"))).collect::<StringViewArray>(),
    );
    let times = (0..COUNT as i64).map(|row| 1_795_230_245_678 + row).collect();
    let rows = Rows::new(times, vec![tickers, prices, quantities, names]);
    for text in [
        "price > 10 AND ticker = 'ABCD'",
        "qty * 2 + 1",
        "1000 / (qty + 1)",
        "STEP(s.ROWTIME BY INTERVAL '60' SECOND)",
        "FLOOR(s.ROWTIME TO MONTH)",
        "CASE WHEN price > 50 THEN qty ELSE 0 END",
        "CASE WHEN price > 50 THEN qty / 2 ELSE 0 END",
        "CAST(price AS INTEGER)",
        "CAST(qty AS VARCHAR(20))",
        "ticker LIKE 'A%'",
        "ticker LIKE '%TICK%'",
        "ticker LIKE 'A%E'",
        "UPPER(ticker)",
        "LOWER(ticker)",
        "SUBSTRING(ticker FROM 1 FOR 2)",
        "SUBSTRING(ticker FROM 3)",
        "SUBSTRING(name FROM 3 FOR 40)",
        "TRIM(ticker)",
        "TRIM(name)",
        "POSITION('T' IN ticker)",
        "CHAR_LENGTH(name)",
        "ABS(price)",
        "ABS(qty)",
        "FLOOR(price)",
        "EXP(price)",
        "LN(price + 1)",
        "POWER(price, 2)",
        "price = 7",
        "price IS DISTINCT FROM price",
        "qty IS NULL",
        "EXTRACT(HOUR FROM s.ROWTIME)",
        "price > 10 AND qty / 2 > 3",
        "ticker IN ('ABCD', 'X', 'Y')",
    ] {
        let program = program(&format!("SELECT STREAM {text} AS x FROM s"), &environment).expect("a program");
        let NodeKind::Project { values, .. } = &program.queries[0].kind else { panic!("a select list") };
        let evaluator = Evaluator::new(&values[0], &Tables::default()).expect("it can be carried out");
        let (started, mut batches) = (Instant::now(), 0_u64);
        while started.elapsed().as_millis() < 200 {
            let evaluated = evaluator.evaluate(&rows, 0);
            assert!(evaluated.errors.is_empty(), "{:?}", evaluated.errors[0]);
            batches += 1;
        }
        let rate = batches as f64 * COUNT as f64 / started.elapsed().as_secs_f64() / 1e6;
        println!("{rate:8.1} M rows/s  {text}");
    }
}
