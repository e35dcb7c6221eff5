//! Records that become rows, rows that become records, and what does neither.

mod random;

use arrow_array::{Array, ArrayRef};
use bytes::Bytes;

use super::*;
use crate::row_error::ErrorName;
use crate::rows::Rows;
use crate::types::DataType;

const TEXT: DataType = DataType::Varchar(100);

fn column(name: &str, data_type: DataType, path: &str) -> MappedColumn {
    MappedColumn { name: name.to_owned(), data_type, path: Some(path.to_owned()) }
}

fn json(row_path: &str, columns: Vec<MappedColumn>) -> Mapping {
    Mapping { format: Format::Json { row_path: row_path.to_owned() }, columns, hidden: Vec::new() }
}

fn csv(types: &[DataType]) -> Mapping {
    let column = |(index, data_type): (usize, &DataType)| column(&format!("c{index}"), *data_type, "");
    let format = Format::Csv { row_delimiter: "\n".to_owned(), column_delimiter: ",".to_owned() };
    Mapping { format, columns: types.iter().enumerate().map(column).collect(), hidden: Vec::new() }
}

fn record(data: &[u8]) -> Record {
    Record { data: Bytes::copy_from_slice(data), ..Record::default() }
}

/// The rows as CSV, `NULL` for NULL, then the errors' names and parts.
fn shown(mapping: &Mapping, texts: &[&str]) -> Vec<String> {
    let mut decoder = Decoder::new(mapping).expect("a mapping");
    let records: Vec<Record> = texts.iter().map(|text| record(text.as_bytes())).collect();
    let needed = vec![true; schema(mapping).columns.len()];
    // Twice: what was learned from the first time must not change anything.
    let first = decoder.decode(&records, &needed);
    let decoded = decoder.decode(&records, &needed);
    assert_eq!(first, decoded);
    shown_of(&decoded, texts)
}

fn shown_of(decoded: &Decoded, texts: &[&str]) -> Vec<String> {
    let cell = |array: &ArrayRef, row: usize| {
        let cast = arrow_cast::cast(array, &arrow_schema::DataType::Utf8).expect("any type as text");
        let text = arrow_array::cast::AsArray::as_string::<i32>(&cast);
        if text.is_null(row) { "NULL".to_owned() } else { text.value(row).to_owned() }
    };
    let row = |row| decoded.columns.iter().map(|array| cell(array, row)).collect::<Vec<_>>().join("|");
    let rows = (0..decoded.records.len()).map(row);
    let error =
        |error: &RecordError| format!("{}: {}", error.error.name.name(), &texts[error.record][error.part.clone()]);
    rows.chain(decoded.errors.iter().map(error)).collect()
}

#[track_caller]
fn check(mapping: &Mapping, texts: &[&str], expected: &[&str]) {
    assert_eq!(shown(mapping, texts), expected);
}

/// One value of one type; none for a coercion error.
#[track_caller]
fn coerced(value: &str, data_type: DataType, expected: Option<&str>) {
    let text = format!("{{\"a\":{value}}}");
    let expected = expected.map_or_else(|| format!("COERCION_ERROR: {text}"), str::to_owned);
    check(&json("$", vec![column("A", data_type, "$.a")]), &[&text], &[&expected]);
}

