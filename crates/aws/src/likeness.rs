//! How much services are like AWS where it says no, and where it takes its time: the same words for all of them.

/// Whether AWS's rate limits and quotas are enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    /// All of them, as AWS does.
    Aws,
    /// Only those that protect the server: sizes of requests, records and pages.
    Off,
}

/// How long what a service keeps stays in its transitional states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transitions {
    /// Long enough to be seen, short enough not to be waited for.
    Short,
    /// About as long as AWS takes.
    Aws,
}
