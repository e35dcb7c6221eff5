//! Forms in pieces of every size, whole and broken.

use futures::FutureExt;

use super::*;

fn body(wire: &[u8], step: usize) -> Body {
    let pieces: Vec<Result<Bytes, BodyError>> =
        wire.chunks(step).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    Body::stream(futures::stream::iter(pieces), wire.len() as u64)
}

const TYPE: &str = "multipart/form-data; boundary=xyz";
const WIRE: &[u8] = b"--xyz\r\nContent-Disposition: form-data; name=\"Key\"\r\n\r\nuser/${filename}\r\n--xyz\r\n\
    Content-Disposition: form-data; name=\"file\"; filename=\"C:\\a.txt\"\r\nContent-Type: text/plain\r\n\r\n\
    one\r\n--xy\r\n--two\r\n--xyz\r\nContent-Disposition: form-data; name=\"submit\"\r\n\r\nOK\r\n--xyz--\r\n";

fn read_all(wire: &[u8], step: usize, sizes: Option<Sizes>) -> Result<(Form, Vec<u8>), String> {
    let reading = async {
        let mut form = read(TYPE, body(wire, step)).await.map_err(|denial| denial.code().to_owned())?;
        form.file.sizes = sizes;
        let mut data = Vec::new();
        while let Some(frame) = form.file.frame().await {
            let code =
                |error: BodyError| error.downcast::<s3s::S3Error>().map(|error| error.code().as_str().to_owned());
            let frame = frame.map_err(|error| code(error).expect("an error of S3"))?;
            data.extend_from_slice(frame.data_ref().expect("data"));
        }
        Ok((form, data))
    };
    reading.now_or_never().expect("everything is there")
}

#[test]
fn a_form_is_read_in_pieces_of_any_size() {
    for step in 1..WIRE.len() + 1 {
        let (form, data) = read_all(WIRE, step, None).expect("a whole form");
        assert_eq!(form.fields.get("key").map(String::as_str), Some("user/${filename}"));
        assert_eq!((form.filename.as_str(), form.fields.len()), ("a.txt", 1));
        assert_eq!(data, b"one\r\n--xy\r\n--two", "{step}");
    }
}

#[test]
fn a_file_has_the_size_it_may_have() {
    let sizes = |min, max| Some(Sizes { min, max });
    assert!(read_all(WIRE, 7, sizes(16, 16)).is_ok());
    assert_eq!(read_all(WIRE, 7, sizes(17, 20)).err().as_deref(), Some("EntityTooSmall"));
    assert_eq!(read_all(WIRE, 7, sizes(0, 15)).err().as_deref(), Some("EntityTooLarge"));
}

#[test]
fn broken_forms_are_refused() {
    let check = |wire: &[u8], code: &str| assert_eq!(read_all(wire, 11, None).err().as_deref(), Some(code));
    check(b"", "MalformedPOSTRequest");
    check(b"nonsense", "MalformedPOSTRequest");
    check(&WIRE[..WIRE.len() / 2], "MalformedPOSTRequest");
    check(b"--xyz--\r\n", "InvalidArgument");
    let mut many = Vec::new();
    for index in 0..30 {
        many.extend_from_slice(b"--xyz\r\nContent-Disposition: form-data; name=\"");
        many.extend_from_slice(format!("f{index}\"\r\n\r\n{}\r\n", "x".repeat(1000)).as_bytes());
    }
    check(&many, "MaxPostPreDataLengthExceeded");
}
