//! Partition keys, extracted and missing.

use super::*;

fn keys(expression: &str, record: &str) -> Result<Vec<(String, String)>, NoKeys> {
    let query = Query::compile(expression).expect("a sound expression");
    Ok(query.keys(record.as_bytes())?.into_iter().collect())
}

fn pairs(expected: &[(&str, &str)]) -> Result<Vec<(String, String)>, NoKeys> {
    Ok(expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
}

#[test]
fn keys_are_extracted_as_documented() {
    // AWS's own example.
    let record = r#"{"type":{"device":"mobile","event":"user_clicked_submit_button"},"customer_id":"1234567890",
        "event_timestamp":1565382027,"region":"sample_region"}"#;
    let expression = r#"{customer_id:.customer_id,device:.type.device,
        year:.event_timestamp|strftime("%Y"),month:.event_timestamp|strftime("%m"),
        day:.event_timestamp|strftime("%d"),hour:.event_timestamp|strftime("%H")}"#;
    let expected = [
        ("customer_id", "1234567890"),
        ("day", "09"),
        ("device", "mobile"),
        ("hour", "20"),
        ("month", "08"),
        ("year", "2019"),
    ];
    assert_eq!(keys(expression, record), pairs(&expected));
}

#[test]
fn scalars_become_text() {
    assert_eq!(
        keys("{a:.a,b:.b,c:.c}", r#"{"a":7,"b":true,"c":1.5}"#),
        pairs(&[("a", "7"), ("b", "true"), ("c", "1.5")])
    );
    assert_eq!(keys("{a:(.a|ascii_downcase|split(\"-\")|.[0])}", r#"{"a":"AB-CD"}"#), pairs(&[("a", "ab")]));
    assert_eq!(keys(r#"{a:(if .n > 5 then "high" else "low" end)}"#, r#"{"n":9}"#), pairs(&[("a", "high")]));
}

#[test]
fn records_without_keys_say_why() {
    assert_eq!(keys("{a:.a}", "no json"), Err(NoKeys::NotJson));
    assert_eq!(keys("{a:.a}", r#"{"a":1}{"a":2}"#), Err(NoKeys::NotJson));
    assert_eq!(keys("{a:.a}", "{}"), Err(NoKeys::EmptyKey));
    assert_eq!(keys("{a:.a}", r#"{"a":""}"#), Err(NoKeys::EmptyKey));
    assert_eq!(keys("{a:.a}", r#"{"a":[1]}"#), Err(NoKeys::EmptyKey));
    assert_eq!(keys(".a", r#"{"a":"text"}"#), Err(NoKeys::NoObject));
    assert_eq!(keys("empty", "{}"), Err(NoKeys::NoObject));
    assert!(matches!(keys("{a:.a|tonumber}", r#"{"a":"x"}"#), Err(NoKeys::Failed(_))));
}

#[test]
fn unsound_expressions_are_refused() {
    assert!(Query::compile("{a:").is_err());
    assert!(Query::compile("{a:nosuchfilter}").expect_err("refused").contains("nosuchfilter"));
    assert!(Query::compile("{a:now}").expect_err("refused").contains("now"));
    assert!(Query::compile("{a:env.HOME}").is_err());
}
