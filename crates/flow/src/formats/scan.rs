//! Where a JSON value ends. Texts are looked through eight bytes at a time.

/// A document that is not JSON; the byte where that shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed(pub(super) usize);

/// How deep arrays and objects may lie in one another.
pub(super) const DEPTH_MAX: usize = 120;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// High bits at and possibly behind the first byte that is `"`, `\` or a control character.
#[inline]
pub(super) fn special(word: u64) -> u64 {
    let equal = |byte: u8| {
        let difference = word ^ (ONES * u64::from(byte));
        difference.wrapping_sub(ONES) & !difference
    };
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (equal(b'"') | equal(b'\\') | control) & HIGHS
}

/// Behind the white space.
#[inline]
pub(super) fn white(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\t' | b'\r') = text.get(at) {
        at += 1;
    }
    at
}

/// The closing quote of the text that begins at `at`, behind its quote, and whether there are escapes.
#[inline]
pub(super) fn text_end(text: &[u8], mut at: usize) -> Result<(usize, bool), Malformed> {
    let mut escaped = false;
    loop {
        while let Some(chunk) = text.get(at..).and_then(<[u8]>::first_chunk::<8>) {
            let found = special(u64::from_le_bytes(*chunk));
            if found != 0 {
                at += (found.trailing_zeros() / 8) as usize;
                break;
            }
            at += 8;
        }
        match text.get(at) {
            Some(b'"') => return Ok((at, escaped)),
            Some(b'\\') => {
                escaped = true;
                at += 2;
            }
            Some(0..0x20) | None => return Err(Malformed(at)),
            Some(_) => at += 1,
        }
    }
}

/// Behind a number that JSON's grammar allows.
#[inline]
pub(super) fn number_end(text: &[u8], start: usize) -> Result<usize, Malformed> {
    let digits = |mut at: usize| {
        while text.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let first = start + usize::from(text.get(start) == Some(&b'-'));
    let mut at = digits(first);
    if at == first || (text[first] == b'0' && at > first + 1) {
        return Err(Malformed(at));
    }
    if text.get(at) == Some(&b'.') {
        let fraction = at + 1;
        at = digits(fraction);
        if at == fraction {
            return Err(Malformed(at));
        }
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let exponent = at + 1 + usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        at = digits(exponent);
        if at == exponent {
            return Err(Malformed(at));
        }
    }
    Ok(at)
}

/// Behind `true`, `false` or `null`.
#[inline]
pub(super) fn word_end(text: &[u8], at: usize, word: &[u8]) -> Result<usize, Malformed> {
    match text.get(at..at + word.len()) {
        Some(found) if found == word => Ok(at + word.len()),
        // A word that is cut off may go on in the next piece.
        None if word.starts_with(&text[at..]) => Err(Malformed(text.len())),
        _ => Err(Malformed(at)),
    }
}

/// Behind any value.
#[inline]
pub(super) fn skip(text: &[u8], at: usize) -> Result<usize, Malformed> {
    match text.get(at) {
        Some(b'"') => text_end(text, at + 1).map(|(end, _)| end + 1),
        Some(b'-' | b'0'..=b'9') => number_end(text, at),
        Some(b'{' | b'[') => nested_end(text, at),
        Some(b't') => word_end(text, at, b"true"),
        Some(b'f') => word_end(text, at, b"false"),
        Some(b'n') => word_end(text, at, b"null"),
        _ => Err(Malformed(at)),
    }
}

/// Behind an array or an object. What stands in it is only looked at as far as quotes and brackets go, and for
/// characters that JSON does not have outside of texts.
pub(super) fn nested_end(text: &[u8], start: usize) -> Result<usize, Malformed> {
    // One bit a level: 1 for an object.
    let (mut objects, mut depth, mut at) = (0_u128, 0_usize, start);
    loop {
        let Some(byte) = text.get(at) else { return Err(Malformed(at)) };
        match byte {
            b'"' => {
                at = text_end(text, at + 1)?.0 + 1;
                continue;
            }
            b'{' | b'[' => {
                objects = objects << 1 | u128::from(*byte == b'{');
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(Malformed(at));
                }
            }
            b'}' | b']' => {
                if (objects & 1 == 1) != (*byte == b'}') {
                    return Err(Malformed(at));
                }
                objects >>= 1;
                depth -= 1;
                if depth == 0 {
                    return Ok(at + 1);
                }
            }
            b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' => {}
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                at = skip(text, at)?;
                continue;
            }
            _ => return Err(Malformed(at)),
        }
        at += 1;
    }
}

/// What the escapes of a text stand for, appended; false when one is none.
pub(super) fn unescape(mut text: &str, to: &mut String) -> bool {
    while let Some(at) = memchr::memchr(b'\\', text.as_bytes()) {
        to.push_str(&text[..at]);
        let Some(escape) = text.as_bytes().get(at + 1) else { return false };
        let mut used = at + 2;
        to.push(match escape {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let Some((one, behind)) = code_point(text, used) else { return false };
                used = behind;
                one
            }
            _ => return false,
        });
        text = &text[used..];
    }
    to.push_str(text);
    true
}

/// The character of `\uXXXX`, or of two such that make one; half of one becomes U+FFFD.
fn code_point(text: &str, at: usize) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 4).filter(|digits| digits.bytes().all(|one| one.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = unit(at)?;
    if (0xd800..0xdc00).contains(&first)
        && text.get(at + 4..at + 6) == Some("\\u")
        && let Some(second @ 0xdc00..0xe000) = unit(at + 6)
    {
        return Some((char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?, at + 10));
    }
    Some((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), at + 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_they_end() {
        let check = |text: &str, end: Option<usize>| assert_eq!(skip(text.as_bytes(), 0).ok(), end, "{text}");
        check("12,", Some(2));
        check("-0.5e+7}", Some(7));
        check("01", None);
        check("1.", None);
        check("-", None);
        check("1e", None);
        check("truely", Some(4));
        check("nul", None);
        check(r#""a text that is long enough\" for words",1"#, Some(40));
        check("\"no end", None);
        check("\"a line\nbreak\"", None);
        check(r#"{"a":[1,{"b":"]}"}],"c":null} "#, Some(29));
        check("[1,{]}", None);
        check("[1,x]", None);
        check(&"[".repeat(DEPTH_MAX + 1), None);
        let deep = format!("{}{}", "[".repeat(DEPTH_MAX), "]".repeat(DEPTH_MAX));
        check(&deep, Some(2 * DEPTH_MAX));
    }

    #[test]
    fn escapes_are_undone() {
        let check = |text: &str, expected: Option<&str>| {
            let mut to = String::new();
            let whole = unescape(text, &mut to);
            assert_eq!(whole.then_some(to.as_str()), expected, "{text}");
        };
        check(r#"a\n\"\\\/b"#, Some("a\n\"\\/b"));
        check(r"\u00e4\ud83d\ude00", Some("ä😀"));
        check(r"\ud83dx", Some("\u{fffd}x"));
        check(r"\x", None);
        check(r"\u12", None);
        check(r"\u+123", None);
    }

    #[test]
    fn special_bytes_are_found_in_words() {
        for byte in 0..=255_u8 {
            let word = u64::from_le_bytes([b'a', 0xc3, byte, b'x', b'"', b'x', b'x', b'x']);
            let first = if byte < 0x20 || byte == b'"' || byte == b'\\' { 2 } else { 4 };
            assert_eq!(special(word).trailing_zeros() / 8, first, "{byte}");
        }
    }
}
