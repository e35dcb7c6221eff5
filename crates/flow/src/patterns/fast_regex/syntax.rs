//! The expressions of a fast pattern: a syntax of their own, carried over into that of the `regex` crate.

/// An expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// One character, as the inside of a class.
    One(String),
    /// One expression behind the other; none is the empty text.
    Chain(Vec<Node>),
    /// Any of these.
    Union(Vec<Node>),
    /// So many times, without an end if there is no second number.
    Repeat(Box<Node>, u32, Option<u32>),
    /// Any text.
    Anything,
    /// No text at all, not even an empty one.
    Nothing,
    /// A number between two; with leading zeros if both are written with as many digits.
    Interval(u64, u64, Option<usize>),
}

/// The most repetitions that a pattern may count.
const COUNT_MAX: u32 = 1_000;

impl Node {
    /// How many characters it always takes.
    pub(super) fn width(&self) -> Option<usize> {
        match self {
            Self::One(_) => Some(1),
            Self::Chain(parts) => parts.iter().map(Self::width).sum(),
            Self::Union(parts) => {
                let first = parts.first()?.width()?;
                parts.iter().all(|part| part.width() == Some(first)).then_some(first)
            }
            Self::Repeat(part, least, most) => {
                let count = usize::try_from(*least).ok()?;
                if *most == Some(*least) { part.width()?.checked_mul(count) } else { None }
            }
            Self::Anything | Self::Nothing => None,
            Self::Interval(_, _, digits) => *digits,
        }
    }

    /// The expression in the `regex` crate's syntax.
    pub(super) fn source(&self) -> String {
        match self {
            Self::One(class) => format!("[{class}]"),
            Self::Chain(parts) => parts.iter().map(Self::source).collect(),
            Self::Union(parts) => {
                let parts: Vec<String> = parts.iter().map(Self::source).collect();
                format!("(?:{})", parts.join("|"))
            }
            Self::Repeat(part, least, most) => {
                let most = most.map_or_else(String::new, |most| most.to_string());
                format!("(?:{}){{{least},{most}}}", part.source())
            }
            Self::Anything => "[\\x{0}-\\x{10FFFF}]*".to_owned(),
            Self::Nothing => "[a&&b]".to_owned(),
            Self::Interval(from, to, digits) => interval(*from, *to, *digits),
        }
    }

    /// Parts that always take as many characters at the start, and the rest. `x+` starts with an `x`.
    pub(super) fn divided(self) -> (Vec<Node>, Vec<Node>) {
        let parts = match self {
            Self::Chain(parts) => parts,
            other => vec![other],
        };
        let (mut fixed, mut rest) = (Vec::new(), Vec::new());
        for part in parts {
            match part {
                part if !rest.is_empty() => rest.push(part),
                part if part.width().is_some() => fixed.push(part),
                Self::Repeat(inner, least, most) if least > 0 && inner.width().is_some() => {
                    fixed.push(Self::Repeat(inner.clone(), least, Some(least)));
                    rest.push(Self::Repeat(inner, 0, most.map(|most| most - least)));
                }
                part => rest.push(part),
            }
        }
        (fixed, rest)
    }
}

/// Alternatives for the numbers from one to another.
fn interval(from: u64, to: u64, digits: Option<usize>) -> String {
    let mut ranges = Vec::new();
    let mut low = from;
    while low <= to {
        // The largest block of numbers with as many digits and the same leading ones that begins here.
        let mut size: u64 = 1;
        while low >= size * 10 && low.is_multiple_of(size * 10) && low + (size * 10 - 1) <= to {
            size *= 10;
        }
        let count = ((to - low + 1) / size).min(10 - low / size % 10);
        let (first, last) = (low / size, low / size + count - 1);
        let zeros = size.ilog10();
        let mut range = String::new();
        if first / 10 > 0 {
            range.push_str(&(first / 10).to_string());
        }
        range.push_str(&format!("[{}-{}]", first % 10, last % 10));
        if zeros > 0 {
            range.push_str(&format!("[0-9]{{{zeros}}}"));
        }
        let written = (last * size).to_string().len();
        let padding = match digits {
            Some(digits) => "0".repeat(digits.saturating_sub(written)),
            None => "0*".to_owned(),
        };
        ranges.push(format!("{padding}{range}"));
        low += size * count;
    }
    format!("(?:{})", ranges.join("|"))
}

