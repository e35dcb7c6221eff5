//! The operation table as text: a new row, in its alphabetical place.

/// The `Kinesis` of `Operations<Kinesis>`.
pub(super) fn service_type(table: &str) -> Option<String> {
    let (_, rest) = table.split_once("Operations<")?;
    rest.split_once('>').map(|(name, _)| name.trim().to_owned())
}

/// The table with `mod`, `with` and without the name among those that are not implemented.
pub(super) fn with_row(table: &str, stem: &str, operation: &str) -> String {
    let not_implemented = format!("\"{operation}\",");
    let mut lines: Vec<String> =
        table.lines().filter(|line| line.trim() != not_implemented).map(str::to_owned).collect();
    insert_sorted(&mut lines, "mod ", &format!("mod {stem};"), "use aws");
    let row = format!("        .with::<{stem}::{operation}>()");
    insert_sorted(&mut lines, "        .with", &row, "    Operations::new()");
    if let Some(first) = lines.iter().position(|line| line.starts_with("mod ")) {
        let last = lines.iter().rposition(|line| line.starts_with("mod ")).unwrap_or(first);
        if lines.get(last + 1).is_some_and(|line| !line.is_empty()) {
            lines.insert(last + 1, String::new());
        }
    }
    lines.join("\n") + "\n"
}

/// Inserts among the lines that begin with `beginning`, by what they say; where there is none, before a line that
/// begins with `anchor` if that is an import, else behind it.
fn insert_sorted(lines: &mut Vec<String>, beginning: &str, new: &str, anchor: &str) {
    let key = |line: &str| line.replace("with_stream", "with");
    let siblings: Vec<usize> = (0..lines.len()).filter(|&at| lines[at].starts_with(beginning)).collect();
    let before = siblings.iter().find(|&&at| key(&lines[at]) > key(new));
    let at = match (before, siblings.last()) {
        (Some(&at), _) => at,
        (None, Some(&last)) => last + 1,
        (None, None) => {
            let found = lines.iter().position(|line| line.starts_with(anchor)).unwrap_or(0);
            if anchor.starts_with("use") { found } else { found + 1 }
        }
    };
    lines.insert(at, new.to_owned());
}
