//! Names of the model in Rust's spelling.

/// `StreamARN` → `stream_arn`, `KMSKeyId` → `kms_key_id`, `MaxRecordSizeInKiB` → `max_record_size_in_kib`.
pub(super) fn snake(name: &str) -> String {
    let units = name.replace("KiB", "Kib").replace("MiB", "Mib").replace("GiB", "Gib");
    let letters: Vec<char> = units.chars().collect();
    let mut snake = String::new();
    for (index, &letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|index| letters[index]);
        let after_lower = before.is_some_and(|before| before.is_lowercase() || before.is_ascii_digit());
        let ends_acronym =
            before.is_some_and(char::is_uppercase) && letters.get(index + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (after_lower || ends_acronym) {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    // A field may not be called as a keyword.
    if snake == "type" { "r#type".to_owned() } else { snake }
}

/// `stream_arn` → `StreamArn`, as serde's `PascalCase` rule does it.
pub(super) fn pascal(snake: &str) -> String {
    let words = snake.trim_start_matches("r#").split('_');
    let capitalised = words.map(|word| {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        first.to_uppercase() + rest
    });
    capitalised.collect()
}

/// `StreamARN` → `streamARN`, as AWS's validation messages spell members.
pub(super) fn lower_first(name: &str) -> String {
    let (first, rest) = name.split_at(name.chars().next().map_or(0, char::len_utf8));
    first.to_lowercase() + rest
}

/// `AT_SEQUENCE_NUMBER` → `AtSequenceNumber`, `OutgoingBytes` stays, `5xx-errors` → `N5xxErrors`.
pub(super) fn variant(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let spelled: String = words
        .map(|word| {
            let is_shouting = word.chars().all(|letter| !letter.is_lowercase());
            let word = if is_shouting { word.to_lowercase() } else { word.to_owned() };
            pascal(&word)
        })
        .collect();
    if spelled.starts_with(|letter: char| letter.is_ascii_digit()) { format!("N{spelled}") } else { spelled }
}

/// The first sentence of the model's HTML, as plain text in the third person that the model uses.
pub(super) fn first_sentence(html: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for letter in html.chars() {
        match letter {
            '<' => is_tag = true,
            '>' => is_tag = false,
            letter if !is_tag => text.push(letter),
            _ => {}
        }
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    text.find(". ").map_or(text.clone(), |end| text[..=end].to_owned())
}
