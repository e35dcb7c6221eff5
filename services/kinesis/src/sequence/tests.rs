//! Numbers of AWS's and of ours.

use proptest::prelude::*;

use super::*;

#[test]
fn a_number_of_aws_is_decoded() {
    let text = "49590338271490256608559692538361571095921575989136588898";
    let number = SequenceNumber::parse(text).expect("digits");
    let decoded = number.decode().expect("version 2");
    assert_eq!((decoded.shard, decoded.index), (6, 1_734_642_199));
    assert_eq!((decoded.created_s, decoded.time_s), (1_542_776_258, 1_545_084_650));
    assert_eq!(number.to_string(), text);
}

#[test]
fn numbers_are_made_as_aws_makes_them() {
    let created = 1_700_000_000;
    let texts = [
        (SequenceNumber::start(created, 0), "49646437577108476416916876405825929425585429676275269634"),
        (SequenceNumber::start(created, 1), "49646437577130777162115407028967465143858078037781250066"),
        (SequenceNumber::of_record(created, 0, 0, created), "49646437577108476416916876405827138351405044305449975810"),
    ];
    for (number, text) in texts {
        assert_eq!(number.to_string(), text);
        assert_eq!(SequenceNumber::parse(text), Some(number));
    }
    assert_eq!(SequenceNumber::of_record(created, 300, 41, created + 9).decode().and_then(|d| d.offset()), Some(41));
    assert_eq!(SequenceNumber::start(created, 3).decode().and_then(|d| d.offset()), None);
    assert!(SequenceNumber::end(created, 3, created).decode().is_some_and(|d| d.is_end()));
}

#[test]
fn children_sort_after_their_parents() {
    let end = SequenceNumber::end(1_700_000_000, 0, 1_700_000_500);
    assert!(end < SequenceNumber::start(1_700_000_001, 1));
    assert!(SequenceNumber::start(1_700_000_000, 0) < end);
}

#[test]
fn nonsense_is_no_number() {
    for text in ["", "x", "-1", "1e5", &"9".repeat(129)] {
        assert_eq!(SequenceNumber::parse(text), None, "{text}");
    }
    let zero = SequenceNumber::parse("0").expect("digits");
    assert_eq!(zero.to_string(), "21267647932558653966460912964485513216");
}

#[test]
fn old_and_broken_numbers_are_told_apart() {
    let decoded = |text: &str| SequenceNumber::parse(text).expect("digits").decode();
    assert_eq!(decoded("5").map(|d| (d.version, d.shard)), Some((0, 5)));
    assert_eq!(decoded("26227199374822427428162556223570313216"), None, "the creation time is too far away");
    let of_hex = |hex: &str| {
        let (high, low) = hex.split_at(hex.len() - 32);
        let high = u64::from_str_radix(high, 16).expect("hex digits");
        SequenceNumber { high, low: u128::from_str_radix(low, 16).expect("hex digits") }
    };
    assert!(of_hex("2ffffffffff7fffffffffffffff000000000007fffffff2").decode().is_some());
    assert_eq!(of_hex("20000000000000000000000000000000000000000000001").decode().map(|d| d.version), Some(1));
    for broken in [
        "20000000000000000000000000000000000000000000000",
        "20000000000000000000000000000000000000000000004",
        "30000000000000000000000000000000000000000000001",
        "1ffffffffff7fffffffffffffff000000000007fffffff2",
        "20000000000800000000000000000000000000000000002",
        "20000000000000000000000000000000000000800000002",
    ] {
        assert_eq!(of_hex(broken).decode(), None, "{broken}");
    }
}

#[test]
fn old_numbers_are_printed_with_a_leading_one() {
    let large = SequenceNumber { high: 0, low: 0xf3bb_2cc3_d7ff_7fff_ffff_ffff_ffff_0000 };
    assert_eq!(large.normalized().to_string(), "26227199374821822965252748908982894592");
    let small = SequenceNumber::parse("425352958651173072921826052383309826").expect("digits");
    assert_eq!(small.normalized().to_string(), "21693000891209827039382739016868823042");
}

proptest! {
    #[test]
    fn numbering_says_what_each_number_says(
        created in 0_u64..1 << 34,
        shard in 0_u32..1 << 31,
        from in 0_u64..1 << 62,
        steps in proptest::collection::vec((1_u64..3, 0_u64..2), 1..200),
    ) {
        let (mut numbering, mut offset, mut time) = (Numbering::new(created, shard), from, created);
        for (step, seconds) in steps {
            let number = SequenceNumber::of_record(created, shard, offset, time);
            prop_assert_eq!(numbering.at(offset, time).to_string(), number.to_string());
            let decoded = number.decode().expect("our own number");
            prop_assert_eq!((decoded.offset(), decoded.shard, decoded.time_s), (Some(offset), shard, time));
            prop_assert_eq!(SequenceNumber::parse(&number.to_string()), Some(number));
            offset += step;
            time += seconds;
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}", digits in "[0-9]{1,130}") {
        for text in [text, digits] {
            if let Some(number) = SequenceNumber::parse(&text) {
                let _ = (number.decode(), number.normalized().to_string()); // Only that nothing panics.
            }
        }
    }
}
