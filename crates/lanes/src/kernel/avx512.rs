//! The compression function with sixteen lanes in a register.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_loadu_si512, _mm512_rol_epi32, _mm512_set1_epi32, _mm512_shuffle_i32x4,
    _mm512_storeu_si512, _mm512_ternarylogic_epi32, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64,
    _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

use super::{BLOCK_BYTES, SINES, Words};

/// One step for all lanes: `$mix` is the truth table of the round's function of b, c and d.
macro_rules! step {
    ($mix:literal, $shift:literal, $a:ident, $b:ident, $c:ident, $d:ident, $word:expr, $sine:expr) => {
        let mixed = _mm512_ternarylogic_epi32::<$mix>($b, $c, $d);
        let sum = _mm512_add_epi32($a, _mm512_add_epi32($word, _mm512_set1_epi32($sine.cast_signed())));
        $a = _mm512_add_epi32(_mm512_rol_epi32::<$shift>(_mm512_add_epi32(sum, mixed)), $b);
    };
}

/// Sixteen steps, whose words of the block are `$times * i + $plus` modulo sixteen.
macro_rules! round {
    ($number:literal, $mix:literal, [$s0:literal, $s1:literal, $s2:literal, $s3:literal], $times:literal, $plus:literal,
     $message:ident, $a:ident, $b:ident, $c:ident, $d:ident) => {
        for quarter in 0..4 {
            let i = $number * 16 + quarter * 4;
            step!($mix, $s0, $a, $b, $c, $d, $message[($times * i + $plus) % 16], SINES[i]);
            step!($mix, $s1, $d, $a, $b, $c, $message[($times * (i + 1) + $plus) % 16], SINES[i + 1]);
            step!($mix, $s2, $c, $d, $a, $b, $message[($times * (i + 2) + $plus) % 16], SINES[i + 2]);
            step!($mix, $s3, $b, $c, $d, $a, $message[($times * (i + 3) + $plus) % 16], SINES[i + 3]);
        }
    };
}

/// Hashes data of equal length.
#[target_feature(enable = "avx512f")]
pub(super) fn compress(words: &mut Words<16>, data: &[&[u8]; 16]) {
    let mut state = [load(&words[0]), load(&words[1]), load(&words[2]), load(&words[3])];
    for at in (0..data[0].len()).step_by(BLOCK_BYTES) {
        let mut message = [state[0]; 16];
        for (lane, row) in data.iter().zip(&mut message) {
            *row = load_block(lane[at..at + BLOCK_BYTES].as_array().expect("a whole block"));
        }
        transpose(&mut message);
        let [mut a, mut b, mut c, mut d] = state;
        round!(0, 0xca, [7, 12, 17, 22], 1, 0, message, a, b, c, d);
        round!(1, 0xe4, [5, 9, 14, 20], 5, 1, message, a, b, c, d);
        round!(2, 0x96, [4, 11, 16, 23], 3, 5, message, a, b, c, d);
        round!(3, 0x39, [6, 10, 15, 21], 7, 0, message, a, b, c, d);
        state = [
            _mm512_add_epi32(state[0], a),
            _mm512_add_epi32(state[1], b),
            _mm512_add_epi32(state[2], c),
            _mm512_add_epi32(state[3], d),
        ];
    }
    for (word, state) in words.iter_mut().zip(state) {
        #[expect(unsafe_code, reason = "a store of a register into an array of its size")]
        // SAFETY: the array has the 64 bytes that are written.
        unsafe {
            _mm512_storeu_si512(word.as_mut_ptr().cast(), state);
        }
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load(words: &[u32; 16]) -> __m512i {
    #[expect(unsafe_code, reason = "a load of a register from an array of its size")]
    // SAFETY: the array has the 64 bytes that are read.
    unsafe {
        _mm512_loadu_si512(words.as_ptr().cast())
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn load_block(block: &[u8; BLOCK_BYTES]) -> __m512i {
    #[expect(unsafe_code, reason = "a load of a register from an array of its size")]
    // SAFETY: the array has the 64 bytes that are read.
    unsafe {
        _mm512_loadu_si512(block.as_ptr().cast())
    }
}

/// Rows are the blocks of the lanes before, and the same word of all lanes after.
#[target_feature(enable = "avx512f")]
#[inline]
fn transpose(rows: &mut [__m512i; 16]) {
    let mut mixed = *rows;
    // Words of four neighbouring lanes come together in quarters of a register.
    for at in [0, 4, 8, 12] {
        let low = _mm512_unpacklo_epi32(rows[at], rows[at + 1]);
        let high = _mm512_unpackhi_epi32(rows[at], rows[at + 1]);
        let next_low = _mm512_unpacklo_epi32(rows[at + 2], rows[at + 3]);
        let next_high = _mm512_unpackhi_epi32(rows[at + 2], rows[at + 3]);
        mixed[at] = _mm512_unpacklo_epi64(low, next_low);
        mixed[at + 1] = _mm512_unpackhi_epi64(low, next_low);
        mixed[at + 2] = _mm512_unpacklo_epi64(high, next_high);
        mixed[at + 3] = _mm512_unpackhi_epi64(high, next_high);
    }
    // The quarters of the same word come together.
    for at in 0..4 {
        let front = _mm512_shuffle_i32x4::<0x44>(mixed[at], mixed[at + 4]);
        let back = _mm512_shuffle_i32x4::<0xee>(mixed[at], mixed[at + 4]);
        let next_front = _mm512_shuffle_i32x4::<0x44>(mixed[at + 8], mixed[at + 12]);
        let next_back = _mm512_shuffle_i32x4::<0xee>(mixed[at + 8], mixed[at + 12]);
        rows[at] = _mm512_shuffle_i32x4::<0x88>(front, next_front);
        rows[at + 4] = _mm512_shuffle_i32x4::<0xdd>(front, next_front);
        rows[at + 8] = _mm512_shuffle_i32x4::<0x88>(back, next_back);
        rows[at + 12] = _mm512_shuffle_i32x4::<0xdd>(back, next_back);
    }
}
