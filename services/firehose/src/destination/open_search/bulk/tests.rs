//! Bulk requests and what domains answer to them.

use super::*;

#[test]
fn a_request_has_two_lines_for_each_document() {
    let mut bulk = Bulk::default();
    bulk.add("i-2016-02-25", "", Some("7.0"), &Bytes::from_static(b"{\"a\":1}"));
    bulk.add("i", "t", None, &Bytes::from_static(b"{\n \"b\": \"x\\ny\"\r\n}"));
    assert_eq!(
        String::from_utf8(bulk.into_body().concat()).unwrap(),
        concat!(
            "{\"index\":{\"_index\":\"i-2016-02-25\",\"_id\":\"7.0\"}}\n{\"a\":1}\n",
            "{\"index\":{\"_index\":\"i\",\"_type\":\"t\"}}\n{  \"b\": \"x\\ny\"  }\n",
        )
    );
}

#[test]
fn documents_are_json_objects() {
    for sound in ["{}", " {\"a\":[1,2]}\n", "{\"a\":\"é\"}"] {
        assert_eq!(check(sound.as_bytes()), Ok(()), "{sound}");
    }
    for bad in ["", " ", "1", "[1]", "{", "{\"a\":1}{\"b\":2}", "{'a':1}", "{\"a\":\"\n\"}"] {
        assert!(check(bad.as_bytes()).unwrap_err().starts_with("mapper_parsing_exception"), "{bad}");
    }
    assert!(check(b"{\"a\":\"\xff\"}").is_err());
}

fn answer(status: u16, body: &str) -> Result<Answer, Error> {
    let status = StatusCode::from_u16(status).unwrap();
    Ok(Answer { status, headers: http::HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) })
}

#[test]
fn every_document_has_a_result_of_its_own() {
    let body = r#"{"took":1,"errors":true,"items":[
        {"index":{"_index":"i","_id":"1","status":201}},
        {"index":{"status":429,"error":{"type":"es_rejected_execution_exception"}}},
        {"create":{"status":503,"error":"busy"}},
        {"index":{"status":400,"error":{"type":"mapper_parsing_exception","reason":"no"}}}]}"#;
    let Judgement::Items(items) = judge(answer(200, body), 4) else { panic!("readable") };
    assert_eq!(
        items,
        [
            ResultOf::Taken,
            ResultOf::Later { code: "429", message: r#"{"type":"es_rejected_execution_exception"}"#.to_owned() },
            ResultOf::Later { code: "503", message: "\"busy\"".to_owned() },
            ResultOf::Refused {
                code: "400",
                message: r#"{"type":"mapper_parsing_exception","reason":"no"}"#.to_owned()
            },
        ]
    );
}

#[test]
fn what_is_not_understood_is_tried_again() {
    for (status, body) in [(200, "{}"), (200, "<html>"), (200, r#"{"items":[]}"#), (503, ""), (403, "no"), (302, "")] {
        assert!(matches!(judge(answer(status, body), 1), Judgement::NotDone { .. }), "{status} {body}");
    }
    assert_eq!(judge(answer(413, ""), 1), Judgement::TooLarge);
}
