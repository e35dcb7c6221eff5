//! Every error that is answered before a service is asked, in AWS's order of checks.

use crate::client::{Answer, CBOR, Http1, JSON};
use crate::echo::serve_plain;

const ACCESS_DENIED: &str = "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be \
                             authorized</Message>\n</AccessDeniedException>\n";
const UNKNOWN: &str = r#"{"__type":"UnknownOperationException"}"#;
const UNREADABLE: &str = r#"{"__type":"SerializationException"}"#;
const INCOMPLETE: &str = "Authorization header requires 'Credential' parameter. ";

fn json_error(code: &str, message: &str) -> String {
    format!(r#"{{"__type":"{code}","message":"{message}"}}"#)
}

struct Case<'c> {
    what: &'c str,
    method: &'c str,
    path: &'c str,
    headers: Vec<(&'c str, &'c str)>,
    body: &'c str,
    status: u16,
    expected: String,
}

fn post<'c>(what: &'c str, headers: &[(&'c str, &'c str)], body: &'c str, status: u16, expected: &str) -> Case<'c> {
    Case { what, method: "POST", path: "/", headers: headers.to_vec(), body, status, expected: expected.to_owned() }
}

const BAD: (&str, &str) = ("x-amz-target", "Echo_20200101.Nothing");
const NO_TARGET: (&str, &str) = ("x-amz-target", "");
const TEXT: (&str, &str) = ("content-type", "text/plain");
const PLAIN: (&str, &str) = ("content-type", "application/json");
const NO_AUTH: (&str, &str) = ("authorization", "");

