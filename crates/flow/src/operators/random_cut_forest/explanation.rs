//! The JSON that says how much each column has to do with a score.

use std::fmt::Write;

use super::score::Attribution;

/// Writes the explanation of a score in the words of AWS's example:
/// `{"Systolic":{"DIRECTION":"HIGH","STRENGTH":"0.8567","ATTRIBUTION_SCORE":"1.7447"}, …}`, without spaces.
///
/// `names` are the columns' names as JSON texts. A coordinate belongs to the column of its place within the shingle. AWS does not say what STRENGTH is measured in;
/// here it is by how much one side outweighs the other.
pub(super) fn explanation(names: &[String], attribution: &Attribution, directionality: bool) -> String {
    let side = |values: &[f64], column: usize| values.iter().skip(column).step_by(names.len()).sum::<f64>();
    let mut text = String::from("{");
    for (column, name) in names.iter().enumerate() {
        let (high, low) = (side(&attribution.high, column), side(&attribution.low, column));
        let separator = if column == 0 { "" } else { "," };
        write!(text, "{separator}{name}:{{").expect("a text takes everything");
        if directionality {
            let direction = if high > low { "HIGH" } else { "LOW" };
            let strength = (high - low).abs();
            write!(text, "\"DIRECTION\":\"{direction}\",\"STRENGTH\":\"{strength:.4}\",")
                .expect("a text takes everything");
        }
        write!(text, "\"ATTRIBUTION_SCORE\":\"{:.4}\"}}", high + low).expect("a text takes everything");
    }
    text.push('}');
    text
}

/// A name as a JSON text.
pub(super) fn quoted(name: &str) -> String {
    let mut text = String::from("\"");
    for letter in name.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            control if control < ' ' => write!(text, "\\u{:04x}", u32::from(control)).expect("a text takes everything"),
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_what_their_places_in_the_shingle_have() {
        let names = [quoted("Systolic"), quoted("a \"b\"")];
        let attribution = Attribution { high: vec![1.5, 0.0, 0.25, 0.0], low: vec![0.0, 0.5, 0.5, 0.125] };
        assert_eq!(
            explanation(&names, &attribution, true),
            r#"{"Systolic":{"DIRECTION":"HIGH","STRENGTH":"1.2500","ATTRIBUTION_SCORE":"2.2500"},"a \"b\"":{"DIRECTION":"LOW","STRENGTH":"0.6250","ATTRIBUTION_SCORE":"0.6250"}}"#
        );
        assert_eq!(
            explanation(&names, &Attribution::none(4), false),
            r#"{"Systolic":{"ATTRIBUTION_SCORE":"0.0000"},"a \"b\"":{"ATTRIBUTION_SCORE":"0.0000"}}"#
        );
    }
}
