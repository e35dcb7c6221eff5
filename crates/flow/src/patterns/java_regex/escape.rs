//! Characters and sets of characters, as Java writes them and as both engines read them.

use super::block;
use super::parse::{Flags, Parser};

/// What stands behind a backslash where a character may.
pub(super) enum Escaped {
    Character(char),
    /// A set, as an item of a class.
    Set(String),
}

/// One character, as both engines read it inside a class and outside.
pub(super) fn literal(character: char) -> String {
    if character.is_ascii_alphanumeric() || !character.is_ascii() {
        return character.to_string();
    }
    format!("\\x{{{:X}}}", u32::from(character))
}

/// One character as an item of a class, with its other case if that does not matter. Only the letters of ASCII have one.
pub(super) fn either_case(character: char, flags: Flags) -> String {
    match flags.caseless && character.is_ascii_alphabetic() {
        true => [character.to_ascii_lowercase(), character.to_ascii_uppercase()].iter().collect(),
        false => literal(character),
    }
}

/// The set behind a backslash and a letter, as an item of a class.
pub(super) fn predefined(letter: char) -> Option<&'static str> {
    Some(match letter {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        'w' => "[a-zA-Z0-9_]",
        'W' => "[^a-zA-Z0-9_]",
        's' => r"[\x{20}\t\n\x{0B}\x{0C}\r]",
        'S' => r"[^\x{20}\t\n\x{0B}\x{0C}\r]",
        'h' => r"[\x{20}\t\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}]",
        'H' => r"[^\x{20}\t\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}]",
        'v' => r"[\n\x{0B}\x{0C}\r\x{85}\x{2028}\x{2029}]",
        'V' => r"[^\n\x{0B}\x{0C}\r\x{85}\x{2028}\x{2029}]",
        _ => return None,
    })
}

impl Parser {
    /// The character or set whose backslash and letter were read; in a class, or outside.
    pub(super) fn escaped(&mut self, letter: char) -> Result<Escaped, String> {
        if let Some(set) = predefined(letter) {
            return Ok(Escaped::Set(set.to_owned()));
        }
        let character = match letter {
            'p' | 'P' => return self.property(letter == 'P').map(Escaped::Set),
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{0C}',
            'a' => '\u{07}',
            'e' => '\u{1B}',
            '0' => self.octal()?,
            'x' => self.hexadecimal()?,
            'u' => self.utf_16()?,
            'c' => {
                let letter = self.raw().ok_or("\\c needs a letter")?;
                char::from_u32(u32::from(letter) ^ 64).ok_or("\\c needs a letter")?
            }
            other if other.is_ascii_alphanumeric() => return Err(format!("\\{other} is not supported")),
            other => other,
        };
        Ok(Escaped::Character(character))
    }

    /// Up to three digits, of which the first of three is at most 3.
    fn octal(&mut self) -> Result<char, String> {
        let mut value = 0;
        let mut digits = 0;
        while let Some(digit) = self.peek_raw().and_then(|character| character.to_digit(8)) {
            if digits == 3 || digits == 2 && value > 0o37 {
                break;
            }
            self.raw();
            value = value * 8 + digit;
            digits += 1;
        }
        match char::from_u32(value) {
            Some(character) if digits > 0 => Ok(character),
            _ => Err("\\0 needs octal digits".to_owned()),
        }
    }

    fn hexadecimal(&mut self) -> Result<char, String> {
        let wrong = || "\\x needs hexadecimal digits".to_owned();
        if self.peek_raw() != Some('{') {
            return char::from_u32(self.hex_digits(2).ok_or_else(wrong)?).ok_or_else(wrong);
        }
        self.raw();
        let digits = self.up_to('}').ok_or_else(wrong)?;
        let plain = digits.chars().all(|character| character.is_ascii_hexdigit());
        let value = u32::from_str_radix(&digits, 16).ok().filter(|_| plain);
        value.and_then(char::from_u32).ok_or_else(wrong)
    }