#[tokio::test]
async fn requests_that_mean_no_operation_are_refused() {
    let coral = |name: &str| format!(r#"{{"Output":{{"__type":"com.amazon.coral.service#{name}"}},"Version":"1.0"}}"#);
    let cases = [
        Case { method: "GET", ..post("not POST", &[], "", 403, ACCESS_DENIED) },
        Case { method: "PUT", ..post("not POST, before all else", &[NO_AUTH, TEXT], "x", 403, ACCESS_DENIED) },
        Case { path: "/some/path", ..post("the path does not matter", &[BAD], "{}", 400, UNKNOWN) },
        post("empty body, known target", &[], "", 400, UNREADABLE),
        post("empty body, unknown target", &[BAD], "", 400, UNKNOWN),
        post("another type, no target", &[TEXT, NO_TARGET], "{}", 403, ACCESS_DENIED),
        post("another type, half a target", &[TEXT, ("x-amz-target", "Echo_20200101.")], "{}", 403, ACCESS_DENIED),
        post("another type with target", &[TEXT], "{}", 404, "<UnknownOperationException/>\n"),
        post("body no object", &[NO_AUTH], "[]", 400, UNREADABLE),
        post("body no object, before the target", &[BAD], "5", 400, UNREADABLE),
        post("body cut off", &[NO_AUTH], "{\"Text\":", 400, UNREADABLE),
        post("plain JSON, no object", &[PLAIN], "x", 400, &coral("SerializationException")),
        post("plain JSON", &[PLAIN], "{}", 404, &coral("UnknownOperationException")),
        post("unknown operation, before the signature", &[BAD, NO_AUTH], "{}", 400, UNKNOWN),
        post("unknown service", &[("x-amz-target", "Nobody.Say")], "{}", 400, UNKNOWN),
        post("no target at all", &[NO_TARGET], "{}", 400, UNKNOWN),
    ];
    run(&cases).await;
}

#[tokio::test]
async fn requests_that_are_not_signed_are_refused() {
    let sentence = |message: &str| json_error("IncompleteSignatureException", message);
    let date = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
    let all = format!(
        "{INCOMPLETE}Authorization header requires 'Signature' parameter. Authorization header requires \
         'SignedHeaders' parameter. {date}Authorization=Nonsense"
    );
    let only_date = format!("{date}Authorization={}", crate::client::SIGNED);
    let query = "AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include \
                 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string \
                 parameters must include 'X-Amz-Date'. Re-examine the query-string parameters.";
    let both = "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.";
    let missing = json_error("MissingAuthenticationTokenException", "Missing Authentication Token");
    let no_date = ("x-amz-date", "");
    let path = "/?X-Amz-Algorithm=AWS4-HMAC-SHA256";
    let odd_region =
        "AWS4-HMAC-SHA256 Credential=A/20200101/eu west/echo/aws4_request, SignedHeaders=host, Signature=0";
    let region = json_error("InvalidSignatureException", "Credential should be scoped to a valid region. ");
    let cases = [
        Case { path, ..post("both", &[], "{}", 400, &json_error("InvalidSignatureException", both)) },
        post("none", &[NO_AUTH], "{}", 400, &missing),
        post("nothing in it", &[("authorization", "Nonsense"), no_date], "{}", 400, &sentence(&all)),
        post("no date", &[no_date], "{}", 400, &sentence(&only_date)),
        Case { path, ..post("half a query", &[NO_AUTH], "{}", 400, &sentence(query)) },
        post("a region of strange letters", &[("authorization", odd_region)], "{}", 400, &region),
    ];
    run(&cases).await;
}

#[tokio::test]
async fn query_requests_are_refused_in_xml() {
    let form = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    let error = |code: &str, message: &str| {
        format!(
            "<ErrorResponse xmlns=\"urn:echo\">\n<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}\
             </Message></Error>\n<RequestId>ID</RequestId>\n</ErrorResponse>\n"
        )
    };
    let unknown = "Could not find operation Nothing for version 2020-01-01";
    let version = "Could not find operation Say for version 1999-01-01";
    let cases = [
        post("no action", &[form, NO_TARGET], "Version=2020-01-01", 400, &error("MissingAction", "Missing Action")),
        post("unknown", &[form, NO_TARGET], "Action=Nothing&Version=2020-01-01", 400, &error("InvalidAction", unknown)),
        post(
            "not signed",
            &[form, NO_TARGET, NO_AUTH],
            "Action=Say&Version=2020-01-01",
            403,
            &error("MissingAuthenticationToken", "Request is missing Authentication Token"),
        ),
        post(
            "of another version",
            &[form, NO_TARGET],
            "Action=Say&Version=1999-01-01",
            400,
            &error("InvalidAction", version).replace("urn:echo", "http://webservices.amazon.com/AWSFault/2005-15-09"),
        ),
    ];
    run(&cases).await;
}

async fn run(cases: &[Case<'_>]) {
    let (server, _) = serve_plain().await;
    for case in cases {
        let mut client = Http1::connect(server.address()).await;
        let answer = client.call(case.method, case.path, &case.headers, case.body.as_bytes()).await;
        let body = match answer.header("x-amzn-requestid") {
            Some(id) => answer.text().replace(id, "ID"),
            None => panic!("{}: no request id", case.what),
        };
        assert_eq!((answer.status, body.as_str()), (case.status, case.expected.as_str()), "{}", case.what);
    }
    server.shutdown().await;
}

#[tokio::test]
async fn errors_come_in_the_codec_of_the_request() {
    let (server, _) = serve_plain().await;
    let mut client = Http1::connect(server.address()).await;
    // {"__type": "UnknownOperationException"} and {"__type": "SerializationException"}
    let unknown = [&[0xa1, 0x66][..], b"__type", &[0x78, 25], b"UnknownOperationException"].concat();
    let unreadable = [&[0xa1, 0x66][..], b"__type", &[0x76], b"SerializationException"].concat();
    for (headers, body, expected) in [
        (vec![("content-type", CBOR), BAD], &[0xa0][..], &unknown),
        (vec![("content-type", CBOR), BAD], &[0x80], &unreadable),
        (vec![("content-type", CBOR)], &[0xa1, 0x64], &unreadable),
        // Where the type tells nothing, an empty body is answered in CBOR.
        (vec![TEXT], &[], &unreadable),
        (vec![TEXT, NO_TARGET], &[], &unknown),
    ] {
        let answer = client.call("POST", "/", &headers, body).await;
        assert_eq!((answer.status, answer.header("content-type")), (400, Some(CBOR)), "{headers:?}");
        assert_eq!(&answer.body, expected, "{headers:?}");
    }
    let answer = client.json("Nothing", "{}").await;
    assert_eq!(answer.header("content-type"), Some(JSON));
}

#[tokio::test]
async fn what_is_known_but_not_there_says_so() {
    let (server, _) = serve_plain().await;
    let answer = Http1::connect(server.address()).await.json("Sing", "{}").await;
    let expected = json_error("NotImplementedException", "echo:Sing is not implemented by Millstream.");
    assert_eq!((answer.status, answer.text()), (501, expected));
}

#[tokio::test]
async fn a_failure_keeps_its_cause_to_itself() {
    let (server, _) = serve_plain().await;
    let answer = Http1::connect(server.address()).await.json("Say", r#"{"Text":"fail"}"#).await;
    assert_eq!((answer.status, answer.text()), (500, json_error("InternalFailure", "Internal Service Failure")));
}

#[tokio::test]
async fn scripts_of_other_origins_may_ask() {
    let (server, _) = serve_plain().await;
    let mut client = Http1::connect(server.address()).await;
    let asked = [
        ("origin", "http://example.com"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "x-amz-target, authorization"),
        NO_AUTH,
    ];
    let preflight = client.call("OPTIONS", "/", &asked, b"").await;
    assert_eq!((preflight.status, preflight.body.len()), (200, 0));
    for (name, value) in [
        ("access-control-allow-origin", Some("*")),
        ("access-control-allow-methods", Some("POST")),
        ("access-control-allow-headers", Some("x-amz-target, authorization")),
        ("access-control-max-age", Some("172800")),
        ("x-amz-id-2", None),
    ] {
        assert_eq!(preflight.header(name), value, "{name}");
    }
    let exposed = "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date";
    let allowed = |answer: &Answer| answer.header("access-control-allow-origin").map(str::to_owned);
    let answer = client.call("POST", "/", &[("origin", "http://example.com")], br#"{"Text":"a"}"#).await;
    assert_eq!((answer.status, allowed(&answer).as_deref()), (200, Some("*")));
    assert_eq!(answer.header("access-control-expose-headers"), Some(exposed));
    let refused = client.call("POST", "/", &[("origin", "http://example.com"), BAD], b"{}").await;
    assert_eq!((refused.status, allowed(&refused).as_deref()), (400, Some("*")));
    assert_eq!(allowed(&client.json("Say", r#"{"Text":"a"}"#).await), None);
}
