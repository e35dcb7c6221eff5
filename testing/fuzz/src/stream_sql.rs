//! The stream engine under arbitrary programs and records: it refuses or runs, and never breaks.

use std::sync::OnceLock;

use bytes::Bytes;
use flow::bind::{self, Environment};
use flow::formats::{self, Decoder, Format, Hidden, MappedColumn, Mapping, Record};
use flow::graph::{Entry, Exhausted, Graph, Tap};
use flow::plan::Stream;
use flow::tables::Tables;
use flow::types::DataType;
use flow::{RowError, Rows};

use crate::Target;

/// Programs as text.
pub const PROGRAMS: Target = Target { name: "stream programs", run: program, seeds: programs, rounds: 40_000 };
/// Programs as soups of the language's own words.
pub const WORDS: Target = Target { name: "stream words", run: words, seeds: word_seeds, rounds: 20_000 };
/// JSON records.
pub const JSON_RECORDS: Target = Target { name: "JSON records", run: json_records, seeds: json_seeds, rounds: 20_000 };
/// CSV records.
pub const CSV_RECORDS: Target = Target { name: "CSV records", run: csv_records, seeds: csv_seeds, rounds: 30_000 };

/// Checkpoints of graphs.
pub const STATES: Target = Target { name: "stream states", run: state, seeds: states, rounds: 1_500 };

/// Memory for a fuzzed program; enough for a few rows.
const MEMORY_BYTES_MAX: usize = 64 << 20;
/// 2020-01-01 10:00:00.
const START_MS: i64 = 1_577_872_800_000;

/// Programs that hold much of the language, over the streams `S` and `R` and the table `T`.
const SEEDS: &[&str] = &[
    "CREATE OR REPLACE STREAM O (K VARCHAR(4), N BIGINT, M DOUBLE NOT NULL); CREATE OR REPLACE PUMP P AS INSERT INTO O (K, N, M) \
     SELECT STREAM K, COUNT(*), AVG(D) FROM S GROUP BY K, STEP(S.ROWTIME BY INTERVAL '10' SECOND) HAVING SUM(I) > 1;",
    "SELECT STREAM K, AVG(D) OVER W AS A, LAG(I, 2, 0) IGNORE NULLS OVER (ROWS 3 PRECEDING) AS B, EXP_AVG(D, INTERVAL '1' MINUTE) OVER W \
     FROM S WHERE I BETWEEN 1 AND 9 OR K LIKE 'a%' ESCAPE '!' WINDOW W AS (PARTITION BY K RANGE INTERVAL '1' MINUTE PRECEDING);",
    "SELECT STREAM S.K, R.J, S.ROWTIME FROM S OVER (RANGE INTERVAL '1' MINUTE PRECEDING) LEFT JOIN R OVER (ROWS 2 PRECEDING) ON S.K = R.K AND I < J;",
    "SELECT STREAM X.K, T.N FROM S AS X JOIN T ON X.K = T.K WHERE X.I IN (SELECT N FROM T WHERE N IS NOT NULL);",
    "SELECT STREAM K, (SELECT MAX(N) FROM T WHERE T.K = S.K AND N < I) AS M FROM S WHERE EXISTS (SELECT * FROM T WHERE T.K = S.K OR N / I > 1) \
     OR I > ALL (SELECT N FROM T) OR K = SOME (VALUES ('a'), (S.K)) OR I NOT IN (SELECT U.N FROM T AS U LEFT JOIN T ON U.K = T.K WHERE U.K = S.K GROUP BY U.N HAVING COUNT(*) > I);",
    "SELECT STREAM FLOOR(TS TO MINUTE), COUNT(*) FROM S WINDOWED BY STAGGER (PARTITION BY FLOOR(TS TO MINUTE) RANGE INTERVAL '1' MINUTE);",
    "SELECT STREAM TS AS ROWTIME, K FROM S ORDER BY TS WITHIN INTERVAL '10' SECOND; \
     SELECT STREAM DISTINCT FLOOR(S.ROWTIME TO SECOND) AS M, K FROM S ORDER BY M, K DESC NULLS LAST;",
    "CREATE VIEW V AS SELECT STREAM K, I FROM S UNION ALL SELECT STREAM K, J FROM R; \
     CREATE FUNCTION F (X INTEGER) RETURNS INTEGER LANGUAGE SQL CONTAINS SQL RETURN CASE WHEN X > 1 THEN X / (X - 2) ELSE NULLIF(X, 0) END; \
     SELECT STREAM F(CAST(I AS INTEGER)), CAST(I AS VARCHAR(30)) || V.K, u&'\\0041', X'00ff', DATE '2020-02-29', (V.ROWTIME - TIMESTAMP '2020-01-01 00:00:00') SECOND FROM V, T;",
    "SELECT STREAM L.R.COLUMN1, L.R.COLUMN2 FROM (SELECT STREAM REGEX_LOG_PARSE(K, '(\\w+) (.*)'), VARIABLE_COLUMN_LOG_PARSE(K, 'A TYPE INTEGER, B TYPE DATE yyyy-MM-dd', ',', '\\', '\"') FROM S) AS L(R, Q);",
    "SELECT STREAM * FROM TABLE(RANDOM_CUT_FOREST_WITH_EXPLANATION(CURSOR(SELECT STREAM I, D FROM S), 2, 10, 20, 1, TRUE)); \
     SELECT STREAM * FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM S), 'K', 2, 10)); \
     SELECT STREAM * FROM TABLE(GROUP_RANK(CURSOR(SELECT STREAM * FROM S), 'I', 'RANKED', 'desc', 'asc', 5, 2)); \
     SELECT STREAM * FROM TABLE(HOTSPOTS(CURSOR(SELECT STREAM I, D FROM S), 100, 0.5, 2));",
    "SELECT STREAM SUBSTRING(K FROM 2 FOR 3), OVERLAY(K PLACING 'x' FROM 1), POSITION('a' IN K), TRIM(BOTH ' ' FROM K), REGEX_REPLACE(K, '(a)', '$1', 1, 0), \
     TIMESTAMP_TO_CHAR('yyyy-MM-dd HH:mm:ss', TS), CHAR_TO_TIMESTAMP('dd/MMM/yyyy', K), EXTRACT(SECOND FROM TS), (TS, S.ROWTIME) STRICTLY OVERLAPS TS, TSDIFF(TS, S.ROWTIME), MOD(I, 3), POWER(D, 2), \
     (TS, TS) OVERLAPS (TS, CURRENT_TIMESTAMP), I IS DISTINCT FROM 1, K SIMILAR TO '(a|b)+' FROM S;",
];

