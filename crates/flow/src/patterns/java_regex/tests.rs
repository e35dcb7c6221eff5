//! What Java 17 found, and what is found here.

use super::*;
use crate::Position;

/// Patterns, texts, and what `Matcher.find` of OpenJDK 17.0.15 finds one after the other: where each match begins, what it and its
/// groups are, `~` for one that took no part; `error` for what `Pattern.compile` refuses.
const JAVA: &str = include_str!("java17.txt");

fn parsed(pattern: &str) -> Result<JavaRegex, String> {
    let at = Position { line: 1, column: 1 };
    JavaRegex::parse(pattern, Span { start: at, end: at }).map_err(|fault| fault.message)
}

/// The text that a cell of the table stands for.
fn unescaped(cell: &str) -> String {
    let mut units = Vec::new();
    let mut characters = cell.chars();
    while let Some(character) = characters.next() {
        let character = match (character, if character == '\\' { characters.next() } else { None }) {
            (_, Some('n')) => '\n',
            (_, Some('r')) => '\r',
            (_, Some('t')) => '\t',
            (_, Some('p')) => '|',
            (_, Some('u')) => {
                let digits: String = characters.by_ref().take(4).collect();
                units.push(u16::from_str_radix(&digits, 16).expect("four digits"));
                continue;
            }
            (_, Some(other)) => other,
            (character, None) => character,
        };
        units.extend(character.encode_utf16(&mut [0; 2]).iter());
    }
    String::from_utf16_lossy(&units)
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for unit in text.encode_utf16() {
        match char::from_u32(u32::from(unit)) {
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some('|') => out.push_str("\\p"),
            Some(plain @ ' '..='~') => out.push(plain),
            _ => out.push_str(&format!("\\u{unit:04x}")),
        }
    }
    out
}

/// At most six matches, as the table has them.
fn found(regex: &JavaRegex, text: &str) -> String {
    let (mut all, mut at) = (Vec::new(), Some(0));
    while let Some(from) = at.filter(|_| all.len() < 6) {
        let Some(found) = regex.captures_at(text, from).expect("few steps") else { break };
        let place = found.place();
        let groups = std::iter::once(found.get(0)).chain(found.groups());
        let groups = groups.map(|group| group.map_or("~".to_owned(), |group| format!("'{}'", escaped(group))));
        let groups: Vec<String> = groups.collect();
        all.push(format!("{}:{}", text[..place.start].chars().count(), groups.join("|")));
        at = match text[place.end..].chars().next() {
            _ if !place.is_empty() => Some(place.end),
            Some(next) => Some(place.end + next.len_utf8()),
            None => None,
        };
    }
    if all.is_empty() { "none".to_owned() } else { all.join(" ; ") }
}

/// What Java takes and is refused here, out of the table.
const REFUSED: &[&str] = &[
    r"\N{DIGIT ONE}",
    "a{2}{3}",
    r"\X",
    "[a&&]",
    "[&&a]",
    "[a&&&b]",
    r"[\v-x]",
    r"\p{IsAlphabetic}+",
    r"\p{IsLatin}+",
    r"\p{script=Latin}+",
    r"\p{javaLowerCase}+",
    r"\p{IsWhite_Space}",
    r"\p{Cs}",
    r"\Ga",
    r"\b{g}",
    "(a|$)+",
    "(a*)*",
    "(a*)+",
    "(|a)+",
    "(?:a?|b)*",
    "(a?b?)*",
    r"(\w*\s*)*",
    "(?:a*?b?)*",
    "(a??)*",
    r"\1(a)",
    r"(a\1)",
    r"\2(a)(b)",
    r"(a)\2",
    r"(?i)(a)\1",
    "(?!(a))b",
    "(?!a(b)c)a",
    "(?<=a+)b",
    "(?<=a*)b",
    "(?<=a{2,})b",
    "(?<=(a)b?)c",
    "(?>(a)|b)c",
    "(?u)a",
    r"(?U)\w",
    "(?iu)é",
];

#[test]
fn java_finds_the_same() {
    let mut refused = Vec::new();
    for line in JAVA.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [pattern, text, wanted] = cells[..] else { panic!("{line}") };
        let (pattern, text) = (unescaped(pattern), unescaped(text));
        match parsed(&pattern) {
            Ok(regex) => assert_eq!(found(&regex, &text), wanted, "{line}"),
            Err(message) => {
                assert!(message.contains(&pattern), "{message}");
                if wanted != "error" && !refused.contains(&pattern) {
                    refused.push(pattern);
                }
            }
        }
    }
    assert_eq!(refused, REFUSED);
}

#[test]
fn the_linear_engine_serves_wherever_it_can() {
    let engine = |pattern: &str, text: &str| match parsed(pattern).expect("carried").0.engine(text) {
        Engine::Linear(_) => "linear",
        Engine::Exact(_) => "exact",
    };
    assert_eq!(engine(r"^(\w+)\b.*?x{2,3}$", "a line"), "linear");
    assert_eq!(engine("a$", "a line\n"), "exact");
    assert_eq!(engine(r"\ba", "ä"), "exact");
    assert_eq!(engine("a(?=b)", "ab"), "exact");
}

#[test]
fn a_search_ends() {
    let regex = parsed(r"^(?:(a)|(a)|(a))*\1c").expect("carried");
    let message = regex.find(&"a".repeat(40)).expect_err("there is a limit");
    assert!(message.contains(r"^(?:(a)|(a)|(a))*\1c"), "{message}");
    assert!(regex.captures_at(&"a".repeat(40), 0).is_err());
    assert_eq!(regex.find("aac"), Ok(Some("aac")));
}

#[test]
fn all_of_a_text_must_fit() {
    let at = Position { line: 1, column: 1 };
    let whole = JavaRegex::parse_whole(r"(a|ab)(\d*)", Span { start: at, end: at }).expect("carried");
    assert_eq!(whole.groups(), 2);
    let found = whole.captures_at("ab12", 0).expect("few steps").expect("it fits");
    assert_eq!(found.groups().collect::<Vec<_>>(), [Some("ab"), Some("12")]);
    assert!(whole.captures_at("ab12x", 0).expect("few steps").is_none());
}

#[test]
fn patterns_that_are_too_much_are_refused() {
    for pattern in [&*"(".repeat(5_000), &*"[".repeat(5_000), &*format!("{}a{}", "(".repeat(200), ")".repeat(200))] {
        assert!(parsed(pattern).is_err());
    }
    for pattern in [r"\p{L}{1000}{1000}", r"(?:\p{L}{1000}){1000}", r"(?=a)(?:\p{L}{1000}){1000}"] {
        assert!(parsed(pattern).is_err(), "{pattern}");
    }
}
