//! The compression function with eight or sixteen lanes in a register.
//!
//! Eight are a sixth cheaper: a core has three units for registers of 256 bits and two for those of 512, so that eight
//! lanes wait for nothing but one step after the other, and sixteen for a free unit besides.

use std::arch::asm;
use std::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_loadu_si128, _mm256_add_epi32, _mm256_inserti128_si256, _mm256_loadu_si256,
    _mm256_rol_epi32, _mm256_set1_epi32, _mm256_storeu_si256, _mm256_ternarylogic_epi32, _mm256_unpackhi_epi32,
    _mm256_unpackhi_epi64, _mm256_unpacklo_epi32, _mm256_unpacklo_epi64, _mm256_zextsi128_si256, _mm512_add_epi32,
    _mm512_inserti32x4, _mm512_loadu_si512, _mm512_rol_epi32, _mm512_set1_epi32, _mm512_storeu_si512,
    _mm512_ternarylogic_epi32, _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32,
    _mm512_unpacklo_epi64, _mm512_zextsi128_si512,
};

use super::{BLOCK_BYTES, SINES, Words};

/// A module for registers of one size, given the instructions that the sizes have under different names.
macro_rules! kernel {
    ($module:ident, $lanes:literal, $register:ident, $class:ident, load $load:ident, store $store:ident,
     splat $splat:ident, add $add:ident, rotate $rotate:ident, mix $mix:ident, widen $widen:ident,
     insert [$($quarter:literal $insert:ident)+], unpack $low:ident $high:ident $low_pair:ident $high_pair:ident) => {
        pub(super) mod $module {
            use super::*;

            /// Hashes data of equal length.
            #[target_feature(enable = "avx512f,avx512vl")]
            pub(in super::super) fn compress(words: &mut Words<$lanes>, data: &[&[u8]; $lanes]) {
                let mut state = [load(&words[0]), load(&words[1]), load(&words[2]), load(&words[3])];
                for at in (0..data[0].len()).step_by(BLOCK_BYTES) {
                    let message = message(data, at);
                    let before = state;
                    // The truth tables of the rounds' functions of b, c and d.
                    round::<0xca, 7, 12, 17, 22>(&mut state, 0, |step| message[step % 16]);
                    round::<0xe4, 5, 9, 14, 20>(&mut state, 16, |step| message[(5 * step + 1) % 16]);
                    round::<0x96, 4, 11, 16, 23>(&mut state, 32, |step| message[(3 * step + 5) % 16]);
                    round::<0x39, 6, 10, 15, 21>(&mut state, 48, |step| message[7 * step % 16]);
                    for (word, before) in state.iter_mut().zip(before) {
                        *word = $add(*word, before);
                    }
                }
                for (word, state) in words.iter_mut().zip(state) {
                    #[expect(unsafe_code, reason = "a store of a register into an array of its size")]
                    // SAFETY: the array has the bytes that are written.
                    unsafe {
                        $store(word.as_mut_ptr().cast(), state);
                    }
                }
            }

            /// Sixteen steps.
            #[target_feature(enable = "avx512f,avx512vl")]
            #[inline]
            fn round<const MIX: i32, const S0: i32, const S1: i32, const S2: i32, const S3: i32>(
                state: &mut [$register; 4],
                first: usize,
                word: impl Fn(usize) -> $register,
            ) {
                // No loop, which the compiler would leave as one.
                four_steps::<MIX, S0, S1, S2, S3>(state, first, &word);
                four_steps::<MIX, S0, S1, S2, S3>(state, first + 4, &word);
                four_steps::<MIX, S0, S1, S2, S3>(state, first + 8, &word);
                four_steps::<MIX, S0, S1, S2, S3>(state, first + 12, &word);
            }

            #[target_feature(enable = "avx512f,avx512vl")]
            #[inline]
            fn four_steps<const MIX: i32, const S0: i32, const S1: i32, const S2: i32, const S3: i32>(
                [a, b, c, d]: &mut [$register; 4],
                step: usize,
                word: impl Fn(usize) -> $register,
            ) {
                *a = one_step::<MIX, S0>(*a, *b, *c, *d, word(step), SINES[step]);
                *d = one_step::<MIX, S1>(*d, *a, *b, *c, word(step + 1), SINES[step + 1]);
                *c = one_step::<MIX, S2>(*c, *d, *a, *b, word(step + 2), SINES[step + 2]);
                *b = one_step::<MIX, S3>(*b, *c, *d, *a, word(step + 3), SINES[step + 3]);
            }

            #[target_feature(enable = "avx512f,avx512vl")]
            #[inline]
            fn one_step<const MIX: i32, const SHIFT: i32>(
                a: $register,
                b: $register,
                c: $register,
                d: $register,
                word: $register,
                sine: u32,
            ) -> $register {
                // Everything that is known before the last step's result.
                let mut known = $add(a, $add(word, $splat(sine.cast_signed())));
                #[expect(unsafe_code, reason = "nothing is done here; the compiler only cannot look through it")]
                // SAFETY: there is no instruction. Without this the compiler adds in another order, and each step waits
                // for one addition more.
                unsafe {
                    asm!("/* {0} */", inout($class) known, options(pure, nomem, nostack, preserves_flags));
                }
                $add($rotate::<SHIFT>($add(known, $mix::<MIX>(b, c, d))), b)
            }

            /// The words of all lanes' blocks at a position: each has the same word of every lane.
            #[target_feature(enable = "avx512f,avx512vl")]
            #[inline]
            fn message(data: &[&[u8]; $lanes], at: usize) -> [$register; 16] {
                let mut message = [$splat(0); 16];
                for (part, words) in message.as_chunks_mut::<4>().0.iter_mut().enumerate() {
                    // Four words of every fourth lane in a register …
                    let mut rows = [$splat(0); 4];
                    for (lane, row) in rows.iter_mut().enumerate() {
                        *row = $widen(quarter(data[lane], at, part));
                        $(*row = $insert::<$quarter>(*row, quarter(data[lane + 4 * $quarter], at, part));)+
                    }
                    // … become one word of all.
                    let (low, high) = ($low(rows[0], rows[1]), $high(rows[0], rows[1]));
                    let (next_low, next_high) = ($low(rows[2], rows[3]), $high(rows[2], rows[3]));
                    *words = [
                        $low_pair(low, next_low),
                        $high_pair(low, next_low),
                        $low_pair(high, next_high),
                        $high_pair(high, next_high),
                    ];
                }
                message
            }

            #[target_feature(enable = "avx512f,avx512vl")]
            #[inline]
            fn load(words: &[u32; $lanes]) -> $register {
                #[expect(unsafe_code, reason = "a load of a register from an array of its size")]
                // SAFETY: the array has the bytes that are read.
                unsafe {
                    $load(words.as_ptr().cast())
                }
            }
        }
    };
}

