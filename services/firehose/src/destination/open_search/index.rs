//! Names of indexes that rotate with the time of arrival, in UTC.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::shapes::IndexRotationPeriod;

/// The index of a document that arrived at that time (wall-clock milliseconds).
pub(super) fn name(base: &str, rotation: IndexRotationPeriod, arrival_ms: u64) -> String {
    let millisecond = i64::try_from(arrival_ms).unwrap_or(i64::MAX);
    let arrival = Timestamp::from_millisecond(millisecond).unwrap_or(Timestamp::MAX).to_zoned(TimeZone::UTC);
    let (year, month, day) = (arrival.year(), arrival.month(), arrival.day());
    match rotation {
        IndexRotationPeriod::NoRotation => base.to_owned(),
        IndexRotationPeriod::OneHour => format!("{base}-{year:04}-{month:02}-{day:02}-{:02}", arrival.hour()),
        IndexRotationPeriod::OneDay => format!("{base}-{year:04}-{month:02}-{day:02}"),
        IndexRotationPeriod::OneWeek => {
            let (year, week) = us_week(arrival.date());
            format!("{base}-{year:04}-w{week:02}")
        }
        IndexRotationPeriod::OneMonth => format!("{base}-{year:04}-{month:02}"),
    }
}

/// The week of a day. Weeks begin on Sunday; a year's first week is the first one that has a Saturday in that year.
///
/// AWS's rule, in so many words; its example for 2016-02-25, `w08`, follows another one.
fn us_week(date: Date) -> (i16, i16) {
    let days_to_saturday = 6 - date.weekday().to_sunday_zero_offset();
    // The last days of all time have no Saturday.
    let saturday = date.checked_add(jiff::Span::new().days(days_to_saturday)).unwrap_or(date);
    (saturday.year(), (saturday.day_of_year() - 1) / 7 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> u64 {
        text.parse::<Timestamp>().unwrap().as_millisecond() as u64
    }

    #[test]
    fn names_are_awss() {
        let arrival = ms("2016-02-25T13:59:59.999Z");
        for (rotation, expected) in [
            (IndexRotationPeriod::NoRotation, "myindex"),
            (IndexRotationPeriod::OneHour, "myindex-2016-02-25-13"),
            (IndexRotationPeriod::OneDay, "myindex-2016-02-25"),
            (IndexRotationPeriod::OneMonth, "myindex-2016-02"),
            (IndexRotationPeriod::OneWeek, "myindex-2016-w09"),
        ] {
            assert_eq!(name("myindex", rotation, arrival), expected);
        }
        assert_eq!(name("i", IndexRotationPeriod::OneDay, u64::MAX), "i-9999-12-30");
    }

    #[test]
    fn weeks_begin_on_sunday_and_belong_to_the_year_of_their_saturday() {
        for (day, expected) in [
            // 2020-01-01 is a Wednesday: its week has the first Saturday, 2020-01-04.
            ("2019-12-28", "i-2019-w52"),
            ("2019-12-29", "i-2020-w01"),
            ("2020-01-04", "i-2020-w01"),
            ("2020-01-05", "i-2020-w02"),
            ("2020-08-15", "i-2020-w33"),
            // 2022-01-01 is a Saturday.
            ("2021-12-26", "i-2022-w01"),
            ("2022-01-01", "i-2022-w01"),
            ("2022-01-02", "i-2022-w02"),
            // 2023-01-01 is a Sunday.
            ("2022-12-31", "i-2022-w53"),
            ("2023-01-01", "i-2023-w01"),
        ] {
            assert_eq!(name("i", IndexRotationPeriod::OneWeek, ms(&format!("{day}T12:00:00Z"))), expected, "{day}");
        }
    }
}
