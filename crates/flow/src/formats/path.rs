//! Paths into JSON documents: `$`, `$.a.b`, `$['a b']`, `$.list[2]`, `$.list[0:]`.
//!
//! What AWS supports of JSONPath: <https://docs.aws.amazon.com/kinesisanalytics/latest/dev/about-json-path.html>.

/// One step down a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The member of an object.
    Member(String),
    /// One element of an array.
    Index(usize),
    /// All elements of an array: `[0:]`.
    Elements,
}

/// The steps of a path, or what is wrong with it.
pub(super) fn parse(path: &str) -> Result<Vec<Step>, String> {
    let refuse = |what: &str| format!("'{path}' is not a path that is supported: {what}");
    let mut rest = path.trim().strip_prefix('$').ok_or_else(|| refuse("a path begins with '$'"))?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix('.') {
            let end = behind.find(['.', '[']).unwrap_or(behind.len());
            let name = &behind[..end];
            if name.is_empty() || name == "*" {
                return Err(refuse("a name must follow '.'"));
            }
            steps.push(Step::Member(name.to_owned()));
            rest = &behind[end..];
        } else if let Some(behind) = rest.strip_prefix('[') {
            let end = bracket_end(behind).ok_or_else(|| refuse("']' is missing"))?;
            steps.push(
                bracket(behind[..end].trim())
                    .ok_or_else(|| refuse("between brackets stands 0:, a number or a name in quotes"))?,
            );
            rest = &behind[end + 1..];
        } else {
            return Err(refuse("'.' or '[' is expected"));
        }
    }
    Ok(steps)
}

/// Where the bracket closes; a name in quotes may hold one.
fn bracket_end(text: &str) -> Option<usize> {
    let quote = text.chars().next().filter(|first| matches!(first, '\'' | '"'));
    match quote {
        Some(quote) => {
            let closing = 1 + text[1..].find(quote)?;
            Some(closing + text[closing..].find(']')?)
        }
        None => text.find(']'),
    }
}

fn bracket(text: &str) -> Option<Step> {
    if matches!(text, "0:" | "*" | ":") {
        return Some(Step::Elements);
    }
    for quote in ['\'', '"'] {
        if let Some(name) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            return Some(Step::Member(name.to_owned()));
        }
    }
    text.parse().ok().map(Step::Index)
}

/// A path that leads to a member, written so that [`parse`] reads it back.
pub(super) fn member(parent: &str, name: &str) -> String {
    let plain =
        !name.is_empty() && name.chars().all(|one| one.is_alphanumeric() || matches!(one, '_' | '-' | ' ' | '@' | ':'));
    match (plain, name.contains('\'')) {
        (true, _) => format!("{parent}.{name}"),
        (false, false) => format!("{parent}['{name}']"),
        (false, true) => format!("{parent}[\"{name}\"]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        let member = |name: &str| Step::Member(name.to_owned());
        assert_eq!(parse("$"), Ok(vec![]));
        assert_eq!(parse("$.a.b c"), Ok(vec![member("a"), member("b c")]));
        assert_eq!(parse("$['a.b][']['x']"), Ok(vec![member("a.b]["), member("x")]));
        assert_eq!(parse("$.orders[0:].id"), Ok(vec![member("orders"), Step::Elements, member("id")]));
        assert_eq!(parse("$[0:]"), Ok(vec![Step::Elements]));
        assert_eq!(parse("$.list[3]"), Ok(vec![member("list"), Step::Index(3)]));
        for wrong in ["a.b", "$a", "$..a", "$.a[", "$.a[?(@.x)]", "$.a[1:2]", "$.", "$.*"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn written_paths_read_back() {
        for name in ["a", "a.b", "it's", "[x]", "a b", "@@"] {
            assert_eq!(
                parse(&super::member("$.p", name)),
                Ok(vec![Step::Member("p".into()), Step::Member(name.into())])
            );
        }
    }
}
