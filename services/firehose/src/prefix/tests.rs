//! Prefixes, evaluated and refused.

use super::*;

/// 2018-08-27T10:30:15.123Z, a Monday.
const AT_MS: u64 = 1_535_365_815_123;

fn evaluate(text: &str, zone: &str) -> String {
    let prefix = Prefix::parse(text, "Prefix").expect("a sound prefix");
    let mut count = 0;
    let mut random = || {
        count += 1;
        format!("random{count:05}")
    };
    let at = instant(AT_MS, &time_zone(zone).expect("a time zone"));
    prefix.evaluate(&mut Circumstances { at: &at, keys: Some(&keys()), error: None, random: &mut random })
}

fn evaluate_error(text: &str) -> String {
    let prefix = Prefix::parse(text, "ErrorOutputPrefix").expect("a sound prefix");
    let at = instant(AT_MS, &TimeZone::UTC);
    let error = Some(ErrorOutputType::HttpEndpointFailed);
    prefix.evaluate_error(&mut Circumstances { at: &at, keys: None, error, random: &mut String::new })
}

fn keys() -> PartitionKeys {
    let query = Keys::from([("customer".to_owned(), "c-1".to_owned()), ("empty".to_owned(), String::new())]);
    PartitionKeys { query, lambda: Keys::from([("hour".to_owned(), "10".to_owned())]) }
}

#[test]
fn prefixes_are_evaluated_as_documented() {
    let check = |text: &str, expected: &str| assert_eq!(evaluate(text, ""), expected, "{text}");
    check("", "2018/08/27/10/");
    check("myFirehosePrefix", "myFirehosePrefix2018/08/27/10/");
    check("myFirehosePrefix/", "myFirehosePrefix/2018/08/27/10/");
    check("myFirehosePrefix/!{timestamp:yyyy}/", "myFirehosePrefix/2018/");
    check(
        "myPrefix/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/r=!{firehose:random-string}/",
        "myPrefix/year=2018/month=08/day=27/r=random00001/",
    );
    check("!{firehose:random-string}/!{firehose:random-string}/", "random00001/random00002/2018/08/27/10/");
    check(
        "c=!{partitionKeyFromQuery:customer}/h=!{partitionKeyFromLambda:hour}/!{timestamp:yyyyMMdd}/",
        "c=c-1/h=10/20180827/",
    );
    check("!{timestamp:'at' yyyy-MM-dd'T'HH:mm:ss.SSS''}/", "at 2018-08-27T10:30:15.123'/");
}

#[test]
fn a_time_zone_moves_the_instant() {
    assert_eq!(evaluate("!{timestamp:yyyy/MM/dd/HH/}", "America/New_York"), "2018/08/27/06/");
    assert_eq!(evaluate("x/", "Asia/Tokyo"), "x/2018/08/27/19/");
    assert_eq!(
        evaluate("!{timestamp:VV z xxx XXX Z O OOOO}", "America/New_York"),
        "America/New_York EDT -04:00 -04:00 -0400 GMT-4 GMT-04:00"
    );
    assert_eq!(evaluate("!{timestamp:VV z x X XXX Z ZZZZ ZZZZZ O}", ""), "UTC UTC +00 Z Z +0000 GMT Z GMT");
    assert_eq!(time_zone("Mars/Olympus"), Err(Refused::TimeZone("Mars/Olympus".to_owned())));
}

#[test]
fn patterns_print_as_java_prints_them() {
    let check = |pattern: &str, expected: &str| {
        assert_eq!(evaluate(&format!("!{{timestamp:{pattern}}}"), ""), expected, "{pattern}");
    };
    check("y yy yyy yyyy yyyyy u", "2018 18 2018 2018 02018 2018");
    check("M MM MMM MMMM MMMMM LLL", "8 08 Aug August A Aug");
    check("d dd D DDD", "27 27 239 239");
    check("E EEE EEEE EEEEE e ee c", "Mon Mon Monday M 2 02 2");
    check("H HH h hh K k a", "10 10 10 10 10 10 AM");
    check("m mm s ss S SSS n", "30 30 15 15 1 123 123000000");
    check("Q QQ QQQ QQQQ q", "3 03 Q3 3rd quarter 3");
    check("G GGGG Y w", "AD Anno Domini 2018 35");
    check("A", "37815123");
    check("[HH]-yyyy", "10-2018");
}

