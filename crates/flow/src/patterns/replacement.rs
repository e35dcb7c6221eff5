//! What replaces a match: Java's `$1`, `${name}` and `\x` in `Matcher.appendReplacement`.

use super::java_regex::Found;

/// Writes the replacement for a match.
///
/// # Errors
/// Groups that the pattern has not, and a `$` or `\` with nothing behind it, as a sentence without its full stop.
pub fn expand(replacement: &str, found: &Found<'_, '_>, out: &mut String) -> Result<(), String> {
    let wrong = |why: &str| format!("The replacement '{replacement}' {why}");
    let mut rest = replacement;
    while let Some(at) = rest.find(['$', '\\']) {
        out.push_str(&rest[..at]);
        let (sign, behind) = rest[at..].split_at(1);
        if sign == "\\" {
            let Some(escaped) = behind.chars().next() else { return Err(wrong("ends with a backslash")) };
            out.push(escaped);
            rest = &behind[escaped.len_utf8()..];
            continue;
        }
        if let Some(named) = behind.strip_prefix('{') {
            let Some((name, behind)) = named.split_once('}') else { return Err(wrong("has a { that is not closed")) };
            // A group that took no part is empty; one that is not there is wrong.
            let group =
                found.named(name).ok_or_else(|| wrong(&format!("means the group '{name}', which is not there")))?;
            out.push_str(found.get(group).unwrap_or_default());
            rest = behind;
            continue;
        }
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return Err(wrong("has a $ without a group"));
        }
        // As many digits as make a group that there is, at least one.
        let group = |length: usize| behind[..length].parse::<usize>().ok().filter(|group| *group < found.count());
        let Some((length, group)) = (1..=digits.min(3)).rev().find_map(|length| Some((length, group(length)?))) else {
            return Err(wrong(&format!("means the group {}, which is not there", &behind[..1])));
        };
        out.push_str(found.get(group).unwrap_or_default());
        rest = &behind[length..];
    }
    out.push_str(rest);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::JavaRegex;
    use crate::{Position, Span};

    fn replaced(replacement: &str) -> Result<String, String> {
        let at = Position { line: 1, column: 1 };
        let regex = JavaRegex::parse("(a)(?<b>b)?(x)?", Span { start: at, end: at }).expect("valid");
        let mut out = String::new();
        let found = regex.captures_at("ab", 0).expect("few steps").expect("it matches");
        expand(replacement, &found, &mut out).map(|()| out)
    }

    #[test]
    fn groups_and_escapes() {
        assert_eq!(replaced("[$1-${b}]$0"), Ok("[a-b]ab".to_owned()));
        assert_eq!(replaced(r"\$1\\$3"), Ok(r"$1\".to_owned()));
        assert_eq!(replaced("$11"), Ok("a1".to_owned()));
    }

    #[test]
    fn what_java_refuses_is_refused() {
        for wrong in ["$9", "$", "\\", "${b", "${other}"] {
            assert!(replaced(wrong).is_err(), "{wrong}");
        }
    }
}
