//! Constraints in the model's order, with AWS's words.

use super::*;

#[test]
fn violations_are_listed_in_the_order_they_are_checked() {
    let mut check = Constraints::new();
    check.member("partitionKey", &Required::new(String::new())).length(1..=256);
    check.member("data", &Required::<Blob>::default()).length(0..=10);
    let error = check.finish().expect_err("both members are wrong");
    assert_eq!(
        error.message(),
        Some(
            "2 validation errors detected: Value '' at 'partitionKey' failed to satisfy constraint: Member must have \
             length greater than or equal to 1; Value null at 'data' failed to satisfy constraint: Member must not be null"
        )
    );
}

#[test]
fn ten_failures_are_enough() {
    let mut check = Constraints::new();
    check.each("records", &[20_i64; 12], |check, item| {
        check.member("size", &Some(*item)).range(0..=10);
    });
    let error = check.finish().expect_err("20 is too large");
    let message = error.message().expect("a message");
    assert!(message.starts_with("10 validation errors detected: "), "{message}");
    assert!(message.contains("'records.10.member.size'") && !message.contains("'records.11.member.size'"), "{message}");
}

#[test]
fn list_paths_count_from_one() {
    let mut check = Constraints::new();
    check.each("records", &[1_i64, 20], |check, item| {
        check.member("size", &Some(*item)).range(0..=10);
    });
    let message = check.finish().expect_err("20 is too large").message().map(str::to_owned);
    assert!(message.is_some_and(|m| m.contains("Value '20' at 'records.2.member.size'")));
}

#[test]
fn simple_patterns_allow_what_their_expressions_allow() {
    for (text, is_simple) in [
        ("[a-zA-Z0-9_.-]+", true),
        ("[a-z]+", true),
        ("[-a]+", true),
        ("[a.-_]+", true),
        ("[a-z]*", false),
        ("[^a-z]+", false),
        (r"[\w]+", false),
        ("[a--z]+", false),
        ("[a]+[b]+", false),
    ] {
        let pattern = Pattern::new(text);
        assert_eq!(pattern.letters.is_some(), is_simple, "{text}");
        for character in (0..300).filter_map(char::from_u32) {
            for value in [String::new(), character.to_string(), format!("a{character}b")] {
                assert_eq!(pattern.matches(&value), pattern.regex.is_match(&value), "{text}: {value:?}");
            }
        }
    }
}