#[test]
fn weeks_are_those_of_the_united_states() {
    let check = |date: &str, expected: &str| {
        let at = format!("{date}T00:00:00[UTC]").parse::<Zoned>().expect("a date");
        let mut out = String::new();
        Pattern::parse("YYYY-ww").expect("a pattern").format(&at, &mut out);
        assert_eq!(out, expected, "{date}");
    };
    check("2023-12-30", "2023-52");
    check("2023-12-31", "2024-01");
    check("2024-01-06", "2024-01");
    check("2024-01-07", "2024-02");
    check("2022-01-01", "2022-01");
    check("2022-01-02", "2022-02");
}

#[test]
fn error_prefixes_say_what_failed() {
    let check = |text: &str, expected: &str| assert_eq!(evaluate_error(text), expected, "{text}");
    check("", "http-endpoint-failed/2018/08/27/10/");
    check("myFirehosePrefix/", "myFirehosePrefix/http-endpoint-failed/2018/08/27/10/");
    check("fail/!{firehose:error-output-type}/", "fail/http-endpoint-failed/");
    check("fail/!{firehose:error-output-type}/!{timestamp:yyyy}/x", "fail/http-endpoint-failed/2018/x");
}

#[test]
fn unsound_prefixes_are_refused() {
    let check = |prefix: &str, error: Option<&str>, is_partitioned: bool, expected: &str| {
        let refused = super::check(prefix, error, is_partitioned).expect_err("refused");
        assert!(refused.to_string().contains(expected), "{prefix}: {refused}");
    };
    let error = Some("e/!{firehose:error-output-type}/");
    check("a/!{timestamp:yyyy", error, false, "does not end: !{timestamp:yyyy");
    check("a/!{time:yyyy}", error, false, "unknown expression: !{time:yyyy}");
    check("!{firehose:random}", error, false, "unknown expression");
    check("!{timestamp:yyyy-BB}", error, false, "yyyy-BB: the letter B is not supported");
    check("!{timestamp:HHH}", error, false, "the letter H stands 3 times, 2 are supported");
    check("!{timestamp:'x}", error, false, "quote that does not end");
    check("!{timestamp:}", error, false, "it is empty");
    check("!{firehose:error-output-type}/", error, false, "Prefix must not have");
    check("!{timestamp:yyyy}", None, false, "ErrorOutputPrefix must be given");
    check("!{timestamp:yyyy}", Some(""), false, "ErrorOutputPrefix must be given");
    check("x", Some("e/!{timestamp:yyyy}/"), false, "must have the expression !{firehose:error-output-type}");
    check("x", Some("!{firehose:error-output-type}!{partitionKeyFromQuery:a}"), false, "partitionKeyFromQuery");
    check("!{partitionKeyFromQuery:a}/", error, false, "need dynamic partitioning");
    check("x/", error, true, "must have partitionKeyFromQuery");
    check(&"x".repeat(513), error, false, "Prefix is longer than 512 characters");
    check("x", Some(&"x".repeat(513)), false, "ErrorOutputPrefix is longer than 512 characters");
}

#[test]
fn sound_prefixes_are_accepted() {
    let check = |prefix: &str, error: Option<&str>, is_partitioned: bool| {
        super::check(prefix, error, is_partitioned).unwrap_or_else(|refused| panic!("{prefix}: {refused}"));
    };
    check("", None, false);
    check("plain/", None, false);
    check("plain/", Some("errors/"), false);
    check("braces {a} ! are literal/", None, false);
    check(&"x".repeat(512), None, false);
    let error = Some("e/!{firehose:error-output-type}/");
    check("!{timestamp:yyyy}/", error, false);
    check("!{partitionKeyFromQuery:a}/!{firehose:random-string}/", error, true);
}

#[test]
fn partitions_are_told_apart_by_their_keys() {
    let partition = |text: &str| Prefix::parse(text, "Prefix").expect("sound").partition(&keys());
    assert_eq!(partition("!{partitionKeyFromQuery:customer}/x").as_deref(), Some("c-1/x"));
    assert_eq!(partition("!{partitionKeyFromQuery:customer}/!{timestamp:yyyy}").as_deref(), Some("c-1/\0"));
    assert_eq!(partition("!{partitionKeyFromQuery:missing}"), None);
    assert_eq!(partition("!{partitionKeyFromQuery:empty}"), None);
}

#[test]
fn the_suffix_names_stream_version_instant_and_chance() {
    let uuid = "5f1c0fa9-3a5e-4d43-a41e-1c5dc9ec1f0d";
    let expected = "orders-3-2018-08-27-10-30-15-5f1c0fa9-3a5e-4d43-a41e-1c5dc9ec1f0d.gz";
    assert_eq!(suffix("orders", 3, AT_MS, uuid, ".gz"), expected);
}
