//! Pieces of an answer, and how long it will be.

use super::*;

struct Words {
    words: Vec<String>,
    next: usize,
    rest: Rest,
}

#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Rest {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    behind: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Whole<'a> {
    words: &'a [String],
    #[serde(flatten)]
    rest: Rest,
}

impl Listing for Words {
    const NAME: &'static str = "Words";
    type Rest = Rest;

    fn rest(&self) -> &Rest {
        &self.rest
    }

    fn count(&self) -> usize {
        self.words.len()
    }

    fn items_bytes(&self, codec: Codec) -> Result<u64, ServiceError> {
        self.words.iter().enumerate().map(|(at, word)| codec.item_bytes(at == 0, word)).sum()
    }

    fn show_next(&mut self, see: &mut impl See) -> Result<bool, ServiceError> {
        let Some(word) = self.words.get(self.next) else { return Ok(false) };
        self.next += 1;
        see.see(word).map(|()| true)
    }
}

#[test]
fn pieces_together_are_the_whole() {
    for count in [0, 1, 2, 30, 5_000] {
        for (next_token, behind) in [(None, None), (Some("t\"".to_owned()), None), (None, Some(7))] {
            let rest = Rest { next_token, behind };
            let words: Vec<String> = (0..count).map(|at| format!("word \" {at}").repeat(at % 29)).collect();
            for codec in [Codec::Json11, Codec::Cbor] {
                let listing = Words { words: words.clone(), next: 0, rest: rest.clone() };
                let reply = Listed(listing).reply(codec, "List", "id").expect("an answer");
                let out = match reply.body {
                    ReplyBody::Full(bytes) => bytes.to_vec(),
                    ReplyBody::Pieces(pieces) => {
                        let length = pieces.length();
                        let pieces: Vec<Bytes> = pieces.map(|piece| piece.expect("a piece")).collect();
                        assert!(pieces.len() > 4 && pieces.iter().all(|piece| piece.len() < 2 * PIECE_BYTES));
                        let out = pieces.concat();
                        assert_eq!(out.len() as u64, length);
                        out
                    }
                    ReplyBody::Frames(_) => panic!("nothing is pushed"),
                };
                let whole = Whole { words: &words, rest: rest.clone() };
                match codec {
                    Codec::Cbor => {
                        let read = |bytes: &[u8]| ciborium::from_reader::<ciborium::Value, _>(bytes).expect("CBOR");
                        let mut expected = Vec::new();
                        ciborium::into_writer(&whole, &mut expected).expect("CBOR");
                        assert_eq!(read(&out), read(&expected));
                    }
                    _ => {
                        assert_eq!(String::from_utf8(out).expect("text"), serde_json::to_string(&whole).expect("JSON"))
                    }
                }
            }
        }
    }
}

#[test]
fn strings_are_as_long_as_they_are_counted() {
    for length in [0, 1, 2, 3, 23, 24, 255, 256, 65_535, 65_536] {
        let text = "a\"b\u{1}ü".chars().cycle().take(length).collect::<String>();
        for codec in [Codec::Json11, Codec::Cbor] {
            let as_text = codec.item_bytes(true, &text).expect("a text");
            let as_blob = codec.item_bytes(true, &crate::Blob(vec![7; length].into())).expect("a blob");
            assert_eq!((codec.text_bytes(&text), codec.blob_bytes(length)), (as_text, as_blob), "{codec:?}, {length}");
        }
    }
}
