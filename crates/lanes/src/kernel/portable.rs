//! The compression function over arrays, which compilers turn into vectors of any width.

use super::{BLOCK_BYTES, SINES, Words};

/// Which word of the block a step takes, by round.
const ORDERS: [fn(usize) -> usize; 4] = [|i| i, |i| (5 * i + 1) % 16, |i| (3 * i + 5) % 16, |i| (7 * i) % 16];

/// [`compress`] with eight lanes in a register.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
pub(super) fn compress_avx2(words: &mut Words<8>, data: &[&[u8]; 8]) {
    compress(words, data);
}

/// Hashes data of equal length.
#[inline(always)]
pub(super) fn compress<const N: usize>(words: &mut Words<N>, data: &[&[u8]; N]) {
    let mut message = [[0; N]; 16];
    for at in (0..data[0].len()).step_by(BLOCK_BYTES) {
        for (lane, data) in data.iter().enumerate() {
            let block = &data[at..at + BLOCK_BYTES];
            for (word, bytes) in message.iter_mut().zip(block.as_chunks::<4>().0) {
                word[lane] = u32::from_le_bytes(*bytes);
            }
        }
        let before = *words;
        round::<N, 0, 7, 12, 17, 22>(words, &message, |b, c, d| d ^ (b & (c ^ d)));
        round::<N, 1, 5, 9, 14, 20>(words, &message, |b, c, d| c ^ (d & (b ^ c)));
        round::<N, 2, 4, 11, 16, 23>(words, &message, |b, c, d| b ^ c ^ d);
        round::<N, 3, 6, 10, 15, 21>(words, &message, |b, c, d| c ^ (b | !d));
        for (word, before) in words.iter_mut().zip(before) {
            for (word, before) in word.iter_mut().zip(before) {
                *word = word.wrapping_add(before);
            }
        }
    }
}

#[inline(always)]
fn round<const N: usize, const R: usize, const S0: u32, const S1: u32, const S2: u32, const S3: u32>(
    words: &mut Words<N>,
    message: &[[u32; N]; 16],
    mix: impl Fn(u32, u32, u32) -> u32 + Copy,
) {
    let [a, b, c, d] = words;
    for quarter in 0..4 {
        let step = R * 16 + quarter * 4;
        let word = |index: usize| &message[ORDERS[R](step + index) % 16];
        one_step::<N, S0>(mix, a, [b, c, d], word(0), SINES[step]);
        one_step::<N, S1>(mix, d, [a, b, c], word(1), SINES[step + 1]);
        one_step::<N, S2>(mix, c, [d, a, b], word(2), SINES[step + 2]);
        one_step::<N, S3>(mix, b, [c, d, a], word(3), SINES[step + 3]);
    }
}

#[inline(always)]
fn one_step<const N: usize, const SHIFT: u32>(
    mix: impl Fn(u32, u32, u32) -> u32,
    target: &mut [u32; N],
    others: [&mut [u32; N]; 3],
    word: &[u32; N],
    sine: u32,
) {
    let [b, c, d] = others;
    for lane in 0..N {
        let sum = target[lane].wrapping_add(mix(b[lane], c[lane], d[lane])).wrapping_add(word[lane]).wrapping_add(sine);
        target[lane] = sum.rotate_left(SHIFT).wrapping_add(b[lane]);
    }
}
