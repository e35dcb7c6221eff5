//! Dates as `java.text.SimpleDateFormat` writes and reads them.
//!
//! Source: <https://docs.oracle.com/javase/8/docs/api/java/text/SimpleDateFormat.html>. English names, UTC where the pattern has no
//! zone. Week years, weeks, eras and the day of the week in the month are refused.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Weekday};

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

/// What was read so far.
#[derive(Default)]
struct Read {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: Option<i64>,
    /// Hour of a half day, from 0 to 11.
    hour_of_half: Option<i64>,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    millisecond: i64,
    offset_seconds: Option<i64>,
}

impl DatePattern {
    /// Understands a pattern.
    ///
    /// # Errors
    /// Letters that are not carried, and quotes that are not closed.
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
                if !"yMdDHhkKmsSaEuzZX".contains(character) || character == 'X' && count > 3 {
                    return Err(wrong(format!("the letter '{character}' is not supported")));
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
                    rest = take(&mut read, rest, *letter, *count, fixed, this_year)?;
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
    !(matches!(letter, 'a' | 'E' | 'z' | 'Z' | 'X') || letter == 'M' && count >= 3)
}

fn written(instant: DateTime, letter: char, count: usize) -> String {
    let padded = |number: i64| format!("{number:0count$}");
    let hour = i64::from(instant.hour());
    let named = |name: &str| if count >= 4 { name.to_owned() } else { name[..3].to_owned() };
    let weekday = usize::try_from(instant.weekday().to_monday_zero_offset()).expect("0 to 6");
    match letter {
        'y' if count == 2 => format!("{:02}", instant.year().rem_euclid(100)),
        'y' => padded(i64::from(instant.year())),
        'M' if count >= 3 => named(MONTHS[usize::from(instant.month().unsigned_abs()) - 1]),
        'M' => padded(i64::from(instant.month())),
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
        'z' => "UTC".to_owned(),
        'Z' => "+0000".to_owned(),
        _ => "Z".to_owned(),
    }
}

fn take<'t>(
    read: &mut Read,
    text: &'t str,
    letter: char,
    count: usize,
    fixed: bool,
    this_year: i16,
) -> Option<&'t str> {
    let number = || digits(text, if fixed { count } else { 9 });
    let set = |field: &mut Option<i64>, least: i64, most: i64| {
        let (value, rest) = number()?;
        *field = Some(value).filter(|value| (least..=most).contains(value));
        field.map(|_| rest)
    };
    match letter {
        'y' => {
            let (value, rest) = number()?;
            let two_digits = count <= 2 && text.len() - rest.len() == 2;
            read.year = Some(if two_digits { century(value, i64::from(this_year)) } else { value });
            Some(rest)
        }
        'M' if count >= 3 => {
            let index = MONTHS.iter().position(|name| starts(text, name) || starts(text, &name[..3]))?;
            read.month = Some(i64::try_from(index).ok()? + 1);
            Some(&text[if starts(text, MONTHS[index]) { MONTHS[index].len() } else { 3 }..])
        }
        'M' => set(&mut read.month, 1, 12),
        'd' => set(&mut read.day, 1, 31),
        'D' => set(&mut read.day_of_year, 1, 366),
        'H' => set(&mut read.hour, 0, 23),
        'k' => set(&mut read.hour, 1, 24).inspect(|_| read.hour = read.hour.map(|hour| hour % 24)),
        'K' => set(&mut read.hour_of_half, 0, 11),
        'h' => {
            set(&mut read.hour_of_half, 1, 12).inspect(|_| read.hour_of_half = read.hour_of_half.map(|hour| hour % 12))
        }
        'm' | 's' => {
            let mut value = None;
            let rest = set(&mut value, 0, 59)?;
            *if letter == 'm' { &mut read.minute } else { &mut read.second } = value?;
            Some(rest)
        }
        'S' => {
            // Java reads a count of milliseconds, however many digits it has; digits of a finer fraction are cut.
            let (value, rest) = number()?;
            let length = text.len() - rest.len();
            read.millisecond = if length > 3 { value / 10_i64.pow(u32::try_from(length - 3).ok()?) } else { value };
            Some(rest)
        }
        'a' => {
            read.afternoon = Some(starts(text, "PM"));
            (starts(text, "AM") || starts(text, "PM")).then(|| &text[2..])
        }
        'E' => {
            let name = DAYS.iter().find(|name| starts(text, &name[..3]))?;
            Some(&text[if starts(text, name) { name.len() } else { 3 }..])
        }
        'u' => set(&mut None, 1, 7),
        _ => zone(read, text),
    }
}

fn starts(text: &str, with: &str) -> bool {
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}

fn digits(text: &str, most: usize) -> Option<(i64, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    Some((text[..count].parse().ok()?, &text[count..]))
}

