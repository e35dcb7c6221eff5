//! What may have been meant by a word that means nothing.

/// The known word that is nearest to a written one, in any case, if it is so near that it may have been meant: one letter in
/// three may be wrong, and two at most. Two that stand in each other's place are one.
pub(crate) fn meant<'w>(written: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let written = written.to_uppercase();
    let length = written.chars().count();
    let wrong_max = (length / 3).min(2);
    let wrong = |word: &'w str| {
        // Long names are not gone through letter by letter.
        let is_as_long = word.len().abs_diff(written.len()) <= 2 * wrong_max && length <= LETTERS_MAX;
        let wrong = if is_as_long { strsim::osa_distance(&written, &word.to_uppercase()) } else { usize::MAX };
        (wrong <= wrong_max).then_some((wrong, word))
    };
    let found = known.into_iter().filter_map(wrong);
    found.min_by_key(|(wrong, word)| (*wrong, word.len().abs_diff(written.len()))).map(|(_, word)| word)
}

/// The longest word that is looked for.
const LETTERS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn the_nearest_word_is_meant() {
        let known = ["SELECT", "STREAM", "FROM", "WHERE", "GROUP", "price", "S"];
        for (written, word) in [
            ("SELCT", Some("SELECT")),
            ("SLEETC", Some("SELECT")),
            ("SLCT", None),
            ("FORM", Some("FROM")),
            ("FOR", None),
            ("FX", None),
            ("Pricé", Some("price")),
            ("x", None),
            ("Prise", Some("price")),
            ("PRICE", Some("price")),
            ("TICKER", None),
            ("", None),
            ("s", Some("S")),
        ] {
            assert_eq!(meant(written, known), word, "{written}");
        }
        assert_eq!(meant("FROM", []), None);
    }
}
