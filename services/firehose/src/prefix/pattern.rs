//! Patterns of Java's DateTimeFormatter, as far as they print without Java's locale data.
//!
//! <https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/time/format/DateTimeFormatter.html>
//!
//! Differs from Java: names are English (US), weeks are those of the United States, and the few letters that need
//! more of a locale (`B`, `g`, `v`, `W`, long zone names) are refused.

use std::fmt::Write as _;

use jiff::Zoned;
use jiff::civil::Date;

/// A pattern, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    Literal(String),
    /// A letter and how often it stands there.
    Field(char, usize),
}

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
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const QUARTERS: [&str; 4] = ["1st quarter", "2nd quarter", "3rd quarter", "4th quarter"];

/// Letters and how often they may stand in a row.
const LETTERS: &[(&str, usize)] = &[
    ("yuY", 15),
    ("MLEQqG", 5),
    ("ec", 5),
    ("D", 3),
    ("dHhKkmsw", 2),
    ("aF", 1),
    ("S", 9),
    ("AnN", 19),
    ("Xx", 5),
    ("Z", 5),
    ("z", 3),
];

impl Pattern {
    /// Understands a pattern, or says what is wrong with it.
    pub(crate) fn parse(pattern: &str) -> Result<Self, String> {
        if pattern.is_empty() {
            return Err("it is empty".to_owned());
        }
        let mut items = Vec::new();
        let mut characters = pattern.chars().peekable();
        let mut optional_depth = 0_usize;
        while let Some(character) = characters.next() {
            match character {
                '\'' => literal(&mut items, &quoted(&mut characters)?),
                'a'..='z' | 'A'..='Z' => {
                    let mut count = 1;
                    while characters.next_if_eq(&character).is_some() {
                        count += 1;
                    }
                    items.push(field(character, count)?);
                }
                // An optional section is always printed.
                '[' => optional_depth += 1,
                ']' if optional_depth > 0 => optional_depth -= 1,
                ']' => return Err("it has a ] without [".to_owned()),
                '{' | '}' | '#' => return Err(format!("{character} is reserved")),
                other => literal(&mut items, other.encode_utf8(&mut [0; 4])),
            }
        }
        Ok(Self { items })
    }

    /// Prints the instant.
    pub(crate) fn format(&self, at: &Zoned, out: &mut String) {
        for item in &self.items {
            match item {
                Item::Literal(text) => out.push_str(text),
                Item::Field(letter, count) => print(*letter, *count, at, out),
            }
        }
    }
}

fn literal(items: &mut Vec<Item>, text: &str) {
    match items.last_mut() {
        Some(Item::Literal(before)) => before.push_str(text),
        _ => items.push(Item::Literal(text.to_owned())),
    }
}

