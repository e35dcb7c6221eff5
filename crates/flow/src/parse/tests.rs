//! Programs as AWS's guides write them, and what is refused, where.

use super::{expression, program};
use crate::ast::{ExpressionKind, Grouping, JoinKind, Literal, QueryBody, SelectItem, Statement, TableReference};

#[track_caller]
fn refused(text: &str) -> String {
    let fault = program(text).expect_err("refused");
    fault.to_string()
}

#[test]
fn a_stream_and_a_pump() {
    let statements = program(
        "-- a comment\nCREATE OR REPLACE STREAM \"OUT\" (ticker VARCHAR(4) NOT NULL, price DOUBLE PRECISION); // don't\n\
         CREATE OR REPLACE PUMP \"P\" AS INSERT INTO \"OUT\" (ticker, \"price\") SELECT STREAM s.t, s.* FROM \"S_001\" AS s;",
    )
    .expect("a program");
    let [Statement::CreateStream(stream), Statement::CreatePump(pump)] = &statements[..] else { panic!() };
    assert!(stream.or_replace && stream.columns[0].not_null);
    assert_eq!(stream.columns[0].name.text, "TICKER");
    assert_eq!(stream.columns[1].data_type.name, "DOUBLE PRECISION");
    assert_eq!(pump.insert.columns[1].text, "price");
    assert!(pump.started);
}

#[test]
fn windows_of_every_kind() {
    let text = "CREATE PUMP p AS INSERT INTO o SELECT STREAM t, AVG(p) OVER w AS a, SUM(p) OVER (PARTITION BY t ROWS 2 PRECEDING), \
        LAST_VALUE(p) IGNORE NULLS OVER (RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) \
        FROM s WINDOW w AS (PARTITION BY t RANGE INTERVAL '1' MINUTE PRECEDING); \
        CREATE PUMP q AS INSERT INTO o SELECT STREAM t, COUNT(*) FROM s \
        WINDOWED BY STAGGER (PARTITION BY FLOOR(e TO MINUTE), t RANGE INTERVAL '1' MINUTE) HAVING COUNT(*) > 1; \
        CREATE PUMP r AS INSERT INTO o SELECT STREAM t, COUNT(*) FROM s \
        GROUP BY t, STEP(s.ROWTIME BY INTERVAL '60' SECOND), FLOOR((s.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') minute / 5 TO minute)";
    let statements = program(text).expect("a program");
    let Statement::CreatePump(pump) = &statements[1] else { panic!() };
    let QueryBody::Select(select) = &pump.insert.query.body else { panic!() };
    assert!(matches!(&select.grouping, Grouping::Stagger { partition_by, .. } if partition_by.len() == 2));
}

#[test]
fn joins_with_windows() {
    let text = "SELECT STREAM * FROM a OVER (RANGE INTERVAL '1' MINUTE PRECEDING) AS x LEFT OUTER JOIN b AS y ON x.id = y.id \
        JOIN \"CompanyName\" AS c USING (id)";
    let statements = program(text).expect("a program");
    let Statement::Query(query) = &statements[0] else { panic!() };
    let QueryBody::Select(select) = &query.body else { panic!() };
    let TableReference::Join(outer) = &select.from[0] else { panic!() };
    let TableReference::Join(inner) = &outer.left else { panic!() };
    assert_eq!((outer.kind, inner.kind), (JoinKind::Inner, JoinKind::Left));
    assert!(matches!(&inner.left, TableReference::Named { window: Some(_), alias: Some(_), .. }));
}

