//! Texts → numbers, exactly.

/// A decimal number times 10^`scale`, if it is a whole number then and fits.
pub(super) fn scaled(text: &str, scale: u32) -> Option<i128> {
    let bytes = text.as_bytes();
    let (negative, rest) = match bytes.first()? {
        b'-' => (true, &bytes[1..]),
        b'+' => (false, &bytes[1..]),
        _ => (false, bytes),
    };
    let (mantissa, exponent) = match rest.iter().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&rest[..at], std::str::from_utf8(&rest[at + 1..]).ok()?.parse::<i32>().ok()?),
        None => (rest, 0),
    };
    let (mut value, mut behind, mut seen, mut point) = (0_i128, 0_i32, false, false);
    // Zeros wait here until another digit follows, so that 1.000… needs no room.
    let mut zeros = 0_u32;
    for byte in mantissa {
        match byte {
            b'.' if !point => point = true,
            b'0'..=b'9' => {
                seen = true;
                behind = behind.checked_add(i32::from(point))?;
                if *byte == b'0' {
                    zeros += 1;
                    continue;
                }
                value = value.checked_mul(10_i128.checked_pow(if value == 0 { 0 } else { zeros + 1 })?)?;
                value = value.checked_add(i128::from(byte - b'0'))?;
                zeros = 0;
            }
            _ => return None,
        }
    }
    if !seen {
        return None;
    }
    if value == 0 {
        return Some(0);
    }
    let power = i64::from(exponent) - i64::from(behind) + i64::from(zeros) + i64::from(scale);
    let factor = 10_i128.checked_pow(u32::try_from(power.unsigned_abs()).ok()?);
    let value = if power >= 0 {
        value.checked_mul(factor?)?
    } else {
        let factor = factor?;
        if value % factor != 0 {
            return None;
        }
        value / factor
    };
    Some(if negative { -value } else { value })
}

/// A whole number.
#[inline]
pub(super) fn integer(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    if !digits.is_empty() && digits.len() <= 18 && digits.iter().all(u8::is_ascii_digit) {
        let value = digits.iter().fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0'));
        return Some(if digits.len() == bytes.len() { value } else { -value });
    }
    i64::try_from(scaled(text, 0)?).ok()
}

const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The nearest floating-point number; none for texts and for what is too large.
#[inline]
pub(super) fn double(text: &str) -> Option<f64> {
    short_double(text.as_bytes()).or_else(|| long_double(text))
}

/// Digits with a point, so few that one division of two exact numbers gives the nearest result.
#[inline]
fn short_double(bytes: &[u8]) -> Option<f64> {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let (mut value, mut behind, mut point) = (0_u64, 0_usize, 0_usize);
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            value = value * 10 + u64::from(digit);
            behind += point;
        } else if *byte == b'.' && point == 0 {
            point = 1;
        } else {
            return None;
        }
    }
    // 16 digits may be above 2^53; a lone point is no number.
    if value > 1 << 53 || digits.len() == point {
        return None;
    }
    let value = value as f64 / POWERS_OF_TEN[behind];
    Some(if digits.len() == bytes.len() { value } else { -value })
}

fn long_double(text: &str) -> Option<f64> {
    // `inf` and `nan` are words to Rust and not numbers here.
    if !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// The bytes of `X'3F67'`.
pub(super) fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix(['X', 'x'])?.strip_prefix('\'')?.strip_suffix('\'')?.as_bytes();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_numbers() {
        let check =
            |text: &str, scale: u32, expected: Option<i128>| assert_eq!(scaled(text, scale), expected, "{text}");
        check("12", 0, Some(12));
        check("-12.50", 2, Some(-1250));
        check("12.505", 2, None);
        check("1e3", 0, Some(1000));
        check("1500e-2", 0, Some(15));
        check("1.000000000000000000000000000000000000000000000000000", 0, Some(1));
        check("0e999999999", 0, Some(0));
        check("1e99999", 0, None);
        check("100000000000000000000000000000000000000000", 0, None);
        check("123.4", 0, None);
        check("10203", 1, Some(102_030));
        for wrong in ["", "-", ".", "1.2.3", "abc", "1e", "0x10"] {
            check(wrong, 0, None);
        }
        assert_eq!(integer("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(integer("9223372036854775808"), None);
        assert_eq!(integer("7.0"), Some(7));
    }

    #[test]
    fn doubles_are_the_nearest_ones() {
        for text in
            ["0", "-0.0", "1.5", "123.45", "0.1", "9007199254740993", "9999999999999999", "1e-7", "-2.5E10", ".5", "5."]
        {
            assert_eq!(double(text).map(f64::to_bits), text.parse().ok().map(f64::to_bits), "{text}");
        }
        for wrong in ["", "-", ".", "nan", "inf", "1e999", "1,5", "--1"] {
            assert_eq!(double(wrong), None, "{wrong}");
        }
    }
}
