//! What Tab offers, and when Enter ends a text.

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

use super::command::{self, COMMANDS};

/// Words of the language that are long enough to be worth it.
const WORDS: &[&str] = &[
    "APPROXIMATE_ARRIVAL_TIME",
    "BETWEEN",
    "CREATE OR REPLACE PUMP",
    "CREATE OR REPLACE STREAM",
    "CREATE OR REPLACE VIEW",
    "COUNT_DISTINCT_ITEMS_TUMBLING",
    "COUNT(*)",
    "CURSOR",
    "DISTINCT",
    "DOUBLE",
    "EXP_AVG",
    "FLOOR",
    "FROM",
    "GROUP BY",
    "GROUP_RANK",
    "HAVING",
    "HOTSPOTS",
    "INSERT INTO",
    "INTEGER",
    "INTERVAL",
    "JOIN",
    "LEFT JOIN",
    "ORDER BY",
    "OVER",
    "PARTITION BY",
    "PRECEDING",
    "RANDOM_CUT_FOREST",
    "RANDOM_CUT_FOREST_WITH_EXPLANATION",
    "RANGE INTERVAL",
    "ROWTIME",
    "SECOND",
    "MINUTE",
    "SELECT STREAM",
    "STAGGER",
    "STEP",
    "TABLE",
    "TIMESTAMP",
    "TOP_K_ITEMS_TUMBLING",
    "UNION ALL",
    "VARCHAR",
    "WHERE",
    "WINDOWED BY STAGGER",
];

/// Knows the names that can be completed.
pub(super) struct Completion {
    /// Streams and columns, as they have to be written.
    pub(super) names: Vec<String>,
}

impl Completion {
    /// Where the word at the cursor begins, and what it could become.
    fn offers(&self, line: &str, cursor: usize) -> (usize, Vec<String>) {
        let before = &line[..cursor];
        if before.trim_start().starts_with('\\') && !before.contains(char::is_whitespace) {
            let names = COMMANDS.iter().map(|(usage, _)| usage.split(' ').next().unwrap_or(usage));
            return (0, names.filter(|name| name.starts_with(before)).map(str::to_owned).collect());
        }
        let is_part = |letter: char| letter.is_alphanumeric() || "_.-\"".contains(letter);
        let start = before.char_indices().rev().take_while(|(_, letter)| is_part(*letter)).last().map(|(at, _)| at);
        let start = start.unwrap_or(cursor);
        let word = before[start..].trim_start_matches('"');
        if word.is_empty() && start == cursor {
            return (start, Vec::new());
        }
        // Behind a command and between quotes there are only names.
        let names_alone = before[start..].starts_with('"') || before.trim_start().starts_with('\\');
        let lower = word.to_lowercase();
        let fits = |offer: &&str| offer.trim_start_matches('"').to_lowercase().starts_with(&lower);
        let words = WORDS.iter().copied().filter(|_| !names_alone);
        let offers = self.names.iter().map(String::as_str).chain(words).filter(fits);
        (start, offers.map(str::to_owned).collect())
    }
}

impl Completer for Completion {
    type Candidate = Pair;

    fn complete(&self, line: &str, cursor: usize, _context: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, offers) = self.offers(line, cursor);
        Ok((start, offers.into_iter().map(|offer| Pair { display: offer.clone(), replacement: offer }).collect()))
    }
}

impl Validator for Completion {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let complete = command::is_complete(context.input());
        Ok(if complete { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Hinter for Completion {
    type Hint = String;
}

impl Highlighter for Completion {}
impl Helper for Completion {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tab_completes_commands_words_and_names() {
        let names = ["\"orders\"", "\"orders-eu\"", "TOTALS"].map(str::to_owned).to_vec();
        let completion = Completion { names };
        let check = |line: &str, start: usize, offers: &[&str]| {
            assert_eq!(completion.offers(line, line.len()), (start, offers.iter().map(|o| (*o).to_owned()).collect()));
        };
        check("\\st", 0, &["\\streams"]);
        check("\\d ord", 3, &["\"orders\"", "\"orders-eu\""]);
        check("SELECT STREAM * FROM \"ord", 21, &["\"orders\"", "\"orders-eu\""]);
        check("SELECT STREAM * FROM \"orders-", 21, &["\"orders-eu\""]);
        check("sele", 0, &["SELECT STREAM"]);
        check("SELECT to", 7, &["TOTALS", "TOP_K_ITEMS_TUMBLING"]);
        check("SELECT ", 7, &[]);
    }
}