    /// Four digits; two times four for what UTF-16 writes with two.
    fn utf_16(&mut self) -> Result<char, String> {
        let wrong = "\\u needs four hexadecimal digits of a character";
        let high = self.hex_digits(4).ok_or(wrong)?;
        if let Some(character) = char::from_u32(high) {
            return Ok(character);
        }
        let low = match (self.raw(), self.raw()) {
            (Some('\\'), Some('u')) => self.hex_digits(4).ok_or(wrong)?,
            _ => return Err(wrong.to_owned()),
        };
        let units = [high, low].map(|unit| u16::try_from(unit).expect("four digits"));
        char::decode_utf16(units).next().and_then(Result::ok).ok_or_else(|| wrong.to_owned())
    }

    fn hex_digits(&mut self, count: usize) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some(value * 16 + self.raw()?.to_digit(16)?))
    }

    /// `\p{…}` as an item of a class: the POSIX names are of ASCII, general categories and blocks are Unicode's.
    fn property(&mut self, negated: bool) -> Result<String, String> {
        let name: String = match self.raw() {
            Some('{') => self.up_to('}').ok_or("the name of a class is not closed")?,
            Some(letter) => letter.to_string(),
            None => return Err("\\p needs a name".to_owned()),
        };
        let caseless = self.flags.caseless;
        let posix = match name.as_str() {
            "Lower" | "Upper" if caseless => "a-zA-Z",
            "Lower" => "a-z",
            "Upper" => "A-Z",
            "ASCII" => r"\x{0}-\x{7F}",
            "Alpha" => "a-zA-Z",
            "Digit" => "0-9",
            "Alnum" => "a-zA-Z0-9",
            "Punct" => r"\x{21}-\x{2F}\x{3A}-\x{40}\x{5B}-\x{60}\x{7B}-\x{7E}",
            "Graph" => r"\x{21}-\x{7E}",
            "Print" => r"\x{20}-\x{7E}",
            "Blank" => r"\x{20}\t",
            "Cntrl" => r"\x{0}-\x{1F}\x{7F}",
            "XDigit" => "0-9a-fA-F",
            "Space" => r"\x{20}\t\n\x{0B}\x{0C}\r",
            "L1" => r"\x{0}-\x{FF}",
            "all" => r"\x{0}-\x{10FFFF}",
            "LD" => r"\p{L}\p{Nd}",
            "IsLetter" => r"\p{L}",
            "IsDigit" => r"\p{Nd}",
            "IsControl" => r"\p{Cc}",
            "IsPunctuation" => r"\p{P}",
            _ => "",
        };
        if !posix.is_empty() {
            return Ok(format!("[{}{posix}]", if negated { "^" } else { "" }));
        }
        if let Some(block) = block_of(&name) {
            let (first, last) = block::block(block).ok_or_else(|| format!("the block '{block}' is not known"))?;
            return Ok(format!("[{}{}-{}]", if negated { "^" } else { "" }, literal(first), literal(last)));
        }
        let category = name.strip_prefix("Is").or_else(|| name.strip_prefix("gc="));
        let category = category.or_else(|| name.strip_prefix("general_category=")).unwrap_or(&name);
        let known = match category {
            "Lu" | "Ll" | "Lt" if caseless => "LC",
            _ if CATEGORIES.contains(&category) => category,
            _ => return Err(format!("the class '{name}' is not supported")),
        };
        Ok(format!("\\{}{{{known}}}", if negated { 'P' } else { 'p' }))
    }
}

/// The block that a property names: `InGreek`, `block=Greek`, `blk=Greek`.
fn block_of(property: &str) -> Option<&str> {
    let named =
        property.split_once('=').filter(|(key, _)| ["block", "blk"].iter().any(|one| key.eq_ignore_ascii_case(one)));
    property.strip_prefix("In").or(named.map(|(_, name)| name))
}

/// General categories, and groups of them.
const CATEGORIES: [&str; 37] = [
    "L", "LC", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe",
    "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cn",
];
