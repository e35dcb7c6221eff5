//! What a typed text asks for: a command behind a backslash, or statements that end with a semicolon.

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// Nothing.
    Nothing,
    /// `\q`
    Quit,
    /// `\help`
    Help,
    /// `\streams`
    Streams,
    /// `\d NAME`
    Describe(String),
    /// `\d`: what was defined so far.
    Definitions,
    /// `\reference NAME=SOURCE`: reads a table; without one the tables that were read.
    Reference(Option<String>),
    /// `\position [trim-horizon|latest]`
    Position(Option<String>),
    /// `\format [table|json|csv]`
    Format(Option<String>),
    /// `\reset`
    Reset,
    /// Statements.
    Sql(String),
    /// Something behind a backslash that is none of these.
    Unknown(String),
}

/// The commands, with what they do.
pub(super) const COMMANDS: &[(&str, &str)] = &[
    ("\\streams", "list the streams of the server and those defined here"),
    ("\\d NAME", "show the columns of a stream; without a name what was defined here"),
    ("\\reference NAME=SOURCE", "read a table from a file or from s3://BUCKET/KEY; without one list the tables"),
    ("\\position [trim-horizon|latest]", "show or set where queries begin to read"),
    ("\\format [table|json|csv]", "show or set how rows are written"),
    ("\\reset", "forget what was defined, and the columns that were discovered"),
    ("\\help", "show this"),
    ("\\q", "leave; Ctrl-D does too"),
];

impl Command {
    /// Reads what was typed.
    pub(super) fn of(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Self::Nothing;
        }
        let Some(command) = text.strip_prefix('\\') else {
            return Self::Sql(text.to_owned());
        };
        let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let name = rest.trim().trim_end_matches(';').trim();
        let argument = (!name.is_empty()).then(|| name.to_owned());
        match (word.trim_end_matches(';'), argument) {
            ("q" | "quit" | "exit", _) => Self::Quit,
            ("help" | "h" | "?", _) => Self::Help,
            ("streams" | "dt", _) => Self::Streams,
            ("d", Some(name)) => Self::Describe(unquoted(&name)),
            ("d", None) => Self::Definitions,
            ("reference", source) => Self::Reference(source),
            ("position", position) => Self::Position(position),
            ("format", format) => Self::Format(format),
            ("reset", _) => Self::Reset,
            (other, _) => Self::Unknown(other.to_owned()),
        }
    }
}

/// A name without its quotes.
pub(super) fn unquoted(name: &str) -> String {
    match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

/// Whether Enter ends the text: a command's line, or statements whose last one has its semicolon.
pub(super) fn is_complete(text: &str) -> bool {
    let text = text.trim();
    text.is_empty() || text.starts_with('\\') || ends_with_semicolon(text)
}

/// Whether the last thing outside of quotes and comments is a semicolon.
fn ends_with_semicolon(text: &str) -> bool {
    let mut last = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match (letter, letters.peek()) {
            ('\'' | '"', _) => {
                if !letters.by_ref().any(|other| other == letter) {
                    return false;
                }
                last = letter;
            }
            ('-', Some('-')) | ('/', Some('/')) => {
                letters.by_ref().find(|other| *other == '\n');
            }
            ('/', Some('*')) => {
                let mut before = ' ';
                letters.next();
                if !letters.by_ref().any(|other| std::mem::replace(&mut before, other) == '*' && other == '/') {
                    return false;
                }
            }
            (blank, _) if blank.is_whitespace() => {}
            (other, _) => last = other,
        }
    }
    last == ';'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_stand_behind_a_backslash() {
        for (text, command) in [
            ("  ", Command::Nothing),
            ("\\q", Command::Quit),
            ("\\streams;", Command::Streams),
            ("\\d orders", Command::Describe("orders".to_owned())),
            (" \\d \"my \"\"stream\"\"\" ; ", Command::Describe("my \"stream\"".to_owned())),
            ("\\d", Command::Definitions),
            ("\\format json", Command::Format(Some("json".to_owned()))),
            ("\\reference", Command::Reference(None)),
            ("\\reference T=a b.csv", Command::Reference(Some("T=a b.csv".to_owned()))),
            ("\\position", Command::Position(None)),
            ("\\drop it", Command::Unknown("drop".to_owned())),
            ("SELECT 1;", Command::Sql("SELECT 1;".to_owned())),
        ] {
            assert_eq!(Command::of(text), command, "{text}");
        }
    }

    #[test]
    fn a_statement_is_complete_with_its_semicolon() {
        for (text, complete) in [
            ("", true),
            ("\\d x", true),
            ("SELECT STREAM *\nFROM x", false),
            ("SELECT STREAM *\nFROM x;  ", true),
            ("SELECT ';'", false),
            ("SELECT 'it''s;' FROM \"a;\" ;", true),
            ("SELECT 'not closed;", false),
            ("SELECT 1; -- a remark", true),
            ("SELECT 1 -- a remark;", false),
            ("SELECT 1 // a remark;", false),
            ("SELECT 1; /* a remark **/", true),
            ("SELECT 1; /* not closed", false),
            ("SELECT 1 /* ; */", false),
            ("SELECT 4/2;", true),
        ] {
            assert_eq!(is_complete(text), complete, "{text}");
        }
    }
}