kernel!(
    eight, 8, __m256i, ymm_reg, load _mm256_loadu_si256, store _mm256_storeu_si256, splat _mm256_set1_epi32,
    add _mm256_add_epi32, rotate _mm256_rol_epi32, mix _mm256_ternarylogic_epi32, widen _mm256_zextsi128_si256,
    insert [1 _mm256_inserti128_si256],
    unpack _mm256_unpacklo_epi32 _mm256_unpackhi_epi32 _mm256_unpacklo_epi64 _mm256_unpackhi_epi64
);

kernel!(
    sixteen, 16, __m512i, zmm_reg, load _mm512_loadu_si512, store _mm512_storeu_si512, splat _mm512_set1_epi32,
    add _mm512_add_epi32, rotate _mm512_rol_epi32, mix _mm512_ternarylogic_epi32, widen _mm512_zextsi128_si512,
    insert [1 _mm512_inserti32x4 2 _mm512_inserti32x4 3 _mm512_inserti32x4],
    unpack _mm512_unpacklo_epi32 _mm512_unpackhi_epi32 _mm512_unpacklo_epi64 _mm512_unpackhi_epi64
);

/// Four words of the block that begins at a position.
#[target_feature(enable = "avx512f,avx512vl")]
#[inline]
fn quarter(lane: &[u8], at: usize, part: usize) -> __m128i {
    let block: &[u8; BLOCK_BYTES] = lane[at..at + BLOCK_BYTES].as_array().expect("a whole block");
    let words: &[u8; 16] = block[part * 16..part * 16 + 16].as_array().expect("a quarter of it");
    #[expect(unsafe_code, reason = "a load of a register from an array of its size")]
    // SAFETY: the array has the bytes that are read.
    unsafe {
        _mm_loadu_si128(words.as_ptr().cast())
    }
}
