//! Samples and what is found in them.

use super::*;

fn columns(found: &Discovered) -> Vec<String> {
    let path = |column: &MappedColumn| column.path.as_ref().map_or(String::new(), |path| format!(" {path}"));
    found.mapping.columns.iter().map(|one| format!("{} {}{}", one.name, one.data_type, path(one))).collect()
}

fn found(samples: &[&str]) -> Result<Discovered, Undiscovered> {
    let samples: Vec<Bytes> = samples.iter().map(|text| Bytes::copy_from_slice(text.as_bytes())).collect();
    discover(&samples)
}

#[track_caller]
fn check(samples: &[&str], row_path: &str, expected: &[&str]) -> Discovered {
    let found = found(samples).expect("found");
    assert_eq!(columns(&found), expected);
    assert_eq!(found.mapping.format, Format::Json { row_path: row_path.to_owned() });
    found
}

#[test]
fn the_file_of_the_guide() {
    let text = "year,month,state,producer_type,energy_source,units,consumption\r\n\
        2001,1,AK,TotalElectricPowerIndustry,Coal,ShortTons,47615\r\n\
        2001,1,AK,ElectricGeneratorsElectricUtilities,Coal,ShortTons,16535\r\n\
        2001,1,AK,CombinedHeatandPowerElectricPower,Coal,ShortTons,22890\r\n\
        2001,1,AL,TotalElectricPowerIndustry,Coal,ShortTons,3020601\r\n\
        2001,1,AL,ElectricGeneratorsElectricUtilities,Coal,ShortTons,2987681";
    let found = found(&[text]).expect("found");
    let expected = [
        "COL_year INTEGER",
        "COL_month INTEGER",
        "state VARCHAR(4)",
        "producer_type VARCHAR(64)",
        "energy_source VARCHAR(4)",
        "units VARCHAR(16)",
        "consumption INTEGER",
    ];
    assert_eq!(columns(&found), expected);
    let format = Format::Csv { row_delimiter: "\r\n".into(), column_delimiter: ",".into() };
    assert_eq!(found.mapping.format, format);
    assert_eq!(found.rows.len(), 6);
    let text = |text: &str| Some(text.to_owned());
    let headings = vec![None, None, text("state"), text("producer_type"), text("energy_source"), text("units"), None];
    assert_eq!(found.rows[0], headings);
    assert_eq!(found.rows[5][6], text("2987681"));
}

#[test]
fn documents_of_every_type() {
    let samples = [
        r#"{"TICKER":"AMZN","price":12,"volume":1,"big":3000000000,"ok":true,"seen_at":"2026-11-21 07:45:00.0","nothing":null}"#,
        r#"{"TICKER":"TBVWX","price":12.5,"volume":2,"mixed":1}{"mixed":"a","timestamp":7}"#,
    ];
    let expected = [
        "TICKER VARCHAR(8) $.TICKER",
        "price DOUBLE $.price",
        "volume INTEGER $.volume",
        "big BIGINT $.big",
        "ok BOOLEAN $.ok",
        "seen_at TIMESTAMP $.seen_at",
        "nothing VARCHAR(4) $.nothing",
        "mixed VARCHAR(4) $.mixed",
        "COL_timestamp INTEGER $.timestamp",
    ];
    let found = check(&samples, "$", &expected);
    assert_eq!(found.rows.len(), 3);
    assert_eq!(found.rows[2][7].as_deref(), Some("a"));
}