/// What every program may read: two streams and a table, with columns of many types.
fn mapping(columns: &[(&str, DataType)], format: Format, hidden: Vec<Hidden>) -> Mapping {
    let column = |(name, data_type): &(&str, DataType)| MappedColumn {
        name: (*name).to_owned(),
        data_type: *data_type,
        path: Some(format!("$.{name}")),
    };
    Mapping { format, columns: columns.iter().map(column).collect(), hidden }
}

fn json() -> Format {
    Format::Json { row_path: "$".to_owned() }
}

const S_COLUMNS: &[(&str, DataType)] = &[
    ("K", DataType::Varchar(8)),
    ("I", DataType::Integer),
    ("D", DataType::Double),
    ("TS", DataType::Timestamp),
    ("M", DataType::Decimal { precision: 9, scale: 2 }),
    ("B", DataType::Boolean),
];
const R_COLUMNS: &[(&str, DataType)] = &[("K", DataType::Varchar(8)), ("J", DataType::BigInt)];
const T_COLUMNS: &[(&str, DataType)] = &[("K", DataType::Varchar(8)), ("N", DataType::Integer)];

/// Rows that programs meet: edges of every type, NULLs, equal keys.
const S_RECORDS: &[&str] = &[
    r#"{"K":"a b","I":2147483647,"D":1.5,"TS":"2020-01-01 10:00:03","M":9999999.99,"B":true}"#,
    r#"{"K":"","I":-2147483648,"D":-0.0,"TS":"1969-12-31 23:59:59.999","M":-0.01,"B":false}"#,
    r#"{"K":null,"I":null,"D":null,"TS":null,"M":null,"B":null}"#,
    r#"{"K":"É𝄞a,1","I":0,"D":1e308,"TS":"9999-12-31 23:59:59","M":0,"B":true}"#,
    r#"{"K":"a","I":2,"D":0,"TS":"2020-01-01 10:00:00","M":1,"B":null}"#,
];
const R_RECORDS: &[&str] = &[r#"{"K":"a","J":9223372036854775807}"#, r#"{"K":null,"J":-9223372036854775808}"#];
const T_RECORDS: &[&str] = &[r#"{"K":"a","N":1}"#, r#"{"K":"a","N":null}"#, r#"{"K":null,"N":2}"#];

struct World {
    environment: Environment,
    tables: Tables,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let stream = |name: &str, columns| Stream {
            name: name.to_owned(),
            schema: formats::schema(&mapping(columns, json(), Vec::new())),
        };
        let environment = Environment {
            streams: vec![stream("S", S_COLUMNS), stream("R", R_COLUMNS)],
            tables: vec![stream("T", T_COLUMNS)],
            lone_queries: true,
            ..Environment::default()
        };
        let tables = Tables::new([("T".to_owned(), decoded(T_COLUMNS, T_RECORDS, 0))]);
        World { environment, tables }
    })
}