/// The text up to the closing quote; two quotes are one, also as the whole literal.
fn quoted(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<String, String> {
    let mut text = String::new();
    loop {
        match characters.next() {
            Some('\'') if characters.next_if_eq(&'\'').is_some() => text.push('\''),
            Some('\'') if text.is_empty() => return Ok("'".to_owned()),
            Some('\'') => return Ok(text),
            Some(other) => text.push(other),
            None => return Err("it has a quote that does not end".to_owned()),
        }
    }
}

fn field(letter: char, count: usize) -> Result<Item, String> {
    let most = match letter {
        // Exactly two; the other counts mean nothing in Java either.
        'V' if count == 2 => 2,
        'V' => return Err("V must stand twice".to_owned()),
        'O' if count == 1 || count == 4 => 4,
        'O' => return Err("O must stand once or four times".to_owned()),
        'c' if count == 2 => return Err("cc means nothing".to_owned()),
        letter => LETTERS.iter().find(|(letters, _)| letters.contains(letter)).map_or(0, |(_, most)| *most),
    };
    match count {
        _ if most == 0 => Err(format!("the letter {letter} is not supported")),
        count if count > most => Err(format!("the letter {letter} stands {count} times, {most} are supported")),
        count => Ok(Item::Field(letter, count)),
    }
}

/// Writing to a String cannot fail.
fn number(out: &mut String, value: i64, width: usize) {
    let _ = write!(out, "{value:0width$}");
}

fn print(letter: char, count: usize, at: &Zoned, out: &mut String) {
    let hour = i64::from(at.hour());
    let second_of_day = hour * 3_600 + i64::from(at.minute()) * 60 + i64::from(at.second());
    let nanosecond = i64::from(at.subsec_nanosecond());
    match letter {
        'y' | 'u' => year(out, i64::from(at.year()), count),
        'Y' => year(out, i64::from(week(at.date()).0), count),
        'w' => number(out, week(at.date()).1, count),
        'M' | 'L' => {
            text_or_number(out, i64::from(at.month()), MONTHS[usize::from(at.month().unsigned_abs()) - 1], count)
        }
        'd' => number(out, i64::from(at.day()), count),
        'D' => number(out, i64::from(at.day_of_year()), count),
        'F' => number(out, (i64::from(at.day()) - 1) % 7 + 1, count),
        'E' => text(out, day_name(at), count),
        'e' | 'c' => text_or_number(out, weekday(at.date()) + 1, day_name(at), count),
        'Q' | 'q' => quarter(out, (i64::from(at.month()) - 1) / 3, count),
        'G' => out.push_str(["AD", "AD", "AD", "Anno Domini", "A"][count - 1]),
        'a' => out.push_str(if hour < 12 { "AM" } else { "PM" }),
        'H' => number(out, hour, count),
        'k' => number(out, if hour == 0 { 24 } else { hour }, count),
        'K' => number(out, hour % 12, count),
        'h' => number(out, if hour % 12 == 0 { 12 } else { hour % 12 }, count),
        'm' => number(out, i64::from(at.minute()), count),
        's' => number(out, i64::from(at.second()), count),
        'S' => out.push_str(&format!("{nanosecond:09}")[..count]),
        'n' => number(out, nanosecond, count),
        'A' => number(out, second_of_day * 1_000 + nanosecond / 1_000_000, count),
        'N' => number(out, second_of_day * 1_000_000_000 + nanosecond, count),
        'V' => out.push_str(at.time_zone().iana_name().unwrap_or("Z")),
        'z' => out.push_str(at.time_zone().to_offset_info(at.timestamp()).abbreviation()),
        'O' => localized_offset(out, at.offset().seconds(), count),
        'X' | 'x' | 'Z' => offset(out, at.offset().seconds(), letter, count),
        other => unreachable!("{other} is refused when a pattern is parsed"),
    }
}

/// Two letters are the last two digits.
fn year(out: &mut String, year: i64, count: usize) {
    match count {
        2 => number(out, year % 100, 2),
        count => number(out, year, count),
    }
}

fn text_or_number(out: &mut String, value: i64, name: &str, count: usize) {
    match count {
        1 | 2 => number(out, value, count),
        count => text(out, name, count),
    }
}

fn text(out: &mut String, name: &str, count: usize) {
    match count {
        4 => out.push_str(name),
        5 => out.push_str(&name[..1]),
        _ => out.push_str(&name[..3]),
    }
}

fn quarter(out: &mut String, index: i64, count: usize) {
    match count {
        3 => {
            out.push('Q');
            number(out, index + 1, 1);
        }
        4 => out.push_str(QUARTERS[usize::try_from(index).unwrap_or(0)]),
        5 => number(out, index + 1, 1),
        count => number(out, index + 1, count),
    }
}

/// Sunday is 0.
fn weekday(date: Date) -> i64 {
    i64::from(date.weekday().to_sunday_zero_offset())
}

fn day_name(at: &Zoned) -> &'static str {
    DAYS[usize::try_from(weekday(at.date())).unwrap_or(0)]
}

/// Year and week of the United States: weeks begin on Sunday, the first one has the first of January.
fn week(date: Date) -> (i16, i64) {
    let first_week = |year: i16| {
        let new_year = Date::constant(year, 1, 1);
        -weekday(new_year)
    };
    let day = i64::from(date.day_of_year()) - 1;
    let next_begins = i64::from(date.days_in_year()) + first_week(date.year() + 1);
    match day {
        day if day >= next_begins => (date.year() + 1, 1),
        day => (date.year(), (day - first_week(date.year())) / 7 + 1),
    }
}

/// `GMT`, `GMT+8`, `GMT+08:00`.
fn localized_offset(out: &mut String, seconds: i32, count: usize) {
    out.push_str("GMT");
    if seconds == 0 {
        return;
    }
    let (sign, hours, minutes, _) = parts(seconds);
    // Writing to a String cannot fail.
    let _ = match (count, minutes) {
        (4, _) => write!(out, "{sign}{hours:02}:{minutes:02}"),
        (_, 0) => write!(out, "{sign}{hours}"),
        _ => write!(out, "{sign}{hours}:{minutes:02}"),
    };
}

fn parts(seconds: i32) -> (char, i32, i32, i32) {
    let absolute = seconds.abs();
    (if seconds < 0 { '-' } else { '+' }, absolute / 3_600, absolute / 60 % 60, absolute % 60)
}

/// The many forms of `X`, `x` and `Z`.
fn offset(out: &mut String, seconds: i32, letter: char, count: usize) {
    match (letter, count) {
        ('X', _) | ('Z', 5) if seconds == 0 => return out.push('Z'),
        ('Z', 4) => return localized_offset(out, seconds, 4),
        _ => {}
    }
    let form = match (letter, count) {
        ('Z', 5) => 5,
        ('Z', _) => 2,
        (_, count) => count,
    };
    let (sign, hours, minutes, rest) = parts(seconds);
    // Writing to a String cannot fail.
    let _ = write!(out, "{sign}{hours:02}");
    let colon = if form % 2 == 1 && form > 1 { ":" } else { "" };
    if form > 1 || minutes != 0 {
        let _ = write!(out, "{colon}{minutes:02}");
    }
    if form > 3 && rest != 0 {
        let _ = write!(out, "{colon}{rest:02}");
    }
}
