//! Lines of failed records, held against AWS's examples.

use bytes::Bytes;

use super::*;

fn record() -> Delivered {
    Delivered {
        data: Bytes::from_static(b"sample raw data"),
        arrival_ms: 1_594_265_943_615,
        sequence: "49607357361271740811418664280693044274821622880012337186".into(),
        sub_sequence: 0,
    }
}

fn failed(code: &'static str, message: &str) -> FailedRecord {
    FailedRecord { index: 0, attempts_made: 5, code, message: message.into(), attempt_ended_ms: 1_594_266_081_318 }
}

fn line(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

// Members and their order as in AWS's developer guide, "Handle data delivery failures".
#[test]
fn lines_have_awss_members_in_awss_order() {
    let message = r#"Received the following response from the endpoint destination. {"requestId": "1"}"#;
    assert_eq!(
        line(|out| http_endpoint(&record(), &failed("HttpEndpoint.DestinationException", message), out)),
        concat!(
            r#"{"attemptsMade":5,"arrivalTimestamp":1594265943615,"errorCode":"HttpEndpoint.DestinationException","#,
            r#""errorMessage":"Received the following response from the endpoint destination. {\"requestId\": \"1\"}","#,
            r#""attemptEndingTimestamp":1594266081318,"rawData":"c2FtcGxlIHJhdyBkYXRh","subsequenceNumber":0,"#,
            r#""dataId":"49607357361271740811418664280693044274821622880012337186.0"}"#,
            "\n"
        )
    );
    assert_eq!(
        line(|out| splunk(&record(), &failed("Splunk.AckTimeout", "late"), out)),
        concat!(
            r#"{"attemptsMade":5,"arrivalTimestamp":1594265943615,"errorCode":"Splunk.AckTimeout","#,
            r#""errorMessage":"late","attemptEndingTimestamp":1594266081318,"rawData":"c2FtcGxlIHJhdyBkYXRh","#,
            r#""EventId":"49607357361271740811418664280693044274821622880012337186.0"}"#,
            "\n"
        )
    );
    let document = Document { id: Some("7.0"), index_name: "i-2016-02-25", type_name: Some("") };
    assert_eq!(
        line(|out| search(&record(), &failed("400", "bad"), &document, out)),
        concat!(
            r#"{"attemptsMade":5,"arrivalTimestamp":1594265943615,"errorCode":"400","errorMessage":"bad","#,
            r#""attemptEndingTimestamp":1594266081318,"esDocumentId":"7.0","esIndexName":"i-2016-02-25","#,
            r#""esTypeName":"","rawData":"c2FtcGxlIHJhdyBkYXRh"}"#,
            "\n"
        )
    );
    let document = Document { id: None, index_name: "i", type_name: None };
    assert_eq!(
        line(|out| search(&record(), &failed("400", "bad"), &document, out)),
        concat!(
            r#"{"attemptsMade":5,"arrivalTimestamp":1594265943615,"errorCode":"400","errorMessage":"bad","#,
            r#""attemptEndingTimestamp":1594266081318,"osDocumentId":null,"osIndexName":"i","#,
            r#""rawData":"c2FtcGxlIHJhdyBkYXRh"}"#,
            "\n"
        )
    );
}

#[test]
fn long_messages_are_cut_between_characters() {
    assert_eq!(cut("short"), "short");
    let long = "é".repeat(MESSAGE_BYTES_MAX);
    assert_eq!(cut(&long).len(), MESSAGE_BYTES_MAX);
    assert_eq!(cut(&format!("x{long}")).len(), MESSAGE_BYTES_MAX - 1);
}