/// Two digits mean a year from 80 years ago to 19 years ahead, as in Java.
fn century(two_digits: i64, this_year: i64) -> i64 {
    let first = this_year - 80;
    first + (two_digits - first).rem_euclid(100)
}

fn zone<'t>(read: &mut Read, text: &'t str) -> Option<&'t str> {
    let mut rest = text;
    for name in ["GMT", "UTC", "UT", "Z"] {
        if starts(text, name) {
            read.offset_seconds = Some(0);
            rest = &text[name.len()..];
            break;
        }
    }
    let sign = match rest.bytes().next() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return read.offset_seconds.map(|_| rest),
    };
    let (hours, behind) = digits(&rest[1..], 2)?;
    let behind = behind.strip_prefix(':').unwrap_or(behind);
    let (minutes, behind) = digits(behind, 2).unwrap_or((0, behind));
    if hours > 23 || minutes > 59 {
        return None;
    }
    read.offset_seconds = Some(sign * (hours * 3_600 + minutes * 60));
    Some(behind)
}

impl Read {
    fn instant(self) -> Option<i64> {
        let hour = match (self.hour, self.hour_of_half) {
            (Some(hour), _) => hour,
            (None, Some(hour)) => hour + if self.afternoon == Some(true) { 12 } else { 0 },
            (None, None) => 0,
        };
        let year = i16::try_from(self.year.unwrap_or(1970)).ok()?;
        let small = |number: i64| i8::try_from(number).ok();
        let date = match self.day_of_year {
            Some(day) => Date::new(year, 1, 1).ok()?.checked_add(jiff::Span::new().days(day - 1)).ok()?,
            None => Date::new(year, small(self.month.unwrap_or(1))?, small(self.day.unwrap_or(1))?).ok()?,
        };
        let time = date.at(small(hour)?, small(self.minute)?, small(self.second)?, 0);
        // Reckoned here: jiff's instants end a day before the calendar does.
        let since = i64::try_from(time.duration_since(EPOCH).as_millis()).ok()?;
        let milliseconds = since - self.offset_seconds.unwrap_or(0) * 1_000 + self.millisecond;
        EPOCH.checked_add(SignedDuration::from_millis(milliseconds)).ok().map(|_| milliseconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Position;

    fn pattern(text: &str) -> Result<DatePattern, String> {
        let at = Position { line: 1, column: 1 };
        DatePattern::parse(text, Span { start: at, end: at }).map_err(|fault| fault.message)
    }

    #[track_caller]
    fn check(text: &str, date: &str, milliseconds: i64) {
        let pattern = pattern(text).expect("a pattern");
        assert_eq!(pattern.read(date, 2026), Some(milliseconds), "reading {date}");
        assert_eq!(pattern.format(milliseconds).as_deref(), Some(date), "writing {date}");
    }

    #[test]
    fn both_ways() {
        check("yyyy-MM-dd HH:mm:ss.SSS", "2026-11-21 03:04:05.678", 1_795_230_245_678);
        check("yyyyMMddHHmmss", "20261121030405", 1_795_230_245_000);
        check("dd/MMM/yyyy:HH:mm:ss Z", "21/Nov/2026:03:04:05 +0000", 1_795_230_245_000);
        check("EEE, d MMMM yy h:mm a", "Sat, 21 November 26 3:04 AM", 1_795_230_240_000);
        check("yyyy-MM-dd'T'HH:mm:ssXXX", "2026-11-21T03:04:05Z", 1_795_230_245_000);
        check("yyyy-MM-dd HH:mm:ss.SSS", "9999-12-31 23:59:59.999", 253_402_300_799_999);
        check("yyyy-MM-dd HH:mm:ss", "0001-01-01 00:00:00", -62_135_596_800_000);
        check("hh 'o''clock' a", "12 o'clock PM", 43_200_000);
    }

    #[test]
    fn offsets_are_taken_off() {
        let zoned = pattern("yyyy-MM-dd HH:mm Z").expect("a pattern");
        assert_eq!(zoned.read("1970-01-01 02:00 +0130", 2026), Some(1_800_000));
    }

    #[test]
    fn texts_that_do_not_fit_are_nothing() {
        let date = pattern("yyyy-MM-dd").expect("a pattern");
        assert_eq!(date.read("2026-13-01", 2026), None);
        assert_eq!(date.read("2026-02-30", 2026), None);
        assert_eq!(date.read("tomorrow", 2026), None);
        assert_eq!(date.read("2026-02-03 and more", 2026), Some(1_770_076_800_000));
    }

    #[test]
    fn letters_that_are_not_carried_are_named() {
        assert_eq!(pattern("YYYY-MM"), Err("Date pattern 'YYYY-MM': the letter 'Y' is not supported".to_owned()));
        assert!(pattern("yyyy 'open").is_err());
    }
}
