//! What expressions make of records, in this process. Workers are tested with the real program.

use super::*;

#[test]
fn records_are_answered_in_their_order_and_expressions_are_compiled_once() {
    let expressions = InProcess::default();
    let records = [Bytes::from_static(br#"{"a": 1}"#), Bytes::from_static(b"no"), Bytes::from_static(br#"{"a": "x"}"#)];
    for _ in 0..2 {
        let found = expressions.run("{a: .a}", &records).expect("a sound expression");
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].as_ref().map(|keys| keys["a"].as_str()), Ok("1"));
        assert_eq!(found[1], Err(NoKeys::NotJson));
        assert_eq!(found[2].as_ref().map(|keys| keys["a"].as_str()), Ok("x"));
    }
    assert_eq!(expressions.compiled.lock().unwrap().len(), 1);
    assert!(expressions.run("{", &[]).is_err());
    for n in 0..2 * COMPILED_MAX {
        expressions.run(&format!("{{a: {n}}}"), &[]).expect("a sound expression");
    }
    assert_eq!(expressions.compiled.lock().unwrap().len(), COMPILED_MAX);
}
