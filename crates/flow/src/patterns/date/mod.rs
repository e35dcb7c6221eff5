//! Dates as `java.text.SimpleDateFormat` writes and reads them.
//!
//! Source: <https://docs.oracle.com/javase/8/docs/api/java/text/SimpleDateFormat.html>. English names, UTC where the pattern has no
//! zone, weeks from Sunday of which the first has at least one day of the year or month, as in Java's US locale. The calendar is
//! the one of the other functions, without Java's change to an older one in 1582.

mod read;
#[cfg(test)]
mod tests;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Weekday};

use read::Read;

use crate::{Fault, Span};

const EPOCH: DateTime = Date::constant(1970, 1, 1).at(0, 0, 0, 0);
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// A pattern that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatePattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// A letter and how often it stands there.
    Field(char, usize),
}

impl DatePattern {
    /// Understands a pattern.
    ///
    /// # Errors
    /// Letters that mean nothing, and quotes that are not closed.
    pub fn parse(pattern: &str, span: Span) -> Result<Self, Fault> {
        let wrong = |why: String| Fault::new(span, format!("Date pattern '{pattern}': {why}"));
        let mut parts: Vec<Part> = Vec::new();
        let mut characters = pattern.chars().peekable();
        while let Some(character) = characters.next() {
            if character == '\'' {
                if characters.next_if_eq(&'\'').is_some() {
                    push_literal(&mut parts, "'");
                    continue;
                }
                loop {
                    match characters.next() {
                        Some('\'') if characters.next_if_eq(&'\'').is_none() => break,
                        Some(other) => push_literal(&mut parts, other.encode_utf8(&mut [0; 4])),
                        None => return Err(wrong("a quote is not closed".to_owned())),
                    }
                }
            } else if character.is_ascii_alphabetic() {
                let mut count = 1;
                while characters.next_if_eq(&character).is_some() {
                    count += 1;
                }
                if !"GyYMLwWDdFEuaHkKhmsSzZX".contains(character) || character == 'X' && count > 3 {
                    return Err(wrong(format!("the letter '{character}' means nothing")));
                }
                parts.push(Part::Field(character, count));
            } else {
                push_literal(&mut parts, character.encode_utf8(&mut [0; 4]));
            }
        }
        Ok(Self { parts })
    }

    /// The instant as this pattern writes it; none outside the years that can be written.
    pub fn format(&self, milliseconds: i64) -> Option<String> {
        let instant = EPOCH.checked_add(SignedDuration::from_millis(milliseconds)).ok()?;
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Field(letter, count) => out.push_str(&written(instant, *letter, *count)),
            }
        }
        Some(out)
    }

    /// The instant that a text means, in milliseconds since 1970; a pattern without a date is on the first of January 1970. What
    /// stands behind the pattern's end is not looked at, as in Java. `this_year` decides which century two digits are in.
    pub fn read(&self, text: &str, this_year: i16) -> Option<i64> {
        let mut rest = text;
        let mut read = Read::default();
        for (index, part) in self.parts.iter().enumerate() {
            match part {
                Part::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
                Part::Field(letter, count) => {
                    // A number directly before another one has exactly the pattern's digits.
                    let next = self.parts.get(index + 1);
                    let fixed = matches!(next, Some(Part::Field(letter, count)) if is_number(*letter, *count));
                    rest = read.take(rest, *letter, *count, fixed, this_year)?;
                }
            }
        }
        read.instant()
    }
}

fn push_literal(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Literal(literal)) => literal.push_str(text),
        _ => parts.push(Part::Literal(text.to_owned())),
    }
}

fn is_number(letter: char, count: usize) -> bool {
    !(matches!(letter, 'G' | 'a' | 'E' | 'z' | 'Z' | 'X') || matches!(letter, 'M' | 'L') && count >= 3)
}

/// The Sunday on which a day's week begins.
fn sunday(day: Date) -> Date {
    let since = i64::from(day.weekday().to_sunday_zero_offset());
    day.checked_sub(jiff::Span::new().days(since)).unwrap_or(day)
}

/// Weeks from the one that has a day on, from 1.
fn weeks(from: Date, day: Date) -> i64 {
    let between = sunday(day).duration_since(sunday(from)).as_secs();
    between / (7 * 86_400) + 1
}

/// The year to which a day's week belongs: the one that has its last day.
fn week_year(day: Date) -> i64 {
    let last = sunday(day).checked_add(jiff::Span::new().days(6));
    last.map_or(i64::from(day.year()) + 1, |last| i64::from(last.year()))
}

fn first_of_year(year: i64) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, 1, 1).ok()
}

fn written(instant: DateTime, letter: char, count: usize) -> String {
    let padded = |number: i64| format!("{number:0count$}");
    let hour = i64::from(instant.hour());
    let named = |name: &str| if count >= 4 { name.to_owned() } else { name[..3].to_owned() };
    let weekday = usize::try_from(instant.weekday().to_monday_zero_offset()).expect("0 to 6");
    let day = instant.date();
    let year = if letter == 'Y' { week_year(day) } else { i64::from(instant.year()) };
    match letter {
        'G' => if instant.year() > 0 { "AD" } else { "BC" }.to_owned(),
        'y' | 'Y' if count == 2 => format!("{:02}", year.rem_euclid(100)),
        'y' | 'Y' => padded(year),
        'M' | 'L' if count >= 3 => named(MONTHS[usize::from(instant.month().unsigned_abs()) - 1]),
        'M' | 'L' => padded(i64::from(instant.month())),
        'w' => padded(first_of_year(week_year(day)).map_or(1, |first| weeks(first, day))),
        'W' => padded(weeks(day.first_of_month(), day)),
        'F' => padded((i64::from(instant.day()) - 1) / 7 + 1),
        'd' => padded(i64::from(instant.day())),
        'D' => padded(i64::from(instant.day_of_year())),
        'H' => padded(hour),
        'k' => padded(if hour == 0 { 24 } else { hour }),
        'K' => padded(hour % 12),
        'h' => padded(if hour % 12 == 0 { 12 } else { hour % 12 }),
        'm' => padded(i64::from(instant.minute())),
        's' => padded(i64::from(instant.second())),
        'S' => padded(i64::from(instant.millisecond())),
        'a' => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        'E' => named(DAYS[weekday]),
        'u' => padded(i64::from(Weekday::to_monday_one_offset(instant.weekday()))),
        'z' if count >= 4 => "Coordinated Universal Time".to_owned(),
        'z' => "UTC".to_owned(),
        'Z' => "+0000".to_owned(),
        _ => "Z".to_owned(),
    }
}