fn stream_rows(stream: usize, time: i64) -> Rows {
    if stream == 0 { decoded(S_COLUMNS, S_RECORDS, time) } else { decoded(R_COLUMNS, R_RECORDS, time) }
}

fn decoded(columns: &[(&str, DataType)], records: &[&'static str], time: i64) -> Rows {
    let records: Vec<Record> =
        records.iter().map(|text| Record { data: Bytes::from_static(text.as_bytes()), ..Record::default() }).collect();
    let mut decoder = Decoder::new(&mapping(columns, json(), Vec::new())).expect("the mapping is good");
    let decoded = decoder.decode(&records, &vec![true; columns.len()]);
    assert!(decoded.errors.is_empty(), "{:?}", decoded.errors);
    Rows::new(vec![time; decoded.records.len()].into(), decoded.columns)
}

fn program(input: &[u8]) {
    run_program(&String::from_utf8_lossy(input));
}

/// Refuses a text with its place in it, or runs it.
fn run_program(text: &str) {
    let world = world();
    let program = match bind::program(text, &world.environment) {
        Ok(program) => program,
        Err(fault) => {
            assert!(!fault.message.is_empty());
            assert!(!fault.drawn(text).is_empty());
            return;
        }
    };
    let mut taps: Vec<Tap> = (0..program.queries.len()).map(Tap::Query).collect();
    taps.push(Tap::Stream("error_stream".to_owned()));
    let Ok(mut graph) = Graph::new(&program, &world.environment, &world.tables, &taps, MEMORY_BYTES_MAX) else {
        return;
    };
    // A program may ask for more memory than there is; that ends it.
    let Ok(()) = feed(&mut graph, &[0, 1, 999, 10_000, 61_000, 3_600_000]) else { return };
    let saved = graph.save().finish();
    let again = Graph::new(&program, &world.environment, &world.tables, &taps, MEMORY_BYTES_MAX);
    again.expect("it was made before").load(&saved).expect("what was saved can be loaded");
}

/// Lets rows in after so many milliseconds each, and looks at what comes out.
fn feed(graph: &mut Graph, steps: &[i64]) -> Result<(), Exhausted> {
    let mut time = START_MS;
    for step in steps {
        time += step;
        let rows = (0..2).map(|stream| (stream, stream_rows(stream, time))).collect();
        let entry = Entry { time, rows, rejected: vec![(b"x".to_vec(), RowError::new(flow::ErrorName::Format, "x"))] };
        let out = graph.advance(entry)?;
        for (tap, batches) in out.taps.iter().enumerate() {
            let width = graph.schema(tap).columns.len();
            assert!(batches.iter().all(|rows| rows.columns().len() == width && rows.times().is_sorted()));
        }
        time += 1;
    }
    Ok(())
}

/// A fresh graph of one of the seeds, with all of its queries and streams.
fn seeded(number: usize) -> Graph {
    let world = world();
    let program = bind::program(SEEDS[number % SEEDS.len()], &world.environment).expect("a seed is good");
    let mut taps: Vec<Tap> = (0..program.queries.len()).map(Tap::Query).collect();
    taps.extend(program.streams.iter().map(|stream| Tap::Stream(stream.name.clone())));
    Graph::new(&program, &world.environment, &world.tables, &taps, MEMORY_BYTES_MAX).expect("a seed runs")
}

/// A byte is the number of the seed, the rest its checkpoint.
fn state(input: &[u8]) {
    let Some((number, saved)) = input.split_first() else { return };
    // Damaged or not: no more is asked of it than to say so.
    let _ = seeded(usize::from(*number)).load(saved);
}

fn states() -> Vec<Vec<u8>> {
    let saved = |number: usize| {
        let mut graph = seeded(number);
        feed(&mut graph, &[0, 500, 2_000]).expect("seeds need little memory");
        let number = u8::try_from(number).expect("few seeds");
        [vec![number], graph.save().finish()].concat()
    };
    (0..SEEDS.len()).map(saved).collect()
}

fn programs() -> Vec<Vec<u8>> {
    SEEDS.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// The words of all seeds, each once; texts and names as they are there.
fn vocabulary() -> &'static [String] {
    static WORDS: OnceLock<Vec<String>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let mut words: Vec<String> = SEEDS.iter().flat_map(|seed| split(seed)).collect();
        words.sort();
        words.dedup();
        assert!(words.len() <= 256, "a byte is the number of a word");
        words
    })
}

