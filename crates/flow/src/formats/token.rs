//! A value of a record before it has a type: where its text stands, and what kind of value it is.

/// What kind of value a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// There is none, or it is `null`.
    Null,
    /// `true`.
    True,
    /// `false`.
    False,
    /// A JSON number.
    Number,
    /// Characters as they stand there.
    Text,
    /// Characters between quotes, with escapes that must be undone: JSON's backslashes.
    Escaped,
    /// Characters between quotes, in which a quote is written twice: CSV.
    Doubled,
    /// An array or an object, as it stands there.
    Nested,
}

/// A value and where it stands in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// Its kind.
    pub(super) kind: Kind,
    /// The first byte, behind a quote.
    pub(super) start: u32,
    /// Behind the last byte, before a quote.
    pub(super) end: u32,
}

impl Token {
    /// Nothing.
    pub(super) const NULL: Self = Self { kind: Kind::Null, start: 0, end: 0 };

    /// A value; records are at most 2³²−1 bytes long.
    pub(super) fn new(kind: Kind, start: usize, end: usize) -> Self {
        debug_assert!(end <= u32::MAX as usize, "the decoder refuses longer texts");
        Self { kind, start: start as u32, end: end as u32 }
    }

    /// Its characters.
    pub(super) fn text(self, all: &str) -> &str {
        all.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}