#[test]
fn objects_are_taken_apart_and_an_array_becomes_rows() {
    let text = r#"{"id":1,"a":{"id":2,"b":{"c":"x","d":{"e":1}},"l":[1,2]},"orders":[{"n":1},{"n":2.5,"m":{"z":true}}],
        "more":[{"q":1}]}"#;
    let expected = [
        "id INTEGER $.id",
        "a_id INTEGER $.a.id",
        "c VARCHAR(4) $.a.b.c",
        "d VARCHAR(8) $.a.b.d",
        "l VARCHAR(8) $.a.l",
        "n DOUBLE $.orders[0:].n",
        "z BOOLEAN $.orders[0:].m.z",
        "more VARCHAR(16) $.more",
    ];
    let found = check(&[text], "$.orders[0:]", &expected);
    let text = |text: &str| Some(text.to_owned());
    let start = [text("1"), text("2"), text("x"), text(r#"{"e":1}"#), text("[1,2]")];
    assert_eq!(found.rows[1][..5], start);
    assert_eq!(found.rows[1][5..], [text("2.5"), text("true"), text(r#"[{"q":1}]"#)]);
    check(&[r#"[{"v":1},{"v":2}]"#], "$[0:]", &["v INTEGER $[0:].v"]);
    check(&[r#"{"v":{"w":1}}{"v":7}"#], "$", &["v VARCHAR(8) $.v"]);
}

#[test]
fn lines_without_headings() {
    let found = found(&["1\t2026-01-02\tx", "22222222222\t2026-01-02 03:04:05\ty,z"]).expect("found");
    assert_eq!(columns(&found), ["COL_0 BIGINT", "COL_1 TIMESTAMP", "COL_2 VARCHAR(4)"]);
    let format = Format::Csv { row_delimiter: "\n".into(), column_delimiter: "\t".into() };
    assert_eq!(found.mapping.format, format);
}

#[test]
fn what_cannot_be_discovered() {
    let check = |samples: &[&str], why: Undiscovered| assert_eq!(found(samples).expect_err("nothing"), why);
    check(&[], Undiscovered::Empty);
    check(&["", " \n"], Undiscovered::Empty);
    check(&["just a line", "another one, with a comma"], Undiscovered::NoPattern);
    check(&["{\"a\":1"], Undiscovered::NotJson);
    check(&["[1,2]"], Undiscovered::NotJson);
    check(&["{}"], Undiscovered::NotJson);
    check(&["a,\"b"], Undiscovered::NoPattern);
    check(&["{\"a\":1}", "nonsense"], Undiscovered::Mixed);
    check(&["{\"a\":1}", "1,2", "{\"a\":2}", "3,4"], Undiscovered::Mixed);
    check(&["{\"a\":1}", "{\"a\":2", "{\"a\":3}", "x"], Undiscovered::Mixed);
    check(&["1,2", "3,4,5", "6", "7,8"], Undiscovered::NoPattern);
    assert_eq!(discover(&[Bytes::from_static(b"\xff\xfe")]), Err(Undiscovered::NotText));
}

#[test]
fn a_few_unreadable_records_do_not_hide_the_others() {
    for bad in ["nonsense", "{\"a\": ", "7", "", "a,b", "[1]"] {
        for place in 0..3 {
            let mut samples = vec!["{\"a\": 1}", " {\"a\": 2}\n"];
            samples.insert(place, bad);
            let found = check(&samples, "$", &["a INTEGER $.a"]);
            assert_eq!(found.rows, [[Some("1".to_owned())], [Some("2".to_owned())]]);
        }
        let found = found(&["1,x", bad, "2,y", "3,z", "4,v"]);
        if bad != "a,b" {
            assert_eq!(columns(&found.expect("found")), ["COL_0 INTEGER", "COL_1 VARCHAR(4)"], "{bad}");
        }
    }
    let mut samples = vec![Bytes::from_static(b"\xff\xfe"); 1];
    samples.extend(vec![Bytes::from_static(b"{\"a\":true}"); 9]);
    assert_eq!(columns(&discover(&samples).expect("found")), ["a BOOLEAN $.a"]);
}

#[test]
fn what_all_agree_on_tells_more_than_what_gives_more_fields() {
    let found = found(&["1;2,3,4", "5;6,7,8", "9;10,11"]).expect("found");
    assert_eq!(columns(&found), ["COL_0 INTEGER", "COL_1 VARCHAR(8)"]);
}

#[test]
fn an_object_may_have_a_line_that_is_no_document() {
    let found = check(&["{\"a\":1}\n{\"a\":2}\r\nwhat is this?\n\n{\"a\":3}\n"], "$", &["a INTEGER $.a"]);
    assert_eq!(found.rows.len(), 3);
}
