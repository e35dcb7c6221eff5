//! Days and months of the Gregorian calendar, counted out.

use flow::ast::TimeUnit;

pub(crate) const DAY_MS: i64 = 86_400_000;

/// Year, month and day.
pub(crate) type Civil = (i64, i64, i64);

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn year_days(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

pub(crate) fn month_days(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The date of a day since 1970: years and months are taken off one by one.
pub(crate) fn civil(days: i64) -> Civil {
    // 146,097 days are 400 years, after which everything repeats.
    let (mut year, mut rest) = (1970 + 400 * days.div_euclid(146_097), days.rem_euclid(146_097));
    while rest >= year_days(year) {
        rest -= year_days(year);
        year += 1;
    }
    let mut month = 1;
    while rest >= month_days(year, month) {
        rest -= month_days(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}

/// The day since 1970 of a date.
pub(crate) fn days((year, month, day): Civil) -> i64 {
    let cycles = (year - 1970).div_euclid(400);
    let mut days = cycles * 146_097;
    for passed in 1970..year - 400 * cycles {
        days += year_days(passed);
    }
    for passed in 1..month {
        days += month_days(year, passed);
    }
    days + day - 1
}

/// The instant so many months later, on the same day or the last one of its month.
pub(crate) fn add_months(ms: i64, months: i64) -> i64 {
    let (year, month, day) = civil(ms.div_euclid(DAY_MS));
    let all = year * 12 + month - 1 + months;
    let (year, month) = (all.div_euclid(12), all.rem_euclid(12) + 1);
    days((year, month, day.min(month_days(year, month)))) * DAY_MS + ms.rem_euclid(DAY_MS)
}

/// The largest start of a unit that is not after the instant.
pub(crate) fn floor(ms: i64, to: TimeUnit) -> i64 {
    let day = ms.div_euclid(DAY_MS);
    let (year, month, _) = civil(day);
    let start = match to {
        TimeUnit::Year => days((year, 1, 1)),
        TimeUnit::Month => days((year, month, 1)),
        // 1970 began on a Thursday; weeks begin on Sundays.
        TimeUnit::Week => (day + 4).div_euclid(7) * 7 - 4,
        TimeUnit::Day => day,
        TimeUnit::Hour => return ms.div_euclid(3_600_000) * 3_600_000,
        TimeUnit::Minute => return ms.div_euclid(60_000) * 60_000,
        TimeUnit::Second => return ms.div_euclid(1_000) * 1_000,
    };
    start * DAY_MS
}

/// The start of the unit behind the one that the instant is in.
pub(crate) fn next(ms: i64, to: TimeUnit) -> i64 {
    let start = floor(ms, to);
    match to {
        TimeUnit::Year => add_months(start, 12),
        TimeUnit::Month => add_months(start, 1),
        TimeUnit::Week => start + 7 * DAY_MS,
        TimeUnit::Day => start + DAY_MS,
        TimeUnit::Hour => start + 3_600_000,
        TimeUnit::Minute => start + 60_000,
        _ => start + 1_000,
    }
}

/// The smallest start of a unit that is not before the instant.
pub(crate) fn ceil(ms: i64, to: TimeUnit) -> i64 {
    if floor(ms, to) == ms { ms } else { next(ms, to) }
}

/// A part of an instant as a number; the milliseconds of its second.
pub(crate) fn extract(ms: i64, unit: TimeUnit) -> i64 {
    let (year, month, of_month) = civil(ms.div_euclid(DAY_MS));
    let of_day = ms.rem_euclid(DAY_MS);
    match unit {
        TimeUnit::Year => year,
        TimeUnit::Month => month,
        TimeUnit::Day => of_month,
        TimeUnit::Hour => of_day / 3_600_000,
        TimeUnit::Minute => of_day / 60_000 % 60,
        TimeUnit::Second => of_day % 60_000,
        TimeUnit::Week => panic!("weeks are not taken out of instants"),
    }
}

/// A part of a length of time, with its sign.
pub(crate) fn extract_interval(ms: i64, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Day => ms / DAY_MS,
        TimeUnit::Hour => ms / 3_600_000 % 24,
        TimeUnit::Minute => ms / 60_000 % 60,
        TimeUnit::Second => ms % 60_000,
        other => panic!("a length of time has no {other:?}"),
    }
}