#[test]
fn every_json_value_for_every_type_as_aws_s_table_says() {
    use DataType as T;
    let decimal = T::Decimal { precision: 5, scale: 2 };
    let types = [T::Integer, decimal, T::Double, T::Boolean, T::Varchar(4), T::Varbinary(4), T::Date, T::Timestamp];
    let table: [(&str, [Option<&str>; 8]); 12] = [
        ("null", [Some("NULL"); 8]),
        ("true", [Some("1"), Some("1.00"), Some("1.0"), Some("true"), Some("true"), Some("\u{1}"), None, None]),
        ("false", [Some("0"), Some("0.00"), Some("0.0"), Some("false"), Some("fals"), Some("\0"), None, None]),
        ("12", [Some("12"), Some("12.00"), Some("12.0"), Some("true"), Some("12"), None, None, None]),
        ("0", [Some("0"), Some("0.00"), Some("0.0"), Some("false"), Some("0"), None, None, None]),
        ("123.4", [None, Some("123.40"), Some("123.4"), Some("true"), Some("123."), None, None, None]),
        ("1.234", [None, None, Some("1.234"), Some("true"), Some("1.23"), None, None, None]),
        ("3000000000", [None, None, Some("3000000000.0"), Some("true"), Some("3000"), None, None, None]),
        ("\" 7 \"", [Some("7"), Some("7.00"), Some("7.0"), Some("false"), Some(" 7 "), None, None, None]),
        ("\"TRUE\"", [None, None, None, Some("true"), Some("TRUE"), None, None, None]),
        ("\"X'4161'\"", [None, None, None, Some("false"), Some("X'41"), Some("Aa"), None, None]),
        ("[1,{\"b\":2}]", [None, None, None, None, Some("[1,{"), None, None, None]),
    ];
    for (value, expected) in table {
        for (data_type, expected) in types.iter().zip(expected) {
            coerced(value, *data_type, expected);
        }
    }
    coerced("\"1992-02-14\"", T::Date, Some("1992-02-14"));
    coerced("\"1992-02-14 18:35:44.0\"", T::Date, Some("1992-02-14"));
    coerced("\"1992-02-14 18:35:44.0\"", T::Timestamp, Some("1992-02-14T18:35:44"));
    coerced("\"1992-02-14 18:35:44.25\"", T::Time, Some("18:35:44.250"));
    coerced("\"1992-02-30\"", T::Date, None);
}

