//! Java's regular expressions, as far as the `regex` crate carries them.
//!
//! What it lacks is refused: look-around, back references, possessive quantifiers, `\G`, class intersections with `&&` are kept
//! (both have them). Source of the syntax: <https://docs.oracle.com/javase/8/docs/api/java/util/regex/Pattern.html>.

use crate::{Fault, Span};

/// The regular expression in the `regex` crate's syntax.
///
/// # Errors
/// What Java has and that crate has not, and what neither takes.
pub fn java_regex(pattern: &str, span: Span) -> Result<String, Fault> {
    let refuse = |why: &str| Err(Fault::new(span, format!("Regular expression '{pattern}': {why}")));
    let mut out = String::with_capacity(pattern.len());
    let mut characters = pattern.chars().peekable();
    let mut after_quantifier = false;
    while let Some(character) = characters.next() {
        let mut quantifier = false;
        match character {
            '\\' => match characters.next() {
                None => return refuse("it ends with a backslash"),
                Some('1'..='9' | 'k') => return refuse("references to earlier groups are not supported"),
                Some('G') => return refuse("\\G is not supported"),
                Some('R') => out.push_str(r"(?:\r\n|[\n\x0B\x0C\r\u{85}\u{2028}\u{2029}])"),
                Some('h') => out.push_str(r"[ \t\u{A0}\u{1680}\u{180E}\u{2000}-\u{200A}\u{202F}\u{205F}\u{3000}]"),
                Some('e') => out.push_str(r"\x1B"),
                Some('Z') => out.push_str(r"(?:\r?\n)?\z"),
                // Java's classes are ASCII unless told otherwise.
                Some('d') => out.push_str("[0-9]"),
                Some('D') => out.push_str("[^0-9]"),
                Some('w') => out.push_str("[a-zA-Z0-9_]"),
                Some('W') => out.push_str("[^a-zA-Z0-9_]"),
                Some('s') => out.push_str(r"[ \t\n\x0B\x0C\r]"),
                Some('S') => out.push_str(r"[^ \t\n\x0B\x0C\r]"),
                Some('Q') => {
                    let rest: String = characters.clone().collect();
                    let quoted = rest.split("\\E").next().unwrap_or_default();
                    out.push_str(&::regex::escape(quoted));
                    let skipped = quoted.chars().count() + if rest.contains("\\E") { 2 } else { 0 };
                    if skipped > 0 {
                        characters.nth(skipped - 1);
                    }
                }
                Some(kind @ ('p' | 'P')) => out.push_str(&property(kind, &mut characters, pattern, span)?),
                Some(other) => {
                    out.push('\\');
                    out.push(other);
                }
            },
            '(' if characters.peek() == Some(&'?') => {
                let rest: String = characters.clone().skip(1).take(2).collect();
                if rest.starts_with(['=', '!']) || rest == "<=" || rest == "<!" {
                    return refuse("look-ahead and look-behind are not supported");
                }
                if rest.starts_with('>') {
                    return refuse("atomic groups are not supported");
                }
                out.push('(');
            }
            '*' | '+' | '?' | '}' => {
                if after_quantifier && character == '+' {
                    return refuse("possessive quantifiers are not supported");
                }
                quantifier = true;
                out.push(character);
            }
            other => out.push(other),
        }
        after_quantifier = quantifier;
    }
    match ::regex::RegexBuilder::new(&out).size_limit(1 << 20).build() {
        Ok(_) => Ok(out),
        Err(::regex::Error::CompiledTooBig(_)) => refuse("it is too large"),
        Err(_) => refuse("it is not a regular expression"),
    }
}

/// `\p{…}`: POSIX names are Java's, the rest is Unicode in both.
fn property(
    kind: char,
    characters: &mut std::iter::Peekable<std::str::Chars<'_>>,
    pattern: &str,
    span: Span,
) -> Result<String, Fault> {
    if characters.peek() != Some(&'{') {
        let name = characters.next().map(String::from).unwrap_or_default();
        return Ok(format!("\\{kind}{{{name}}}"));
    }
    let name: String = characters.by_ref().skip(1).take_while(|character| *character != '}').collect();
    let class = match name.as_str() {
        "Lower" => "a-z",
        "Upper" => "A-Z",
        "ASCII" => r"\x00-\x7F",
        "Alpha" => "a-zA-Z",
        "Digit" => "0-9",
        "Alnum" => "a-zA-Z0-9",
        "Punct" => r"!-/:-@\[-`{-~",
        "Graph" => "!-~",
        "Print" => " -~",
        "Blank" => r" \t",
        "Cntrl" => r"\x00-\x1F\x7F",
        "XDigit" => "0-9a-fA-F",
        "Space" => r" \t\n\x0B\x0C\r",
        other if other.starts_with("java") || other.starts_with("Is") && other.len() > 4 => {
            let message = format!("Regular expression '{pattern}': the class '{other}' is not supported");
            return Err(Fault::new(span, message));
        }
        other => return Ok(format!("\\{kind}{{{}}}", other.strip_prefix("Is").unwrap_or(other))),
    };
    Ok(if kind == 'p' { format!("[{class}]") } else { format!("[^{class}]") })
}

/// How many groups a regular expression that was checked captures.
pub fn groups(regex: &str) -> usize {
    ::regex::Regex::new(regex).map_or(0, |regex| regex.captures_len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Position;

    fn translated(pattern: &str) -> Result<String, String> {
        let at = Position { line: 1, column: 1 };
        java_regex(pattern, Span { start: at, end: at }).map_err(|fault| fault.message)
    }

    #[test]
    fn java_s_classes_are_ascii() {
        let regex = ::regex::Regex::new(&translated(r"^\d+\s\p{Alpha}+\Q.*\E$").expect("carried")).expect("valid");
        assert!(regex.is_match("12 ab.*"));
        assert!(!regex.is_match("१२ ab.*"));
    }

    #[test]
    fn what_cannot_be_carried_is_refused_by_name() {
        for pattern in ["(?=a)", "(?<!a)b", r"(a)\1", "a++", "(?>a)", r"\Ga", "a(", r"\p{javaLowerCase}"] {
            let message = translated(pattern).expect_err(pattern);
            assert!(message.contains(pattern), "{message}");
        }
    }

    #[test]
    fn groups_are_counted() {
        assert_eq!(groups(&translated("(a)(?:b)(?<x>c)").expect("carried")), 2);
    }
}