/// A program's words: runs of letters and digits, quoted texts, single signs.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            letter if letter.is_alphanumeric() => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            other => other.len_utf8(),
        };
        words.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    words
}

/// A byte is the number of a word.
fn words(input: &[u8]) {
    let vocabulary = vocabulary();
    let word = |number: &u8| vocabulary[usize::from(*number) % vocabulary.len()].as_str();
    let text: Vec<&str> = input.iter().take(2_000).map(word).collect();
    run_program(&text.join(" "));
}

fn word_seeds() -> Vec<Vec<u8>> {
    let vocabulary = vocabulary();
    let number = |word: String| {
        let place = vocabulary.binary_search(&word).expect("all words are there");
        u8::try_from(place).expect("few words")
    };
    SEEDS.iter().map(|seed| split(seed).into_iter().map(number).collect()).collect()
}

/// Every type that a column can have.
const ALL_TYPES: &[(&str, DataType)] = &[
    ("a", DataType::Boolean),
    ("b", DataType::TinyInt),
    ("c", DataType::SmallInt),
    ("d", DataType::Integer),
    ("e", DataType::BigInt),
    ("f", DataType::Decimal { precision: 19, scale: 4 }),
    ("g", DataType::Real),
    ("h", DataType::Double),
    ("i", DataType::Char(4)),
    ("j", DataType::Varchar(4)),
    ("k", DataType::Binary(2)),
    ("l", DataType::Varbinary(2)),
    ("m", DataType::Date),
    ("n", DataType::Time),
    ("o", DataType::Timestamp),
];

/// Decodes a record, and checks that rows are whole and that errors lie within it.
fn decode(input: &[u8], format: Format) {
    let mapping = mapping(ALL_TYPES, format, Hidden::OF_SHARDS.to_vec());
    let mut decoder = Decoder::new(&mapping).expect("the mapping is good");
    let record = Record { data: Bytes::copy_from_slice(input), arrival_ms: 1, ..Record::default() };
    let width = formats::schema(&mapping).columns.len();
    let decoded = decoder.decode(&[record], &vec![true; width]);
    assert_eq!(decoded.columns.len(), width);
    assert!(decoded.columns.iter().all(|column| column.len() == decoded.records.len()));
    for error in &decoded.errors {
        assert!(error.part.start <= error.part.end && error.part.end <= input.len(), "{error:?}");
        assert!(!error.error.message.is_empty());
    }
}

fn json_records(input: &[u8]) {
    decode(input, json());
    decode(input, Format::Json { row_path: "$.rows[0:]".to_owned() });
}

fn csv_records(input: &[u8]) {
    decode(input, Format::Csv { row_delimiter: "\n".to_owned(), column_delimiter: ",".to_owned() });
    decode(input, Format::Csv { row_delimiter: "\r\n".to_owned(), column_delimiter: "||".to_owned() });
}

fn json_seeds() -> Vec<Vec<u8>> {
    let whole = br#"{"a":true,"b":-128,"c":1e2,"d":"12","e":9223372036854775807,"f":1.2345,"g":1e38,"h":-0.5e-300,"i":"ab","j":"\u00e9\ud834\udd1e","k":"X'00ff'","l":null,"m":"2020-02-29","n":"12:00:00.5","o":"2020-01-01 00:00:00"}"#;
    let nested = br#"{"rows":[{"d":1,"j":{"x":[1,2]}},{"d":null},3,"x"],"e":7}"#;
    vec![whole.to_vec(), nested.to_vec(), b"{}{} [] 1".to_vec(), b"\xef\xbb\xbf{\"a\":1}\n{\"a\":0}".to_vec()]
}

fn csv_seeds() -> Vec<Vec<u8>> {
    let whole = b"true,1,2,3,4,5.5,6,7,ab,\"c,\"\"d\",X'00',,2020-02-29,12:00:00,2020-01-01 00:00:00\n1,2\n";
    let wide = b"a||b||\"c||d\"||\r\n\"\r\n\"||1\r\n";
    vec![whole.to_vec(), wide.to_vec(), b"\n\n,".to_vec()]
}
