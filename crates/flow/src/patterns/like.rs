//! LIKE and SIMILAR TO as regular expressions that must match a whole text.

use crate::{Fault, Span};

/// The regular expression of a LIKE pattern, or of a SIMILAR TO pattern.
///
/// # Errors
/// An escape character before something that needs no escape, and brackets that do not match.
pub fn like(pattern: &str, escape: Option<char>, similar: bool, span: Span) -> Result<String, Fault> {
    let regex = format!("(?s)^(?:{})$", translated(pattern, escape, similar, span)?);
    checked(regex, pattern, span)
}

/// What a text must be for a LIKE pattern that needs no regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Simple {
    /// This text.
    Whole(String),
    /// One that starts so.
    Start(String),
    /// One that ends so.
    End(String),
    /// One that holds this.
    Anywhere(String),
}

/// A LIKE pattern without `_`, and with `%` only at its ends; nothing for another one.
pub fn simple(pattern: &str, escape: Option<char>) -> Option<Simple> {
    let mut text = String::new();
    let (mut before, mut behind) = (false, false);
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            _ if Some(character) == escape && behind => return None,
            _ if Some(character) == escape => text.push(characters.next()?),
            '_' => return None,
            '%' if text.is_empty() => before = true,
            '%' => behind = true,
            _ if behind => return None,
            _ => text.push(character),
        }
    }
    Some(match (before, behind) {
        (false, false) => Simple::Whole(text),
        (false, true) => Simple::Start(text),
        (true, false) => Simple::End(text),
        (true, true) => Simple::Anywhere(text),
    })
}

/// The group of [`three_parts`] that is the middle part.
pub const MIDDLE: &str = "middle";

/// The regular expression of a SIMILAR TO pattern of three parts, between which stand the escape character and a quotation mark.
///
/// # Errors
/// Other than three parts, and what [`like`] refuses.
pub fn three_parts(pattern: &str, escape: &str, span: Span) -> Result<String, Fault> {
    let mut characters = escape.chars();
    let (Some(escape), None) = (characters.next(), characters.next()) else {
        return Err(Fault::new(span, "ESCAPE takes one character"));
    };
    let parts: Vec<&str> = pattern.split(&format!("{escape}\"")).collect();
    let [before, middle, behind] = parts[..] else {
        let message = format!("Pattern '{pattern}' must have three parts, with {escape}\" between them");
        return Err(Fault::new(span, message));
    };
    let part = |part: &str| translated(part, Some(escape), true, span);
    let (before, middle, behind) = (part(before)?, part(middle)?, part(behind)?);
    checked(format!("(?s)^(?:{before})(?<{MIDDLE}>{middle})(?:{behind})$"), pattern, span)
}

fn checked(regex: String, pattern: &str, span: Span) -> Result<String, Fault> {
    match regex::Regex::new(&regex) {
        Ok(_) => Ok(regex),
        Err(_) => Err(Fault::new(span, format!("Pattern '{pattern}': it is not a pattern"))),
    }
}

fn translated(pattern: &str, escape: Option<char>, similar: bool, span: Span) -> Result<String, Fault> {
    let wrong = |why: &str| Fault::new(span, format!("Pattern '{pattern}': {why}"));
    let mut out = String::new();
    let mut characters = pattern.chars();
    let mut in_class = false;
    while let Some(character) = characters.next() {
        if Some(character) == escape {
            let Some(escaped) = characters.next() else { return Err(wrong("the escape character stands at its end")) };
            let special =
                matches!(escaped, '%' | '_') || Some(escaped) == escape || similar && is_similar_sign(escaped);
            if !special {
                return Err(wrong("the escape character stands before something that needs none"));
            }
            push_literal(&mut out, escaped);
            continue;
        }
        match character {
            '%' if !in_class => out.push_str(".*"),
            '_' if !in_class => out.push('.'),
            '[' if similar && !in_class => {
                in_class = true;
                out.push('[');
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '^' | '-' if in_class => out.push(character),
            '|' | '*' | '+' | '?' | '(' | ')' | '{' | '}' if similar && !in_class => out.push(character),
            ',' if similar => out.push(','),
            other => push_literal(&mut out, other),
        }
    }
    if in_class {
        return Err(wrong("a bracket is not closed"));
    }
    Ok(out)
}

fn is_similar_sign(character: char) -> bool {
    matches!(character, '|' | '*' | '+' | '?' | '(' | ')' | '{' | '}' | '[' | ']' | '^' | '-')
}

fn push_literal(out: &mut String, character: char) {
    out.push_str(&regex::escape(character.encode_utf8(&mut [0; 4])));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Position;

    fn matches(text: &str, pattern: &str, escape: Option<char>, similar: bool) -> bool {
        let at = Position { line: 1, column: 1 };
        let regex = like(pattern, escape, similar, Span { start: at, end: at }).expect("a pattern");
        regex::Regex::new(&regex).expect("a regular expression").is_match(text)
    }

    #[test]
    fn like_matches_whole_texts() {
        assert!(matches("AMZN", "A%", None, false));
        assert!(!matches("xAMZN", "A%", None, false));
        assert!(matches("a.b", "a._", None, false));
        assert!(!matches("axb", "a._", None, false));
        assert!(matches("50%\nx", "50!%%", Some('!'), false));
        assert!(!matches("500", "50!%", Some('!'), false));
    }

    #[test]
    fn simple_patterns_are_known() {
        for (pattern, escape, expected) in [
            ("", None, Some(Simple::Whole(String::new()))),
            ("a.b", None, Some(Simple::Whole("a.b".to_owned()))),
            ("a%", None, Some(Simple::Start("a".to_owned()))),
            ("%%a", None, Some(Simple::End("a".to_owned()))),
            ("%", None, Some(Simple::End(String::new()))),
            ("%a%%", None, Some(Simple::Anywhere("a".to_owned()))),
            ("\\%", None, Some(Simple::Start("\\".to_owned()))),
            ("5!%%", Some('!'), Some(Simple::Start("5%".to_owned()))),
            ("%!%", Some('!'), Some(Simple::End("%".to_owned()))),
            ("!_!!", Some('!'), Some(Simple::Whole("_!".to_owned()))),
            ("%%%", Some('%'), None),
            ("a%!%", Some('!'), None),
            ("a%b", None, None),
            ("a_", None, None),
        ] {
            assert_eq!(simple(pattern, escape), expected, "{pattern}");
        }
    }

    #[test]
    fn similar_takes_alternatives_and_classes() {
        assert!(matches("abc", "(abc|def)", None, true));
        assert!(matches("b7", "[a-c][0-9]", None, true));
        assert!(!matches("d7", "[a-c][0-9]", None, true));
        assert!(matches("aaa", "a{2,3}", None, true));
    }
}
