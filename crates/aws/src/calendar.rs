//! Instants as text: the forms AWS's protocols and signatures use, all in UTC.

use crate::Timestamp;

const MS_PER_DAY: i64 = 86_400_000;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A date and time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Civil {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    ms: i64,
}

impl Timestamp {
    /// `2015-08-30T12:36:00Z`, with milliseconds where there are any; how query and XML spell it.
    pub fn to_iso8601(self) -> String {
        let Civil { year, month, day, hour, minute, second, ms } = Civil::of(self);
        let fraction = if ms == 0 { String::new() } else { format!(".{ms:03}") };
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
    }

    /// `20150830T123600Z`; how signatures spell it.
    pub fn to_basic(self) -> String {
        let Civil { year, month, day, hour, minute, second, .. } = Civil::of(self);
        format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }

    /// Reads `2015-08-30T12:36:00Z`, `…00.123Z` and offsets like `+02:00`.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let (date, time) = text.split_once(['T', 't', ' '])?;
        let mut date = date.splitn(3, '-').map(number);
        let (year, month, day) = (date.next()??, date.next()??, date.next()??);
        let zone_at = time.find(['Z', 'z', '+', '-'])?;
        let (time, zone) = time.split_at(zone_at);
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let mut time = time.splitn(3, ':').map(number);
        let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
        let digits = number(fraction)?;
        let places = u32::try_from(fraction.len()).ok().filter(|&places| places <= 9)?;
        let ms = digits * 1000 / 10_i64.pow(places);
        let instant = Civil { year, month, day, hour, minute, second, ms }.instant()?;
        Some(Self { ms: instant.ms - offset_ms(zone)? })
    }

    /// Reads `20150830T123600Z`.
    pub fn parse_basic(text: &str) -> Option<Self> {
        let digits = text.strip_suffix('Z')?;
        if digits.len() != 15 || digits.as_bytes()[8] != b'T' || !digits.is_ascii() {
            return None;
        }
        let at = |from: usize, to: usize| number(&digits[from..to]);
        let (year, month, day) = (at(0, 4)?, at(4, 6)?, at(6, 8)?);
        let (hour, minute, second) = (at(9, 11)?, at(11, 13)?, at(13, 15)?);
        Civil { year, month, day, hour, minute, second, ms: 0 }.instant()
    }

    /// Reads `Sun, 30 Aug 2015 12:36:00 GMT`, the form of HTTP's `Date`.
    pub fn parse_http(text: &str) -> Option<Self> {
        let mut words = text.split_once(", ")?.1.split(' ');
        let day = number(words.next()?)?;
        let name = words.next()?;
        let month = MONTHS.iter().position(|month| *month == name)? as i64 + 1;
        let year = number(words.next()?)?;
        let mut time = words.next()?.splitn(3, ':').map(number);
        let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
        let zone = words.next()?;
        (zone == "GMT").then(|| Civil { year, month, day, hour, minute, second, ms: 0 }.instant()).flatten()
    }
}

/// Digits only, so neither signs nor spaces slip through, and few enough never to overflow.
fn number(text: &str) -> Option<i64> {
    let valid = !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    if valid { text.parse().ok() } else { None }
}

fn offset_ms(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("Z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    Some(sign * (number(hours)? * 60 + number(minutes)?) * 60_000)
}

impl Civil {
    /// Splits an instant; Howard Hinnant's `civil_from_days`.
    fn of(instant: Timestamp) -> Self {
        let days = instant.ms.div_euclid(MS_PER_DAY);
        let rest = instant.ms.rem_euclid(MS_PER_DAY);
        let shifted = days + 719_468; // Days since 0000-03-01, so that leap days end a year.
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_index = (5 * day_of_year + 2) / 153;
        let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_index + 2) / 5 + 1,
            hour: rest / 3_600_000,
            minute: rest / 60_000 % 60,
            second: rest / 1000 % 60,
            ms: rest % 1000,
        }
    }

    /// The instant; `None` for a date that is not in the calendar.
    fn instant(self) -> Option<Timestamp> {
        let years = if self.month <= 2 { self.year - 1 } else { self.year };
        let era = years.div_euclid(400);
        let year_of_era = years.rem_euclid(400);
        let month_index = (self.month + 9) % 12;
        let day_of_era =
            year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * month_index + 2) / 5 + self.day - 1;
        let days = era * 146_097 + day_of_era - 719_468;
        let time = ((self.hour * 60 + self.minute) * 60 + self.second) * 1000 + self.ms;
        let instant = Timestamp { ms: days * MS_PER_DAY + time };
        // What does not read back was no date: the 30th of February, the 25th hour.
        (Self::of(instant) == self).then_some(instant)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn instants_read_and_print() {
        for (ms, iso, basic) in [
            (0, "1970-01-01T00:00:00Z", "19700101T000000Z"),
            (1_440_938_160_000, "2015-08-30T12:36:00Z", "20150830T123600Z"),
            (951_782_400_123, "2000-02-29T00:00:00.123Z", "20000229T000000Z"),
            (-1_000, "1969-12-31T23:59:59Z", "19691231T235959Z"),
        ] {
            let instant = Timestamp { ms };
            assert_eq!((instant.to_iso8601().as_str(), instant.to_basic().as_str()), (iso, basic));
            assert_eq!(Timestamp::parse_iso8601(iso), Some(instant));
            assert_eq!(Timestamp::parse_basic(basic), Some(Timestamp { ms: ms - ms.rem_euclid(1000) }));
        }
        let noon = Timestamp { ms: 1_440_938_160_000 };
        assert_eq!(Timestamp::parse_http("Sun, 30 Aug 2015 12:36:00 GMT"), Some(noon));
        assert_eq!(Timestamp::parse_iso8601("2015-08-30T14:36:00.0+02:00"), Some(noon));
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["", "Z", "2015-02-30T00:00:00Z", "2015-01-01T25:00:00Z", "2015-01-01", "-1-1-1T1:1:1Z", "éééééééTééé"]
        {
            assert_eq!(Timestamp::parse_iso8601(text), None, "{text}");
            assert_eq!(Timestamp::parse_basic(text), None, "{text}");
            assert_eq!(Timestamp::parse_http(text), None, "{text}");
        }
        assert_eq!(Timestamp::parse_basic("20150230T000000Z"), None);
    }

    proptest! {
        #[test]
        fn every_instant_reads_back(ms in -62_135_596_800_000_i64..253_402_300_800_000) {
            let instant = Timestamp { ms };
            prop_assert_eq!(Timestamp::parse_iso8601(&instant.to_iso8601()), Some(instant));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = Timestamp::parse_iso8601(&text);
            let _ = Timestamp::parse_basic(&text);
            let _ = Timestamp::parse_http(&text);
        }
    }
}