#[test]
fn table_functions_and_row_values() {
    let text = "SELECT STREAM r.ANOMALY_SCORE, l.r.COLUMN1 FROM TABLE(RANDOM_CUT_FOREST(CURSOR(SELECT STREAM * FROM s), 100, 256)) AS r, \
        (SELECT STREAM W3C_LOG_PARSE(line, 'COMMON') FROM w) AS l(r) ORDER BY FLOOR(r.ROWTIME TO SECOND), r.ANOMALY_SCORE DESC";
    let statements = program(text).expect("a program");
    let Statement::Query(query) = &statements[0] else { panic!() };
    assert_eq!(query.order_by.len(), 2);
    assert!(query.order_by[1].descending);
    let QueryBody::Select(select) = &query.body else { panic!() };
    let SelectItem::Expression { value, .. } = &select.items[1] else { panic!() };
    assert!(matches!(&value.kind, ExpressionKind::Column(path) if path.len() == 3));
}

#[test]
fn functions_and_views() {
    let text = "CREATE FUNCTION f (x INTEGER, y VARCHAR(10)) RETURNS INTEGER LANGUAGE SQL CONTAINS SQL NOT DETERMINISTIC \
        RETURNS NULL ON NULL INPUT RETURN CASE WHEN x > 1 THEN x ELSE CHAR_LENGTH(y) END; \
        CREATE VIEW v AS SELECT STREAM a FROM s UNION ALL SELECT STREAM b FROM t; DROP VIEW v; ALTER PUMP p STOP";
    assert_eq!(program(text).expect("a program").len(), 4);
}

#[test]
fn operators_bind_as_in_sql() {
    let shape = |text: &str| shown(&expression(text).expect("an expression").kind);
    assert_eq!(shape("a + b * c - d"), "((A Add (B Multiply C)) Subtract D)");
    assert_eq!(shape("not a = 1 and b or c"), "(((Not (A Equal 1)) And B) Or C)");
    assert_eq!(shape("a = -b || 'x'"), "(A Equal ((Minus B) Concatenate 'x'))");
    assert_eq!(shape("a between 1 and 2 and b"), "((A between 1 2) And B)");
}

fn shown(kind: &ExpressionKind) -> String {
    match kind {
        ExpressionKind::Literal(Literal::Number(digits)) => digits.clone(),
        ExpressionKind::Literal(Literal::Text(text)) => format!("'{text}'"),
        ExpressionKind::Column(path) => path[0].text.clone(),
        ExpressionKind::Unary(operator, x) => format!("({operator:?} {})", shown(&x.kind)),
        ExpressionKind::Binary(operator, x, y) => format!("({} {operator:?} {})", shown(&x.kind), shown(&y.kind)),
        ExpressionKind::Between { value, low, high, .. } => {
            format!("({} between {} {})", shown(&value.kind), shown(&low.kind), shown(&high.kind))
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn refusals_name_the_place() {
    assert_eq!(
        refused("CREATE STREAM s (\n  a INTEGER,\n  select INTEGER)"),
        "from line 3, column 3 to line 3, column 9: 'SELECT' is a reserved word; put it in double quotes to use it as a name"
    );
    assert_eq!(
        refused("SELECT STREAM a FROM s UNION SELECT STREAM a FROM t"),
        "from line 1, column 24 to line 1, column 29: Streams can be joined with UNION ALL only"
    );
    assert_eq!(
        refused("SELECT STREAM a FROM"),
        "from line 1, column 21 to line 1, column 21: Encountered the end where a name was expected"
    );
    assert!(refused("SELECT STREAM 'abc FROM s").contains("Unterminated"));
    assert!(refused("INSERT INTO s SELECT STREAM * FROM t").contains("only in a pump"));
}

#[test]
fn depth_is_bounded() {
    assert!(refused(&format!("SELECT {}1{}", "(".repeat(5_000), ")".repeat(5_000))).contains("deep"));
    assert!(refused(&format!("SELECT {}1", "- ".repeat(5_000))).contains("deep"));
    assert!(refused(&format!("SELECT {}1", "NOT ".repeat(5_000))).contains("deep"));
    assert!(refused(&format!("SELECT 1{}", " + 1".repeat(5_000))).contains("operands"));
}
