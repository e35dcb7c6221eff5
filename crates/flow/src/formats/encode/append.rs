//! Bytes behind bytes. Most of what a row is made of is a few bytes long, for which copying in strokes of a known length costs
//! less than calling for a copy of any length.

/// The longest stroke.
const STROKE: usize = 16;

/// Appends a text of any length, quickly if it is short.
#[inline]
pub(super) fn any(text: &[u8], to: &mut Vec<u8>) {
    match text.len() {
        0..2 => to.extend(text),
        2..4 => strokes::<2>(text, to),
        4..8 => strokes::<4>(text, to),
        8..16 => strokes::<8>(text, to),
        16..=32 => strokes::<STROKE>(text, to),
        _ => to.extend_from_slice(text),
    }
}

/// Appends a text in two strokes, of which the second may begin within the first.
#[inline]
fn strokes<const N: usize>(text: &[u8], to: &mut Vec<u8>) {
    let (Some(first), Some(last)) = (text.first_chunk::<N>(), text.last_chunk::<N>()) else { return };
    let end = to.len() + text.len();
    to.extend_from_slice(first);
    to.truncate(end - N);
    to.extend_from_slice(last);
}

/// A text that is appended often.
#[derive(Debug)]
pub(super) struct Constant {
    strokes: Vec<[u8; STROKE]>,
    length: usize,
}

impl Constant {
    pub(super) fn new(text: &[u8]) -> Self {
        let stroke = |part: &[u8]| {
            let mut stroke = [0; STROKE];
            stroke[..part.len()].copy_from_slice(part);
            stroke
        };
        Self { strokes: text.chunks(STROKE).map(stroke).collect(), length: text.len() }
    }

    #[inline]
    pub(super) fn append(&self, to: &mut Vec<u8>) {
        let end = to.len() + self.length;
        self.strokes.iter().for_each(|stroke| to.extend_from_slice(stroke));
        to.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_all_lengths_are_appended() {
        let text: Vec<u8> = (0..100).collect();
        for length in 0..text.len() {
            let mut to = vec![7];
            any(&text[..length], &mut to);
            Constant::new(&text[..length]).append(&mut to);
            assert_eq!(to, [&[7], &text[..length], &text[..length]].concat());
        }
    }
}