/// An expression and what stands behind it: the end, or `)` if `inside` a group.
pub(super) fn parse(text: &str) -> Result<(Node, &str), String> {
    let (first, mut rest) = intersection(text)?;
    let mut parts = vec![first];
    while let Some(behind) = rest.strip_prefix('|') {
        let (part, behind) = intersection(behind)?;
        parts.push(part);
        rest = behind;
    }
    Ok((if parts.len() == 1 { parts.remove(0) } else { Node::Union(parts) }, rest))
}

fn intersection(text: &str) -> Result<(Node, &str), String> {
    let (mut node, mut rest) = chain(text)?;
    while let Some(behind) = rest.strip_prefix('&') {
        let (other, behind) = chain(behind)?;
        let (Some(one), Some(two)) = (class(&node), class(&other)) else {
            return Err("the sign & is supported only between expressions for one character".to_owned());
        };
        node = Node::One(format!("[{one}]&&[{two}]"));
        rest = behind;
    }
    Ok((node, rest))
}

/// The inside of a class that means the same.
fn class(node: &Node) -> Option<String> {
    match node {
        Node::One(class) => Some(class.clone()),
        Node::Chain(parts) if parts.len() == 1 => class(&parts[0]),
        Node::Union(parts) => parts.iter().map(|part| class(part).map(|class| format!("[{class}]"))).collect(),
        _ => None,
    }
}

fn chain(text: &str) -> Result<(Node, &str), String> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while !rest.is_empty() && !rest.starts_with(['|', '&', ')']) {
        let (part, behind) = repeated(rest)?;
        parts.push(part);
        rest = behind;
    }
    Ok((if parts.len() == 1 { parts.remove(0) } else { Node::Chain(parts) }, rest))
}

fn repeated(text: &str) -> Result<(Node, &str), String> {
    let (mut node, mut rest) = simple(text)?;
    loop {
        let (least, most, behind) = match rest.chars().next() {
            Some('?') => (0, Some(1), &rest[1..]),
            Some('*') => (0, None, &rest[1..]),
            Some('+') => (1, None, &rest[1..]),
            Some('{') => counts(&rest[1..])?,
            _ => return Ok((node, rest)),
        };
        node = Node::Repeat(Box::new(node), least, most);
        rest = behind;
    }
}

/// `n}`, `n,}` or `n,m}`.
fn counts(text: &str) -> Result<(u32, Option<u32>, &str), String> {
    let wrong = || format!("between braces stand one or two numbers up to {COUNT_MAX}");
    let (inside, behind) = text.split_once('}').ok_or_else(wrong)?;
    let number = |digits: &str| digits.parse::<u32>().ok().filter(|count| *count <= COUNT_MAX).ok_or_else(wrong);
    let (least, most) = match inside.split_once(',') {
        None => (number(inside)?, Some(number(inside)?)),
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
    };
    if most.is_some_and(|most| most < least) { Err(wrong()) } else { Ok((least, most, behind)) }
}

fn simple(text: &str) -> Result<(Node, &str), String> {
    let character = text.chars().next().expect("the caller looked");
    let behind = &text[character.len_utf8()..];
    match character {
        '.' => Ok((Node::One("\\x{0}-\\x{10FFFF}".to_owned()), behind)),
        '#' => Ok((Node::Nothing, behind)),
        '@' => Ok((Node::Anything, behind)),
        '[' => bracketed(behind),
        '"' => {
            let (quoted, behind) = behind.split_once('"').ok_or("a quotation mark is not closed")?;
            Ok((Node::Chain(quoted.chars().map(|one| Node::One(escaped(one))).collect()), behind))
        }
        '(' => {
            let (inner, behind) = parse(behind)?;
            let behind = behind.strip_prefix(')').ok_or("a group is not closed")?;
            Ok((inner, behind))
        }
        '<' => {
            let (inside, behind) = behind.split_once('>').ok_or("a < is not closed")?;
            Ok((named(inside)?, behind))
        }
        '~' => Err("the sign ~ is not supported".to_owned()),
        '?' | '*' | '+' | '{' => Err(format!("the sign {character} has nothing before it")),
        '\\' => {
            let one = behind.chars().next().ok_or("it ends with a backslash")?;
            Ok((Node::One(escaped(one)), &behind[one.len_utf8()..]))
        }
        one => Ok((Node::One(escaped(one)), behind)),
    }
}

/// One character in a class of the `regex` crate.
fn escaped(character: char) -> String {
    format!("\\x{{{:X}}}", u32::from(character))
}

