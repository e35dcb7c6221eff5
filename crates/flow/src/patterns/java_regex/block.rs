//! Blocks of Unicode by the names that `Character.UnicodeBlock.forName` of Java knows.

use unicode_blocks::find_unicode_block;

/// Where Java keeps a name that Unicode has given up.
const RENAMED: [(&str, &str); 3] = [
    ("GREEK AND COPTIC", "GREEK"),
    ("COMBINING DIACRITICAL MARKS FOR SYMBOLS", "COMBINING MARKS FOR SYMBOLS"),
    ("CYRILLIC SUPPLEMENT", "CYRILLIC SUPPLEMENTARY"),
];
/// Blocks begin at multiples of this.
const COLUMN: u32 = 16;
/// Behind the surrogates, which no text here holds.
const BEHIND_SURROGATES: u32 = 0xE000;

/// The first and the last character of a block.
pub(super) fn block(name: &str) -> Option<(char, char)> {
    let name = name.to_uppercase();
    let mut at = 0;
    while at <= u32::from(char::MAX) {
        let Some(first) = char::from_u32(at) else {
            at = BEHIND_SURROGATES;
            continue;
        };
        let Some(block) = find_unicode_block(first) else {
            at += COLUMN;
            continue;
        };
        if is_name(&block.name().to_uppercase(), &name) {
            return Some((first, char::from_u32(block.end())?));
        }
        at = block.end() + 1;
    }
    None
}

/// Whether it is a block's name, the name without its spaces, or the name of the constant in Java.
fn is_name(block: &str, name: &str) -> bool {
    let is_written = |block: &str| block == name || block.replace(' ', "") == name;
    let is_constant = |block: &str| block.replace([' ', '-'], "_") == name;
    match RENAMED.iter().find(|(current, _)| *current == block) {
        Some((_, old)) => is_written(block) || is_written(old) || is_constant(old),
        None => is_written(block) || is_constant(block),
    }
}
