//! The programs that are simulated: one for each kind of state that an operator can have.

use flow::bind::{self, Environment, source_column};
use flow::graph::{Graph, Tap};
use flow::plan::{Program as Plan, Schema, Stream};
use flow::tables::Tables;
use flow::types::DataType;

/// Memory of a simulated application, in bytes.
const MEMORY_BYTES_MAX: usize = 64 << 20;

/// In-application streams of the input.
pub(super) const STREAM_COUNT: usize = 2;

/// A program over the streams `S_001` and `S_002`, which ends with a query, if there is any.
pub(super) struct Program {
    pub(super) name: &'static str,
    text: &'static str,
}

pub(super) const ALL: &[Program] = &[
    // The input alone, as it is stamped.
    Program { name: "input", text: "" },
    Program {
        name: "tumbling",
        text: r#"SELECT STREAM ticker, COUNT(*), SUM(qty), MIN(price), MAX(price) FROM "S_001" AS s
            GROUP BY ticker, STEP(s.ROWTIME BY INTERVAL '5' SECOND)"#,
    },
    Program {
        name: "sliding",
        text: r#"SELECT STREAM ticker, n, AVG(price) OVER w, COUNT(*) OVER w, MAX(qty) OVER (PARTITION BY ticker ROWS 3 PRECEDING)
            FROM "S_001" WINDOW w AS (PARTITION BY ticker RANGE INTERVAL '4' SECOND PRECEDING)"#,
    },
    Program {
        name: "join",
        text: r#"SELECT STREAM a.ticker, a.n, b.n FROM "S_001" OVER (RANGE INTERVAL '3' SECOND PRECEDING) AS a
            LEFT JOIN "S_002" OVER (RANGE INTERVAL '2' SECOND PRECEDING) AS b ON a.ticker = b.ticker"#,
    },
    Program {
        name: "random cut forest",
        text: r#"SELECT STREAM n, ANOMALY_SCORE FROM TABLE(RANDOM_CUT_FOREST(
            CURSOR(SELECT STREAM n, price, qty FROM "S_001"), 5, 10, 1000, 1))"#,
    },
    Program {
        name: "stagger",
        text: r#"SELECT STREAM ticker, COUNT(*), SUM(qty) FROM "S_001"
            WINDOWED BY STAGGER (PARTITION BY ticker RANGE INTERVAL '3' SECOND)"#,
    },
    Program {
        name: "pumps and errors",
        text: r#"CREATE STREAM merged (ticker VARCHAR(4), part INTEGER);
            CREATE PUMP one AS INSERT INTO merged SELECT STREAM ticker, 100 / qty FROM "S_001";
            CREATE PUMP two AS INSERT INTO merged SELECT STREAM ticker, -qty FROM "S_002";
            SELECT STREAM ticker, COUNT(*), SUM(part) FROM merged AS m
            GROUP BY ticker, FLOOR(m.ROWTIME TO SECOND)"#,
    },
];

impl Program {
    /// The input as it was stamped, what failed, and what the query gives.
    pub(super) fn taps(&self) -> Vec<Tap> {
        let mut taps: Vec<Tap> = environment().streams.into_iter().map(|stream| Tap::Stream(stream.name)).collect();
        taps.push(Tap::Stream("error_stream".to_owned()));
        if !self.text.is_empty() {
            taps.push(Tap::Query(0));
        }
        taps
    }

    pub(super) fn graph(&self) -> Graph {
        let environment = environment();
        let plan: Plan =
            bind::program(self.text, &environment).unwrap_or_else(|fault| panic!("{}", fault.drawn(self.text)));
        Graph::new(&plan, &environment, &Tables::default(), &self.taps(), MEMORY_BYTES_MAX)
            .unwrap_or_else(|fault| panic!("{}", fault.drawn(self.text)))
    }
}

fn environment() -> Environment {
    let columns = vec![
        source_column("SHARD", DataType::Integer),
        source_column("N", DataType::Integer),
        source_column("TICKER", DataType::Varchar(4)),
        source_column("PRICE", DataType::Double),
        source_column("QTY", DataType::Integer),
    ];
    let stream = |number| Stream { name: format!("S_{number:03}"), schema: Schema { columns: columns.clone() } };
    Environment { streams: (1..=STREAM_COUNT).map(stream).collect(), lone_queries: true, ..Environment::default() }
}
