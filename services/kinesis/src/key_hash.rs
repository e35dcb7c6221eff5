//! The hash keys of many partition keys at once: MD5 of several short texts side by side, which the processor computes
//! in hardly more time than one.

use crate::shard;

/// How many are computed side by side.
pub(crate) const LANES: usize = 8;

/// What fits into one block with MD5's own ending.
const SHORT_BYTES_MAX: usize = 55;

/// A number of each text.
type Lanes = [u32; LANES];

/// ⌊2^32 × |sin(step + 1)|⌋.
const CONSTANTS: [u32; 64] = [
    0xd76a_a478,
    0xe8c7_b756,
    0x2420_70db,
    0xc1bd_ceee,
    0xf57c_0faf,
    0x4787_c62a,
    0xa830_4613,
    0xfd46_9501,
    0x6980_98d8,
    0x8b44_f7af,
    0xffff_5bb1,
    0x895c_d7be,
    0x6b90_1122,
    0xfd98_7193,
    0xa679_438e,
    0x49b4_0821,
    0xf61e_2562,
    0xc040_b340,
    0x265e_5a51,
    0xe9b6_c7aa,
    0xd62f_105d,
    0x0244_1453,
    0xd8a1_e681,
    0xe7d3_fbc8,
    0x21e1_cde6,
    0xc337_07d6,
    0xf4d5_0d87,
    0x455a_14ed,
    0xa9e3_e905,
    0xfcef_a3f8,
    0x676f_02d9,
    0x8d2a_4c8a,
    0xfffa_3942,
    0x8771_f681,
    0x6d9d_6122,
    0xfde5_380c,
    0xa4be_ea44,
    0x4bde_cfa9,
    0xf6bb_4b60,
    0xbebf_bc70,
    0x289b_7ec6,
    0xeaa1_27fa,
    0xd4ef_3085,
    0x0488_1d05,
    0xd9d4_d039,
    0xe6db_99e5,
    0x1fa2_7cf8,
    0xc4ac_5665,
    0xf429_2244,
    0x432a_ff97,
    0xab94_23a7,
    0xfc93_a039,
    0x655b_59c3,
    0x8f0c_cc92,
    0xffef_f47d,
    0x8584_5dd1,
    0x6fa8_7e4f,
    0xfe2c_e6e0,
    0xa301_4314,
    0x4e08_11a1,
    0xf753_7e82,
    0xbd3a_f235,
    0x2ad7_d2bb,
    0xeb86_d391,
];

const INITIAL: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

/// The hash keys of up to [`LANES`] partition keys; the rest of the answer means nothing.
pub(crate) fn hash_keys(partition_keys: &[&[u8]]) -> [u128; LANES] {
    let mut words: [Lanes; 16] = [[0; LANES]; 16];
    for (lane, key) in partition_keys.iter().enumerate().filter(|(_, key)| key.len() <= SHORT_BYTES_MAX) {
        let (whole, rest) = key.as_chunks::<4>();
        for (at, chunk) in whole.iter().enumerate() {
            words[at][lane] = u32::from_le_bytes(*chunk);
        }
        let mut last = [0; 4];
        last[..rest.len()].copy_from_slice(rest);
        last[rest.len()] = 0x80;
        words[whole.len()][lane] = u32::from_le_bytes(last);
        words[14][lane] = 8 * key.len() as u32;
    }
    let state = compress(&words);
    let mut hashes =
        std::array::from_fn(|lane| state.iter().fold(0, |hash, part| hash << 32 | u128::from(part[lane].swap_bytes())));
    for (hash, key) in hashes.iter_mut().zip(partition_keys).filter(|(_, key)| key.len() > SHORT_BYTES_MAX) {
        *hash = shard::hash_of_partition_key(key);
    }
    hashes
}

/// One step in all lanes; the loop becomes vector instructions.
#[inline(always)]
fn step<const SHIFT: u32>(
    mix: impl Fn(u32, u32, u32) -> u32,
    a: &mut Lanes,
    [b, c, d]: [&Lanes; 3],
    word: &Lanes,
    constant: u32,
) {
    for lane in 0..LANES {
        let sum = a[lane].wrapping_add(mix(b[lane], c[lane], d[lane])).wrapping_add(word[lane]).wrapping_add(constant);
        a[lane] = b[lane].wrapping_add(sum.rotate_left(SHIFT));
    }
}

/// Sixteen steps, four at a time; `order` says which word is whose turn.
#[inline(always)]
fn round<const S0: u32, const S1: u32, const S2: u32, const S3: u32>(
    mix: impl Fn(u32, u32, u32) -> u32 + Copy,
    state: &mut [Lanes; 4],
    words: &[Lanes; 16],
    first: usize,
    order: impl Fn(usize) -> usize,
) {
    let [a, b, c, d] = state;
    for at in (0..16).step_by(4) {
        let turn = |step: usize| (&words[order(at + step) % 16], CONSTANTS[first + at + step]);
        let (word, constant) = turn(0);
        step::<S0>(mix, a, [b, c, d], word, constant);
        let (word, constant) = turn(1);
        step::<S1>(mix, d, [a, b, c], word, constant);
        let (word, constant) = turn(2);
        step::<S2>(mix, c, [d, a, b], word, constant);
        let (word, constant) = turn(3);
        step::<S3>(mix, b, [c, d, a], word, constant);
    }
}

fn compress(words: &[Lanes; 16]) -> [Lanes; 4] {
    let mut state = INITIAL.map(|part| [part; LANES]);
    round::<7, 12, 17, 22>(|b, c, d| d ^ (b & (c ^ d)), &mut state, words, 0, |step| step);
    round::<5, 9, 14, 20>(|b, c, d| c ^ (d & (b ^ c)), &mut state, words, 16, |step| 5 * step + 1);
    round::<4, 11, 16, 23>(|b, c, d| b ^ c ^ d, &mut state, words, 32, |step| 3 * step + 5);
    round::<6, 10, 15, 21>(|b, c, d| c ^ (b | !d), &mut state, words, 48, |step| 7 * step);
    for (part, initial) in state.iter_mut().zip(INITIAL) {
        for lane in part {
            *lane = lane.wrapping_add(initial);
        }
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_md5() {
        let texts: Vec<Vec<u8>> =
            (0..200_usize).map(|length| (0..length).map(|at| (at * 7 + length) as u8).collect()).collect();
        for keys in texts.chunks(LANES).chain(texts.chunks(3)) {
            let keys: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
            let hashes = hash_keys(&keys);
            for (key, hash) in keys.iter().zip(hashes) {
                assert_eq!(hash, shard::hash_of_partition_key(key), "{} bytes", key.len());
            }
        }
    }
}
