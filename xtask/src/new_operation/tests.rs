//! Drafts compared with stored text.

use std::fs;

use super::*;

/// A model with one member of every kind; only what drafts look at.
const MODEL: &str = include_str!("samples/model.json");
const TABLE: &str = "//! The table.\n\nmod delete_order;\n\nuse aws::Operations;\n\nuse crate::Orders;\n\n\
                     pub(crate) fn table() -> Operations<Orders> {\n    Operations::new()\n        \
                     .with::<delete_order::DeleteOrder>()\n}\n\n\
                     pub(crate) const NOT_IMPLEMENTED: &[&str] = &[\n    \"CreateOrder\",\n    \"ListOrders\",\n];\n";

#[test]
fn a_draft_reads_as_the_stored_text() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let operations = root.path().join("services/orders/src/operations");
    fs::create_dir_all(&operations).expect("folders");
    fs::write(operations.join("mod.rs"), TABLE).expect("the table");
    let model: Model = serde_json::from_str(MODEL).expect("a model");
    let paths = draft(root.path(), &model, "orders", "CreateOrder").expect("drafts");
    for (path, sample) in paths.iter().zip(["create_order.txt", "create_order.scenario", "table.txt"]) {
        let drafted = fs::read_to_string(root.path().join(path)).expect("the draft is there");
        let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/new_operation/samples").join(sample);
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&stored, &drafted).expect("the sample is writable");
        }
        let expected = fs::read_to_string(&stored).expect("the sample is there");
        assert_eq!(drafted, expected, "{path} differs from {sample}; UPDATE=1 stores it anew");
    }
    let again = draft(root.path(), &model, "orders", "CreateOrder").expect_err("it is there already");
    assert!(again.contains("is there already"), "{again}");
}

#[test]
fn names_keep_acronyms_and_units_together() {
    for (wire, expected) in [
        ("StreamARN", "stream_arn"),
        ("KMSKeyId", "kms_key_id"),
        ("MaxRecordSizeInKiB", "max_record_size_in_kib"),
        ("Type", "r#type"),
        ("SSEDescription", "sse_description"),
    ] {
        assert_eq!(names::snake(wire), expected);
    }
    assert_eq!(names::variant("AT_SEQUENCE_NUMBER"), "AtSequenceNumber");
    assert_eq!(names::variant("OutgoingBytes"), "OutgoingBytes");
    assert_eq!(names::lower_first("StreamARN"), "streamARN");
    assert_eq!(names::first_sentence("<p>Puts <code>a</code> &amp; b. And more.</p>"), "Puts a & b.");
}
