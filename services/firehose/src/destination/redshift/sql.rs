//! The COPY statement. Names and texts are quoted; the options are SQL by their nature and stand as they were given.
//!
//! <https://docs.aws.amazon.com/redshift/latest/dg/r_COPY.html>

/// `COPY table (columns) FROM 'manifest' CREDENTIALS 'aws_iam_role=…' MANIFEST options`.
pub(super) fn copy(table: &str, columns: Option<&str>, manifest: &str, role_arn: &str, options: &str) -> String {
    let mut text = format!("COPY {}", names(table, '.').join("."));
    let columns = columns.map(|columns| names(columns, ',').join(", ")).filter(|columns| !columns.is_empty());
    if let Some(columns) = columns {
        text.push_str(&format!(" ({columns})"));
    }
    let credentials = literal(&format!("aws_iam_role={role_arn}"));
    text.push_str(&format!(" FROM {} CREDENTIALS {credentials} MANIFEST", literal(manifest)));
    let options = options.trim().trim_end_matches(';').trim_end();
    if !options.is_empty() {
        text.push(' ');
        text.push_str(options);
    }
    text
}

/// The identifiers of a list, each such that it can be nothing else.
fn names(list: &str, separator: char) -> Vec<String> {
    let mut names = Vec::new();
    let (mut name, mut is_quoted) = (String::new(), false);
    for c in list.chars() {
        if c == separator && !is_quoted {
            names.push(std::mem::take(&mut name));
            continue;
        }
        is_quoted ^= c == '"';
        name.push(c);
    }
    names.push(name);
    names.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).map(identifier).collect()
}

/// Plain and well quoted names stay as they are; everything else is quoted.
fn identifier(name: &str) -> String {
    let starts_plain = name.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '#'));
    if starts_plain && name.chars().skip(1).all(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) {
        return name.to_owned();
    }
    let inner = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let inner = inner.filter(|inner| !inner.is_empty() && !inner.replace("\"\"", "").contains('"'));
    match inner {
        Some(_) => name.to_owned(),
        None => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

/// A text. Redshift reads backslashes as escapes.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::000000000000:role/firehose";

    #[test]
    fn the_statement_is_awss() {
        assert_eq!(
            copy("public.flights", Some("carrier,delay"), "s3://b/manifests/m", ROLE, "json 'auto' gzip;"),
            "COPY public.flights (carrier, delay) FROM 's3://b/manifests/m' CREDENTIALS \
             'aws_iam_role=arn:aws:iam::000000000000:role/firehose' MANIFEST json 'auto' gzip"
        );
        assert_eq!(
            copy("t", None, "s3://b/m", ROLE, ""),
            "COPY t FROM 's3://b/m' CREDENTIALS 'aws_iam_role=arn:aws:iam::000000000000:role/firehose' MANIFEST"
        );
    }

    #[test]
    fn names_cannot_become_sql() {
        for (table, expected) in [
            ("s.t", "s.t"),
            ("\"S s\".\"T\"\"x\"", "\"S s\".\"T\"\"x\""),
            ("my-table", "\"my-table\""),
            ("t; drop table x", "\"t; drop table x\""),
            ("t\" (a) from 's3", "\"t\"\" (a) from 's3\""),
            ("1t", "\"1t\""),
            ("\"\"", "\"\"\"\"\"\""),
            ("größe", "größe"),
        ] {
            let statement = copy(table, None, "s3://b/m", ROLE, "");
            assert!(statement.starts_with(&format!("COPY {expected} FROM 's3://b/m'")), "{statement}");
        }
        let columns = copy("t", Some(" a, \"b,c\" ,d)"), "s3://b/m", ROLE, "");
        assert!(columns.starts_with("COPY t (a, \"b,c\", \"d)\") FROM"), "{columns}");
    }

    #[test]
    fn texts_cannot_end_early() {
        let statement = copy("t", None, "s3://b/it's\\", ROLE, "");
        assert!(statement.starts_with("COPY t FROM 's3://b/it''s\\\\' CREDENTIALS"), "{statement}");
    }
}
