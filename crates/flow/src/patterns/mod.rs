//! Patterns in texts: LIKE, Java's regular expressions and dates, and the formats of log lines.
//!
//! Each is checked once, when a program is bound; what cannot be carried out is refused with the pattern named.

mod date;
mod fast_regex;
mod java_regex;
mod like;
mod replacement;
mod w3c;

pub use date::DatePattern;
pub use fast_regex::FastRegex;
pub use java_regex::{Found, JavaRegex};
pub use like::{MIDDLE, Simple, like, simple, three_parts};
pub use replacement::expand;
pub use w3c::W3cFormat;