#[test]
fn texts_are_cut_filled_and_unescaped() {
    coerced("\"äöüßx\"", DataType::Varchar(3), Some("äöü"));
    coerced("\"ab\"", DataType::Char(4), Some("ab  "));
    coerced(r#""a\"b\\\u00e4\n""#, TEXT, Some("a\"b\\ä\n"));
    coerced(r#""\ud83d\ude00!""#, DataType::Varchar(1), Some("😀"));
    coerced(r#""\q""#, TEXT, None);
    coerced("128", DataType::TinyInt, None);
    coerced("-32768", DataType::SmallInt, Some("-32768"));
    coerced("1e400", DataType::Double, None);
    coerced("1e39", DataType::Real, None);
    coerced("true", DataType::Binary(2), Some("\0\u{1}"));
}

#[test]
fn a_bad_row_leaves_the_others_alone() {
    let mapping = json("$", vec![column("A", DataType::Integer, "$.a"), column("B", TEXT, "$.b")]);
    let texts = [
        r#"{"a":1,"b":"x"}"#,
        r#"{"a":"one","b":"y"}"#,
        r#" { "b" : "z" , "a" : 3 } {"b":"w"}
           {}"#,
        r#"{"a":4"#,
        r#"{"a":5} trailing"#,
        r#"{"a":6,}"#,
        "7",
        "",
        r#"[{"a":8},{"b":"v"}]"#,
    ];
    let expected = [
        "1|x",
        "3|z",
        "NULL|w",
        "NULL|NULL",
        "5|NULL",
        "8|NULL",
        "NULL|v",
        r#"COERCION_ERROR: {"a":"one","b":"y"}"#,
        r#"RECORD_FORMAT_ERROR: {"a":4"#,
        "RECORD_FORMAT_ERROR: trailing",
        r#"RECORD_FORMAT_ERROR: {"a":6,}"#,
        "RECORD_FORMAT_ERROR: 7",
    ];
    check(&mapping, &texts, &expected);
    let not_text = Decoder::new(&mapping).expect("a mapping").decode(&[record(b"\"\xff\"")], &[true, true]);
    assert_eq!((not_text.records.len(), not_text.errors[0].error.name), (0, ErrorName::Format));
}

const ORDER: &str = r#"{"customerName":"John Doe","address":{"street":["AnyStreet","x"],"city":"Anytown"},
    "orders":[{"orderId":"23284","itemName":"Widget"},{"orderId":"63122","extra":{"a":[]}},{"itemName":"Sprocket"}],"n":3}"#;

#[test]
fn paths_lead_through_the_guide_s_document() {
    let names = ["$.customerName", "$.address.city", "$.address.street[0]", "$.address.street[7]", "$.Address.city"];
    let columns = names.iter().map(|path| column(path, TEXT, path));
    check(&json("$", columns.collect()), &[ORDER], &["John Doe|Anytown|AnyStreet|NULL|NULL"]);
    let whole = json("$", vec![column("A", TEXT, "$.address"), column("C", TEXT, "$.address.city")]);
    check(&whole, &[ORDER], &[r#"{"street":["AnyStreet","x"],"city":"Anytown"}|Anytown"#]);
    let street = json("$", vec![column("A", TEXT, "$.address.street[0:]")]);
    check(&street, &[ORDER], &[r#"["AnyStreet","x"]"#]);
}

#[test]
fn documents_with_and_without_white_space_follow_each_other() {
    let mapping = json("$", vec![column("A", TEXT, "$.a"), column("B", DataType::Integer, "$.b.c")]);
    let texts = [
        r#"{"a":"x","b":{"c":1}}"#,
        r#"{"a": "y", "b": {"c": 2}}"#,
        "{ \"a\"\t:\n\"z\" , \"b\" : { \"c\" :3 } }",
        r#"{"a":"w","b":{"c": 4}}"#,
    ];
    check(&mapping, &texts, &["x|1", "y|2", "z|3", "w|4"]);
}

#[test]
fn arrays_become_rows() {
    let by_column = json(
        "$",
        vec![
            column("name", TEXT, "$.customerName"),
            column("id", DataType::Integer, "$.orders[0:].orderId"),
            column("n", TEXT, "$.n"),
        ],
    );
    let expected = ["John Doe|23284|3", "John Doe|63122|3", "John Doe|NULL|3"];
    check(&by_column, &[ORDER], &expected);
    for id in ["$.orders[0:].orderId", "$.orderId"] {
        let columns = vec![column("name", TEXT, "$.customerName"), column("id", TEXT, id), column("n", TEXT, "$.n")];
        check(&json("$.orders[0:]", columns), &[ORDER], &expected);
    }
    let none = [r#"{"customerName":"x","orders":[]}"#, r#"{"customerName":"y"}"#, r#"{"orders":[{"orderId":"z"}]}"#];
    check(&by_column, &none, &["x|NULL|NULL", "y|NULL|NULL", r#"COERCION_ERROR: {"orderId":"z"}"#]);
    let inner = json("$.address", vec![column("c", TEXT, "$.city")]);
    check(&inner, &[ORDER, "{}"], &["Anytown", "NULL"]);
    let elements = json("$[0:]", vec![column("v", DataType::Integer, "$[0:].v")]);
    check(&elements, &[r#"[{"v":1}, {"v":2} ]"#], &["1", "2"]);
}

#[test]
fn mappings_that_cannot_be_carried_out() {
    let refused = |mapping: Mapping| Decoder::new(&mapping).expect_err("refused");
    let one = |path: &str| vec![column("a", TEXT, path)];
    assert!(matches!(refused(json("$", one("$.a[?(@.b)]"))), MappingError::Path(_)));
    assert!(matches!(refused(json("$", one("$.a[0:].b[0:].c"))), MappingError::Path(_)));
    let two = vec![column("a", TEXT, "$.a[0:].b"), column("b", TEXT, "$.c[0:].d")];
    assert!(matches!(refused(json("$", two)), MappingError::Path(_)));
    assert_eq!(refused(json("$", vec![])), MappingError::Columns);
    let unmapped = MappedColumn { path: None, ..column("a", TEXT, "") };
    assert_eq!(refused(json("$", vec![unmapped])), MappingError::NoPath("a".into()));
    let format = Format::Csv { row_delimiter: ",".into(), column_delimiter: ",".into() };
    assert_eq!(refused(Mapping { format, columns: one(""), hidden: vec![] }), MappingError::Delimiter);
}

#[test]
fn only_needed_columns_are_read_and_hidden_ones_follow() {
    let columns =
        vec![column("a", DataType::Integer, "$.a"), column("b", TEXT, "$.b"), column("SHARD_ID", TEXT, "$.s")];
    let mapping = Mapping { hidden: Hidden::OF_SHARDS.to_vec(), ..json("$", columns) };
    let names: Vec<String> =
        schema(&mapping).columns.iter().map(|one| format!("{}:{}", one.name, one.hidden)).collect();
    let expected = [
        "a:false",
        "b:false",
        "SHARD_ID:false",
        "APPROXIMATE_ARRIVAL_TIME:true",
        "PARTITION_KEY:true",
        "SEQUENCE_NUMBER:true",
    ];
    assert_eq!(names, expected);
    let data = r#"{"a":1,"b":"x","s":"mine"}{"b":"y"}"#;
    let one = Record { arrival_ms: 1500, partition_key: "key".into(), ..record(data.as_bytes()) };
    let mut decoder = Decoder::new(&mapping).expect("a mapping");
    let decoded = decoder.decode(std::slice::from_ref(&one), &[false, true, false, true, true, false]);
    let time = "1970-01-01T00:00:01.500";
    assert_eq!(
        shown_of(&decoded, &[data]),
        [format!("NULL|x|NULL|{time}|key|NULL"), format!("NULL|y|NULL|{time}|key|NULL")]
    );
}

#[test]
fn what_becomes_of_a_record_does_not_depend_on_who_reads_it() {
    let types = [
        DataType::Boolean,
        DataType::TinyInt,
        DataType::SmallInt,
        DataType::Integer,
        DataType::BigInt,
        DataType::Decimal { precision: 5, scale: 2 },
        DataType::Real,
        DataType::Double,
        DataType::Date,
        DataType::Time,
        DataType::Timestamp,
        DataType::Varbinary(2),
        TEXT,
    ];
    let values = [
        "null",
        "true",
        "1",
        "300",
        "70000",
        "1e300",
        "1.5",
        "[1]",
        "\"1\"",
        "\"x\"",
        "\"2020-01-31\"",
        "\"\\u0031\"",
        "\"\\ud800\"",
        "\"X'00'\"",
        "\"X'000000'\"",
        "12345678901234567890",
    ];
    for data_type in types {
        let mapping = json("$", vec![column("n", DataType::Integer, "$.n"), column("v", data_type, "$.v")]);
        let mut decoder = Decoder::new(&mapping).expect("a mapping");
        for value in values {
            let records = [record(format!("{{\"n\":7,\"v\":{value}}}{{\"n\":8}}").as_bytes())];
            let read = decoder.decode(&records, &[true, true]);
            let unread = decoder.decode(&records, &[true, false]);
            assert_eq!((&read.columns[0], &read.errors), (&unread.columns[0], &unread.errors), "{data_type} {value}");
        }
    }
    // A path along an array makes rows of its elements, whether its column is read or not.
    for unread in [TEXT, DataType::Integer] {
        let mapping = json("$", vec![column("n", TEXT, "$.n"), column("v", unread, "$.a[0:].v")]);
        let mut decoder = Decoder::new(&mapping).expect("a mapping");
        let records = [record(br#"{"n":"x","a":[{"v":1},{"v":2},{}]}"#)];
        assert_eq!(decoder.decode(&records, &[true, false]).records.len(), 3, "{unread}");
        assert_eq!(decoder.decode(&records, &[false, false]).records.len(), 3, "{unread}");
    }
}

#[test]
fn long_texts_stay_where_they_are() {
    let mapping =
        json("$", vec![column("a", DataType::Varchar(60_000), "$.a"), column("b", DataType::Varchar(60_000), "$.b")]);
    let data = format!("{{\"a\":\"{}\",\"b\":[\"{}\"]}}", "x".repeat(5000), "y".repeat(5000));
    let one = record(data.as_bytes());
    let decoded = Decoder::new(&mapping).expect("a mapping").decode(std::slice::from_ref(&one), &[true, true]);
    for (array, start) in decoded.columns.iter().zip([6, 5012]) {
        let text = arrow_array::cast::AsArray::as_string_view(array);
        assert_eq!(text.value(0).as_ptr(), one.data[start..].as_ptr());
    }
    assert_eq!(decoded.columns[1].len(), 1);
}

#[test]
fn lines_of_csv() {
    let mapping = csv(&[TEXT, DataType::Integer, DataType::Double]);
    let texts =
        ["a,1,2.5,more\nb,,\r\n\"c,\"\"d\"\"\n\",3\n\nonly", "x,y,1\nz,4,5", "\"open,1\nnext,2,3\n\"a\"b,1\nlast,9"];
    let expected = ["a|1|2.5", "b|NULL|NULL", "c,\"d\"\n|3|NULL", "only|NULL|NULL", "z|4|5.0", "COERCION_ERROR: x,y,1"];
    assert_eq!(shown(&mapping, &texts[..2]), expected);
    let broken = ["next|2|3.0", "last|9|NULL", "RECORD_FORMAT_ERROR: \"open,1", "RECORD_FORMAT_ERROR: \"a\"b,1"];
    assert_eq!(shown(&mapping, &texts[2..]), broken);
    let format = Format::Csv { row_delimiter: "||".into(), column_delimiter: "|".into() };
    let bars = Mapping { format, ..csv(&[TEXT, TEXT]) };
    check(&bars, &["a|b||c|d||"], &["a|b", "c|d"]);
}

#[test]
fn rows_become_records() {
    let mapping = json(
        "$",
        vec![
            column("text", TEXT, "$.t"),
            column("N", DataType::Integer, "$.n"),
            column("d\"", DataType::Double, "$.d"),
            column("dec", DataType::Decimal { precision: 7, scale: 3 }, "$.dec"),
            column("ok", DataType::Boolean, "$.ok"),
            column("at", DataType::Timestamp, "$.at"),
            column("day", DataType::Date, "$.at"),
            column("bin", DataType::Varbinary(9), "$.bin"),
        ],
    );
    let texts = [
        r#"{"t":"a \"b\",\\\u0001\n ä and more","n":-5,"d":100,"dec":-0.05,"ok":true,"at":"2026-11-21 07:30:00.5","bin":"X'0aFf'"}"#,
        "{}",
        r#"{"d":1e300,"dec":1234,"t":""}"#,
    ];
    let records: Vec<Record> = texts.iter().map(|text| record(text.as_bytes())).collect();
    let decoded = Decoder::new(&mapping).expect("a mapping").decode(&records, &[true; 8]);
    let rows = Rows::new(vec![0; 3].into(), decoded.columns);
    let written = |format| -> Vec<String> {
        let records = Encoder::new(&schema(&mapping), format).encode(&rows);
        records.iter().map(|record| String::from_utf8(record.to_vec()).expect("UTF-8")).collect()
    };
    let objects = [
        r#"{"text":"a \"b\",\\\u0001\n ä and more","N":-5,"d\"":100.0,"dec":-0.050,"ok":true,"at":"2026-11-21 07:30:00.500","day":"2026-11-21","bin":"0AFF"}"#,
        r#"{"text":null,"N":null,"d\"":null,"dec":null,"ok":null,"at":null,"day":null,"bin":null}"#,
        r#"{"text":"","N":null,"d\"":1e+300,"dec":1234.000,"ok":null,"at":null,"day":null,"bin":null}"#,
    ];
    assert_eq!(written(OutputFormat::Json), objects);
    let lines = [
        "\"a \"\"b\"\",\\\u{1}\n ä and more\",-5,100.0,-0.050,true,2026-11-21 07:30:00.500,2026-11-21,0AFF\n",
        ",,,,,,,\n",
        ",,1e+300,1234.000,,,,\n",
    ];
    assert_eq!(written(OutputFormat::Csv), lines);
}

#[test]
fn an_object_in_pieces_is_a_table() {
    let json = json("$.rows[0:]", vec![column("v", TEXT, "$.v")]);
    let csv = csv(&[DataType::Integer, TEXT]);
    let cases = [
        (json, "{\"rows\":[{\"v\":\"ä\"},{\"v\":2}]}\n{\"rows\":[]} {\"rows\":[{\"v\":tru}]}", 3, 1),
        (csv, "1,one\n2,\"tw\no\"\nx,y\n4,ä", 3, 1),
    ];
    for (mapping, text, rows, errors) in cases {
        let mut whole = ReferenceReader::new(&mapping).expect("a mapping");
        whole.push(text.as_bytes()).expect("small");
        let whole = whole.finish();
        assert_eq!((whole.0.len(), whole.1.len()), (rows, errors));
        for size in 1..9 {
            let mut pieces = ReferenceReader::new(&mapping).expect("a mapping").with_pieces_of(size);
            text.as_bytes().chunks(size).for_each(|piece| pieces.push(piece).expect("small"));
            let pieces = pieces.finish();
            assert_eq!(pieces.0, whole.0, "in pieces of {size}");
            assert_eq!(format!("{:?}", pieces.1), format!("{:?}", whole.1), "in pieces of {size}");
        }
    }
}
