//! Predicates on periods, at every place that one can have to another.

use super::{is, is_null};

/// The second period everywhere.
const RIGHT: (u32, u32) = (3, 6);

/// Allen's thirteen relations: the left period of each.
const LEFT: [(u32, u32); 13] =
    [(1, 2), (1, 3), (1, 4), (1, 6), (1, 8), (3, 4), (3, 6), (3, 8), (4, 5), (4, 6), (4, 8), (6, 8), (7, 8)];

/// For which of them a predicate holds.
const HOLDS: [(&str, &[(u32, u32)]); 17] = [
    ("CONTAINS", &[(1, 6), (1, 8), (3, 6), (3, 8)]),
    ("OVERLAPS", &[(1, 4), (1, 6), (1, 8), (3, 4), (3, 6), (3, 8), (4, 5), (4, 6), (4, 8)]),
    ("EQUALS", &[(3, 6)]),
    ("PRECEDES", &[(1, 2), (1, 3)]),
    ("SUCCEEDS", &[(6, 8), (7, 8)]),
    ("IMMEDIATELY PRECEDES", &[(1, 3)]),
    ("IMMEDIATELY SUCCEEDS", &[(6, 8)]),
    ("LEADS", &[(1, 2), (1, 3), (1, 4), (1, 6)]),
    ("LAGS", &[(3, 8), (4, 8), (6, 8), (7, 8)]),
    ("STRICTLY CONTAINS", &[(1, 8)]),
    ("STRICTLY OVERLAPS", &[(1, 4), (1, 8), (4, 5), (4, 8)]),
    ("STRICTLY PRECEDES", &[(1, 2)]),
    ("STRICTLY SUCCEEDS", &[(7, 8)]),
    ("STRICTLY LEADS", &[(1, 2), (1, 3), (1, 4)]),
    ("STRICTLY LAGS", &[(4, 8), (6, 8), (7, 8)]),
    ("IMMEDIATELY LEADS", &[(1, 3)]),
    ("IMMEDIATELY LAGS", &[(6, 8)]),
];

fn instant(day: u32) -> String {
    format!("TIMESTAMP '2026-01-{day:02} 00:00:00'")
}

fn period((from, to): (u32, u32)) -> String {
    format!("({}, {})", instant(from), instant(to))
}

#[test]
fn every_predicate_at_every_relation() {
    for (predicate, holds) in HOLDS {
        for left in LEFT {
            let wanted = holds.contains(&left).to_string();
            is(&format!("{} {predicate} {}", period(left), period(RIGHT)), &wanted);
            // Written backwards, and with the word: the same.
            let turned = period((left.1, left.0));
            is(&format!("PERIOD {turned} {predicate} PERIOD {}", period(RIGHT)), &wanted);
        }
    }
}

#[test]
fn what_is_not_known_is_null() {
    for (predicate, _) in HOLDS {
        is_null(&format!("(S, CAST(NULL AS TIMESTAMP)) {predicate} {}", period(RIGHT)));
        is_null(&format!("{} {predicate} CAST(NULL AS TIMESTAMP)", period(RIGHT)));
    }
}

#[test]
fn the_end_is_not_inside() {
    // `PERIOD (s, e) CONTAINS t` is `s <= t AND t < e`.
    for (day, inside, strictly) in [(2, false, false), (3, true, false), (5, true, true), (6, false, false)] {
        is(&format!("{} CONTAINS {}", period(RIGHT), instant(day)), &inside.to_string());
        is(&format!("{} OVERLAPS {}", period(RIGHT), instant(day)), &inside.to_string());
        is(&format!("{} OVERLAPS {}", instant(day), period(RIGHT)), &inside.to_string());
        is(&format!("{} STRICTLY CONTAINS {}", period(RIGHT), instant(day)), &strictly.to_string());
    }
    is(&format!("{} CONTAINS {}", instant(3), instant(3)), "true");
    is(&format!("{} OVERLAPS {}", instant(3), instant(4)), "false");
}

#[test]
fn predicates_in_a_row_are_a_chain() {
    let (one, two, three) = (period((1, 2)), period((3, 4)), period((5, 6)));
    is(&format!("{one} PRECEDES {two} PRECEDES PERIOD {three}"), "true");
    is(&format!("{one} PRECEDES {two} SUCCEEDS {three}"), "false");
    is(&format!("{one} PRECEDES {three} STRICTLY SUCCEEDS {two} STRICTLY PRECEDES {three}"), "true");
    is(&format!("NOT {one} PRECEDES {two} PRECEDES {one}"), "true");
}