/// What stands between brackets.
fn bracketed(text: &str) -> Result<(Node, &str), String> {
    let (negated, mut rest) = match text.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    fn one(text: &str) -> Result<(char, &str), String> {
        let mut characters = text.chars();
        let first = characters.next().ok_or("a bracket is not closed")?;
        let meant = if first == '\\' { characters.next().ok_or("a bracket is not closed")? } else { first };
        Ok((meant, characters.as_str()))
    }
    let mut class = String::new();
    // A bracket that closes directly behind the opening one is a character.
    while class.is_empty() || !rest.starts_with(']') {
        let (first, behind) = one(rest)?;
        rest = behind;
        class.push_str(&escaped(first));
        if let Some(behind) = rest.strip_prefix('-').filter(|behind| !behind.starts_with(']')) {
            let (last, behind) = one(behind)?;
            if last < first {
                return Err(format!("the range {first}-{last} is empty"));
            }
            class.push_str(&format!("-{}", escaped(last)));
            rest = behind;
        }
    }
    let class = if negated { format!("^{class}") } else { class };
    Ok((Node::One(class), &rest[1..]))
}

/// A named pattern, or an interval of numbers.
fn named(inside: &str) -> Result<Node, String> {
    let class = match inside {
        "Digit" => "0-9",
        "Upper" => "A-Z",
        "Lower" => "a-z",
        "ASCII" => r"\x00-\x7F",
        "Alpha" => "a-zA-Z",
        "Alnum" => "a-zA-Z0-9",
        "Punct" => r"!-/:-@\[-`{-~",
        "Blank" => r" \t",
        "Space" => r" \t\n\x0C\r\x0B",
        "Cntrl" => r"\x00-\x1F\x7F",
        "XDigit" => "0-9a-fA-F",
        "Print" | "Graph" => r"a-zA-Z0-9!-/:-@\[-`{-~",
        _ => {
            let wrong = || format!("<{inside}> is no named pattern and no interval of numbers");
            let (from, to) = inside.split_once('-').ok_or_else(wrong)?;
            let number = |digits: &str| match digits.len() <= 18 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                true => digits.parse::<u64>().map_err(|_| wrong()),
                false => Err(wrong()),
            };
            let (low, high) = (number(from)?, number(to)?);
            let digits = (from.len() == to.len()).then_some(from.len());
            return Ok(Node::Interval(low.min(high), low.max(high), digits));
        }
    };
    Ok(Node::One(class.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        let (node, rest) = parse(pattern).expect("a pattern");
        assert_eq!(rest, "", "{pattern}");
        let source = format!("^(?:{})$", node.source());
        regex::Regex::new(&source).unwrap_or_else(|error| panic!("{source}: {error}")).is_match(text)
    }

    #[test]
    fn intervals_hold_their_numbers_and_no_others() {
        for (from, to) in [(0, 9), (7, 123), (99, 1_001), (0, 1_000), (10, 10), (255, 256)] {
            let pattern = format!("<{from}-{to}>");
            for number in 0..1_200_u64 {
                let within = (from..=to).contains(&number);
                let digits = |number: u64| number.to_string().len();
                let fixed = digits(from) == digits(to);
                let written =
                    if fixed { format!("{number:0width$}", width = digits(from)) } else { number.to_string() };
                assert_eq!(matches(&pattern, &written), within, "{written} in {pattern}");
            }
        }
        assert!(matches("<001-010>", "007"));
        assert!(!matches("<001-010>", "7"));
        assert!(matches("<1-10>", "007"));
    }

    #[test]
    fn every_sign_has_its_meaning() {
        assert!(matches("[a-c]&[^b]", "a"));
        assert!(!matches("[a-c]&[^b]", "b"));
        assert!(matches("(<Alpha>|<Digit>)&[^0]", "9"));
        assert!(!matches("(<Alpha>|<Digit>)&[^0]", "0"));
        assert!(matches("\"a.b\"@", "a.b and more\n"));
        assert!(!matches("\"a.b\"@", "axb"));
        assert!(!matches("a#", "a"));
        assert!(matches("()", ""));
        assert!(matches("a|bc{2}", "bcc"));
        assert!(matches("\\d[\\]^-]", "d]"));
        assert!(matches("<Punct>.{0,2}", "!ä"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for pattern in ["ab&cd", "~a", "*", "a{2", "a{3,2}", "[a", "[c-a]", "<Foo>", "\"a", "(a", "a\\"] {
            assert!(parse(pattern).is_err(), "{pattern}");
        }
    }
}
