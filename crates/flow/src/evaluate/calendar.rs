//! Days and their dates in the Gregorian calendar, also before it was in use; without leap seconds.

/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 86_400_000;
/// The first instant that can be held: the start of the year 1.
pub(super) const FIRST_MS: i64 = -62_135_596_800_000;
/// The last instant that can be held: the end of the year 9999.
pub(super) const LAST_MS: i64 = 253_402_300_799_999;

/// Whether an instant can be held, which is so for four-digit years.
pub(super) fn holds(milliseconds: i64) -> bool {
    (FIRST_MS..=LAST_MS).contains(&milliseconds)
}

/// Year, month (from 1) and day (from 1) of a day since 1970. The calendar repeats every 400 years, which begin in March here so
/// that a leap day is the last one.
pub(super) fn date(days: i64) -> (i64, i64, i64) {
    let since = days + 719_468;
    let (era, day_of_era) = (since.div_euclid(146_097), since.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The day since 1970 of a year, month (from 1) and day (from 1).
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// How many days a month has.
pub(super) fn month_days(year: i64, month: i64) -> i64 {
    let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    days(next_year, next, 1) - days(year, month, 1)
}

/// The day so many months later; the last of the month if it has no such day.
pub(super) fn plus_months(days_since: i64, months: i64) -> Option<i64> {
    let (year, month, day) = date(days_since);
    let index = (year * 12 + month - 1).checked_add(months)?;
    let (year, month) = (index.div_euclid(12), index.rem_euclid(12) + 1);
    (-10_000..=10_000).contains(&year).then(|| days(year, month, day.min(month_days(year, month))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_each_other_s_opposite() {
        assert_eq!((date(0), date(-1)), ((1970, 1, 1), (1969, 12, 31)));
        assert_eq!((date(11_016), date(20_778)), ((2000, 2, 29), (2026, 11, 21)));
        for day in (FIRST_MS / DAY_MS..=LAST_MS / DAY_MS).step_by(37) {
            let (year, month, of_month) = date(day);
            assert_eq!(days(year, month, of_month), day);
            let known = jiff::civil::Date::constant(1970, 1, 1)
                .checked_add(jiff::Span::new().days(day))
                .expect("in the years of four digits");
            assert_eq!((year, month, of_month), (known.year().into(), known.month().into(), known.day().into()));
        }
    }

    #[test]
    fn months_end_with_their_last_day() {
        assert_eq!(plus_months(days(2024, 1, 31), 1), Some(days(2024, 2, 29)));
        assert_eq!(plus_months(days(2024, 3, 31), -13), Some(days(2023, 2, 28)));
        assert_eq!(plus_months(0, i64::MAX), None);
    }

    #[test]
    fn the_first_and_the_last_instant() {
        assert_eq!((days(1, 1, 1) * DAY_MS, days(10_000, 1, 1) * DAY_MS - 1), (FIRST_MS, LAST_MS));
    }
}
