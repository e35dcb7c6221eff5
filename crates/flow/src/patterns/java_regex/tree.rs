//! A Java regular expression as a tree, and what must be known of it before it can be written for an engine.

/// One part of a pattern. The flags that were on where it stands are worked into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// One character of a set, written as both engines read it.
    One(String),
    /// `\R`: a line's end, `\r\n` as one.
    LineBreak,
    /// `^` and `\A`.
    Start,
    /// `\z`.
    End,
    /// `$` and `\Z`: the end, or before a line's end that ends the text.
    LastLine { unix: bool },
    /// `^` of `(?m)`.
    LineStart { unix: bool },
    /// `$` of `(?m)`.
    LineEnd { unix: bool },
    /// `\b`, or `\B`.
    Boundary { negated: bool },
    /// One after the other.
    All(Vec<Self>),
    /// The first that fits.
    Any(Vec<Self>),
    /// A group that is counted, and perhaps has a name.
    Capture(Option<String>, Box<Self>),
    /// So many times.
    Repeat { node: Box<Self>, least: u32, most: Option<u32>, how: How },
    /// `(?>x)`.
    Atomic(Box<Self>),
    /// Look-ahead, and look-behind.
    Look { behind: bool, negated: bool, node: Box<Self> },
    /// What a group has matched.
    Back(usize),
}

/// Which number of repetitions is tried first, and whether others are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Greedy,
    Reluctant,
    Possessive,
}

/// What an engine must be able to do for a pattern.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// Going back over what was matched: looking round, earlier groups, atoms, lines.
    pub backtracking: bool,
    /// Words' edges. In ASCII they are the same everywhere.
    pub words: bool,
    /// The end before a last line break. Without such a break it is the end.
    pub last_line: bool,
}

/// How many characters a part can match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    pub least: u64,
    /// None if there is no limit, or none that Java sees.
    pub most: Option<u64>,
}

impl Node {
    /// The parts of a part.
    pub(super) fn parts(&self) -> &[Self] {
        match self {
            Self::All(parts) | Self::Any(parts) => parts,
            Self::Capture(_, node) | Self::Repeat { node, .. } | Self::Atomic(node) | Self::Look { node, .. } => {
                std::slice::from_ref(node)
            }
            _ => &[],
        }
    }

    pub(super) fn captures(&self) -> bool {
        matches!(self, Self::Capture(..)) || self.parts().iter().any(Self::captures)
    }

    /// Whether it is characters, choices, and single characters repeated greedily.
    pub(super) fn is_plain(&self) -> bool {
        match self {
            Self::One(_) | Self::LineBreak => true,
            Self::All(parts) | Self::Any(parts) => parts.iter().all(Self::is_plain),
            // What Java makes of a reluctant one is wrong.
            Self::Repeat { node, how: How::Greedy, .. } => matches!(**node, Self::One(_)),
            _ => false,
        }
    }

    pub(super) fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        match self {
            Self::LineStart { .. } | Self::LineEnd { .. } | Self::Atomic(_) | Self::Look { .. } | Self::Back(..) => {
                needs.backtracking = true;
            }
            Self::Repeat { how, .. } => needs.backtracking = *how == How::Possessive,
            Self::Boundary { .. } => needs.words = true,
            Self::LastLine { .. } => needs.last_line = true,
            _ => {}
        }
        self.parts().iter().map(Self::needs).fold(needs, |one, two| Needs {
            backtracking: one.backtracking || two.backtracking,
            words: one.words || two.words,
            last_line: one.last_line || two.last_line,
        })
    }

    pub(super) fn length(&self) -> Length {
        let exactly = |length| Length { least: length, most: Some(length) };
        match self {
            Self::One(_) => exactly(1),
            Self::LineBreak => Length { least: 1, most: Some(2) },
            Self::All(parts) => parts.iter().map(Self::length).fold(exactly(0), |one, two| Length {
                least: one.least.saturating_add(two.least),
                most: one.most.zip(two.most).map(|(one, two)| one.saturating_add(two)),
            }),
            Self::Any(parts) => {
                let lengths = parts.iter().map(Self::length);
                let either = |one: Length, two: Length| Length {
                    least: one.least.min(two.least),
                    most: one.most.zip(two.most).map(|(one, two)| one.max(two)),
                };
                lengths.reduce(either).unwrap_or(exactly(0))
            }
            Self::Capture(_, node) | Self::Atomic(node) => node.length(),
            Self::Repeat { node, least, most, .. } => {
                let one = node.length();
                Length {
                    least: one.least.saturating_mul(u64::from(*least)),
                    most: one.most.zip(*most).map(|(one, most)| one.saturating_mul(u64::from(most))),
                }
            }
            Self::Back(_) => Length { least: 0, most: None },
            _ => exactly(0),
        }
    }
}
