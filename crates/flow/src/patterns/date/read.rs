//! Reads what a date pattern's letters stand for, and makes an instant of it as `java.util.Calendar` does: of several ways to say
//! a day or an hour the one that was completed last counts. Each number must be in its range, which Java leaves to the caller.

use jiff::SignedDuration;
use jiff::Span;
use jiff::civil::Date;

use super::{DAYS, EPOCH, MONTHS, first_of_year, sunday};

/// Values of which several can say the same, and which of them was read last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    WeekYear,
    Month,
    WeekOfYear,
    WeekOfMonth,
    Day,
    DayOfYear,
    /// From Sunday as 0.
    DayOfWeek,
    DayOfWeekInMonth,
    /// From 0 to 11.
    HourOfHalf,
    /// 0 before noon, 1 behind it.
    Half,
    Hour,
}

const PARTS: usize = Part::Hour as usize + 1;

/// What was read so far.
#[derive(Default)]
pub(super) struct Read {
    /// Each value, and when it was read, from 1.
    parts: [Option<(i64, u32)>; PARTS],
    count: u32,
    before_christ: bool,
    minute: i64,
    second: i64,
    millisecond: i64,
    offset_seconds: Option<i64>,
}

impl Read {
    /// Takes a letter's text from the start of one; what follows comes out. `fixed` if no more digits than letters may be taken.
    pub(super) fn take<'t>(
        &mut self,
        text: &'t str,
        letter: char,
        count: usize,
        fixed: bool,
        this_year: i16,
    ) -> Option<&'t str> {
        let text = text.trim_start_matches([' ', '\t']);
        let number = || digits(text, if fixed { count } else { 9 });
        let within = |least: i64, most: i64| number().filter(|(value, _)| (least..=most).contains(value));
        match letter {
            'G' => {
                self.before_christ = starts(text, "BC");
                (starts(text, "AD") || starts(text, "BC")).then(|| &text[2..])
            }
            'y' | 'Y' => {
                let (value, rest) = number()?;
                let two_digits = count <= 2 && text.len() - rest.len() == 2;
                let year = if two_digits { century(value, i64::from(this_year)) } else { value };
                self.set(if letter == 'y' { Part::Year } else { Part::WeekYear }, (year, rest))
            }
            'M' | 'L' if count >= 3 => {
                let index = MONTHS.iter().position(|name| starts(text, name) || starts(text, &name[..3]))?;
                let length = if starts(text, MONTHS[index]) { MONTHS[index].len() } else { 3 };
                self.set(Part::Month, (i64::try_from(index).ok()? + 1, &text[length..]))
            }
            'M' | 'L' => self.set(Part::Month, within(1, 12)?),
            'd' => self.set(Part::Day, within(1, 31)?),
            'D' => self.set(Part::DayOfYear, within(1, 366)?),
            'w' => self.set(Part::WeekOfYear, within(1, 53)?),
            'W' => self.set(Part::WeekOfMonth, within(0, 6)?),
            'F' => self.set(Part::DayOfWeekInMonth, within(1, 6)?),
            'E' => {
                let index = DAYS.iter().position(|name| starts(text, &name[..3]))?;
                let length = if starts(text, DAYS[index]) { DAYS[index].len() } else { 3 };
                self.set(Part::DayOfWeek, ((i64::try_from(index).ok()? + 1) % 7, &text[length..]))
            }
            'u' => self.set(Part::DayOfWeek, around(7, within(1, 7)?)),
            'H' => self.set(Part::Hour, within(0, 23)?),
            'k' => self.set(Part::Hour, around(24, within(1, 24)?)),
            'K' => self.set(Part::HourOfHalf, within(0, 11)?),
            'h' => self.set(Part::HourOfHalf, around(12, within(1, 12)?)),
            'a' => {
                let half = if starts(text, "PM") { 1 } else { 0 };
                let rest = (starts(text, "AM") || starts(text, "PM")).then(|| &text[2..])?;
                self.set(Part::Half, (half, rest))
            }
            'm' | 's' => {
                let (value, rest) = within(0, 59)?;
                *if letter == 'm' { &mut self.minute } else { &mut self.second } = value;
                Some(rest)
            }
            'S' => {
                // Java reads a count of milliseconds, however many digits it has; digits of a finer fraction are cut.
                let (value, rest) = number()?;
                let length = text.len() - rest.len();
                let finer = 10_i64.pow(u32::try_from(length.saturating_sub(3)).ok()?);
                self.millisecond = value / finer;
                Some(rest)
            }
            _ => self.zone(text),
        }
    }

    fn set<'t>(&mut self, part: Part, (value, rest): (i64, &'t str)) -> Option<&'t str> {
        self.count += 1;
        self.parts[part as usize] = Some((value, self.count));
        Some(rest)
    }

    fn value(&self, part: Part) -> Option<i64> {
        self.parts[part as usize].map(|(value, _)| value)
    }

    /// When a part was read; 0 if it was not.
    fn stamp(&self, part: Part) -> u32 {
        self.parts[part as usize].map_or(0, |(_, stamp)| stamp)
    }

    /// When the later of two parts was read; 0 unless both were.
    fn both(&self, one: Part, two: Part) -> u32 {
        let stamps = (self.stamp(one), self.stamp(two));
        if stamps.0.min(stamps.1) == 0 { 0 } else { stamps.0.max(stamps.1) }
    }

    fn zone<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let mut rest = text;
        for name in ["Coordinated Universal Time", "GMT", "UTC", "UT", "Z"] {
            if starts(text, name) {
                self.offset_seconds = Some(0);
                rest = &text[name.len()..];
                break;
            }
        }
        let sign = match rest.bytes().next() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return self.offset_seconds.map(|_| rest),
        };
        let (hours, behind) = digits(&rest[1..], 2)?;
        let behind = behind.strip_prefix(':').unwrap_or(behind);
        let (minutes, behind) = digits(behind, 2).unwrap_or((0, behind));
        if hours > 23 || minutes > 59 {
            return None;
        }
        self.offset_seconds = Some(sign * (hours * 3_600 + minutes * 60));
        Some(behind)
    }

    /// The instant in milliseconds since 1970; none outside the calendar.
    pub(super) fn instant(self) -> Option<i64> {
        let small = |number: i64| i8::try_from(number).ok();
        let time = self.day()?.at(small(self.hour())?, small(self.minute)?, small(self.second)?, 0);
        // Reckoned here: jiff's instants end a day before the calendar does.
        let since = i64::try_from(time.duration_since(EPOCH).as_millis()).ok()?;
        let milliseconds = since - self.offset_seconds.unwrap_or(0) * 1_000 + self.millisecond;
        EPOCH.checked_add(SignedDuration::from_millis(milliseconds)).ok().map(|_| milliseconds)
    }

    fn hour(&self) -> i64 {
        let halves = || self.value(Part::HourOfHalf).unwrap_or(0) + 12 * self.value(Part::Half).unwrap_or(0);
        match self.value(Part::Hour) {
            Some(hour) if self.stamp(Part::Hour) >= self.both(Part::HourOfHalf, Part::Half) => hour,
            _ => halves(),
        }
    }

    fn day(&self) -> Option<Date> {
        let after = |day: Date, days: i64| day.checked_add(Span::new().try_days(days).ok()?).ok();
        if let Some(year) = self.value(Part::WeekYear).filter(|_| self.stamp(Part::WeekYear) > self.stamp(Part::Year)) {
            let week = self.value(Part::WeekOfYear).unwrap_or(1);
            return after(sunday(first_of_year(year)?), 7 * (week - 1) + self.value(Part::DayOfWeek).unwrap_or(0));
        }
        let year = self.value(Part::Year).unwrap_or(1970);
        let year = if self.before_christ { 1 - year } else { year };
        let month = i8::try_from(self.value(Part::Month).unwrap_or(1)).ok()?;
        let (first, of_year) = (Date::new(i16::try_from(year).ok()?, month, 1).ok()?, first_of_year(year)?);
        let in_week =
            |first: Date, week: i64| after(sunday(first), 7 * (week - 1) + self.value(Part::DayOfWeek).unwrap_or(0));
        match self.way() {
            Part::Day => Date::new(first.year(), month, i8::try_from(self.value(Part::Day).unwrap_or(1)).ok()?).ok(),
            Part::DayOfYear => after(of_year, self.value(Part::DayOfYear)? - 1),
            Part::WeekOfYear => in_week(of_year, self.value(Part::WeekOfYear)?),
            Part::WeekOfMonth => in_week(first, self.value(Part::WeekOfMonth)?),
            _ => {
                let weekday = self.value(Part::DayOfWeek).unwrap_or(0);
                let until = (weekday - i64::from(first.weekday().to_sunday_zero_offset())).rem_euclid(7);
                after(first, until + 7 * (self.value(Part::DayOfWeekInMonth).unwrap_or(1) - 1))
            }
        }
    }

    /// By which part the day is told, as `Calendar.selectFields` chooses it.
    fn way(&self) -> Part {
        let day = self.stamp(Part::Day);
        let of_year = self.stamp(Part::DayOfYear);
        let mut of_month_week = self.both(Part::WeekOfMonth, Part::DayOfWeek);
        let mut in_month = self.both(Part::DayOfWeekInMonth, Part::DayOfWeek);
        let mut of_year_week = self.both(Part::WeekOfYear, Part::DayOfWeek);
        let mut best = day.max(of_year).max(of_month_week).max(in_month).max(of_year_week);
        if best == 0 {
            of_month_week = self.stamp(Part::WeekOfMonth);
            in_month = self.stamp(Part::DayOfWeekInMonth).max(self.stamp(Part::DayOfWeek));
            of_year_week = self.stamp(Part::WeekOfYear);
            best = of_month_week.max(in_month).max(of_year_week);
        }
        let year_week = self.stamp(Part::WeekOfYear);
        let by_month = best == of_month_week && self.stamp(Part::WeekOfMonth) >= year_week;
        let by_weekday = best == in_month && self.stamp(Part::DayOfWeekInMonth) >= year_week;
        if best == day || best == 0 {
            Part::Day
        } else if by_month || by_weekday {
            let same = of_month_week == in_month;
            let month_week = match same {
                true => self.stamp(Part::WeekOfMonth) >= self.stamp(Part::DayOfWeekInMonth),
                false => best == of_month_week,
            };
            if month_week && self.value(Part::WeekOfMonth).is_some() {
                Part::WeekOfMonth
            } else {
                Part::DayOfWeekInMonth
            }
        } else if best == of_year {
            Part::DayOfYear
        } else {
            Part::WeekOfYear
        }
    }
}

/// The last of them is the one before the first.
fn around(count: i64, (value, rest): (i64, &str)) -> (i64, &str) {
    (value % count, rest)
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
