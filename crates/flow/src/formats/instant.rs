//! Texts ↔ days, times of day and instants: `1992-02-14`, `18:35:44.0`, `1992-02-14 18:35:44.0`.

/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 86_400_000;

/// Days since 1970 of `YYYY-MM-DD`.
pub(super) fn date(text: &[u8]) -> Option<i32> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text else { return None };
    let year = i64::from(two(y1, y2)?) * 100 + i64::from(two(y3, y4)?);
    let (month, day) = (two(m1, m2)?, two(d1, d2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + i64::from(leap),
        1..=12 => 31,
        _ => return None,
    };
    let (month, day) = (i64::from(month), i64::from(day));
    if day == 0 || day > days {
        return None;
    }
    i32::try_from(days_from_civil(year, month, day)).ok()
}

/// <http://howardhinnant.github.io/date_algorithms.html#days_from_civil>, for years from 0.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn two(tens: u8, ones: u8) -> Option<u8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'))
}

/// Milliseconds of `HH:MM:SS[.f]`; digits behind the third are cut.
pub(super) fn time(text: &[u8]) -> Option<i64> {
    let (clock, rest) = text.split_at_checked(8)?;
    let [h1, h2, b':', m1, m2, b':', s1, s2] = *clock else { return None };
    let (hours, minutes, seconds) = (i64::from(two(h1, h2)?), i64::from(two(m1, m2)?), i64::from(two(s1, s2)?));
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let mut millis = 0;
    if let Some((point, digits)) = rest.split_first() {
        if *point != b'.' || digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let digit = |place: usize| digits.get(place).map_or(0, |digit| i64::from(digit - b'0'));
        millis = digit(0) * 100 + digit(1) * 10 + digit(2);
    }
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + millis)
}

/// Milliseconds since 1970 of a day, or of a day and a time of day.
///
/// AWS's page names a space between the two; the guide's own sample producers send `T`, which is taken too, and so is
/// `Z` at the end.
pub(super) fn timestamp(text: &[u8]) -> Option<i64> {
    let (day, rest) = text.split_at_checked(10)?;
    let day = i64::from(date(day)?) * DAY_MS;
    match rest {
        [] => Some(day),
        [b' ' | b'T', clock @ ..] => Some(day + time(clock.strip_suffix(b"Z").unwrap_or(clock))?),
        _ => None,
    }
}

/// Appends `YYYY-MM-DD`.
pub(crate) fn write_date(days: i64, to: &mut Vec<u8>) {
    // The way back of days_from_civil, from the same page.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    if (0..10_000).contains(&year) {
        write_two(year / 100, to);
        write_two(year % 100, to);
    } else {
        to.extend_from_slice(itoa::Buffer::new().format(year).as_bytes());
    }
    to.push(b'-');
    write_two(month, to);
    to.push(b'-');
    write_two(day, to);
}

/// Appends `HH:MM:SS.mmm`.
pub(crate) fn write_time(millis: i64, to: &mut Vec<u8>) {
    let seconds = millis / 1000;
    write_two(seconds / 3600, to);
    to.push(b':');
    write_two(seconds / 60 % 60, to);
    to.push(b':');
    write_two(seconds % 60, to);
    to.push(b'.');
    to.push(b'0' + (millis % 1000 / 100) as u8);
    write_two(millis % 100, to);
}

/// Appends `YYYY-MM-DD HH:MM:SS.mmm`.
pub(super) fn write_timestamp(millis: i64, to: &mut Vec<u8>) {
    write_date(millis.div_euclid(DAY_MS), to);
    to.push(b' ');
    write_time(millis.rem_euclid(DAY_MS), to);
}

fn write_two(number: i64, to: &mut Vec<u8>) {
    to.push(b'0' + (number / 10) as u8);
    to.push(b'0' + (number % 10) as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(millis: i64) -> String {
        let mut to = Vec::new();
        write_timestamp(millis, &mut to);
        String::from_utf8(to).expect("digits")
    }

    #[test]
    fn instants_are_read() {
        let check = |text: &str, expected: Option<i64>| assert_eq!(timestamp(text.as_bytes()), expected, "{text}");
        check("1970-01-01", Some(0));
        check("1992-02-14 18:35:44.0", Some(698_092_544_000));
        check("1969-12-31 23:59:59.9994", Some(-1));
        check("2018-01-02T03:04:05.678901Z", Some(1_514_862_245_678));
        check("2000-02-29", Some(951_782_400_000));
        for wrong in
            ["1900-02-29", "2018-13-01", "2018-00-10", "2018-1-2", "1992-02-14 24:00:00", "1992-02-14 18:35", "now", ""]
        {
            check(wrong, None);
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        assert_eq!(written(698_092_544_001), "1992-02-14 18:35:44.001");
        for millis in (-62_167_219_200_000..253_402_300_000_000).step_by(7_777_777_777_777) {
            assert_eq!(timestamp(written(millis).as_bytes()), Some(millis));
        }
    }
}
