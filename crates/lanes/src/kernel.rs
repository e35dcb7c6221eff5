//! The MD5 compression function (RFC 1321) over several independent streams.

#[cfg(target_arch = "x86_64")]
mod avx512;
mod portable;

/// The most lanes of any kernel.
pub(crate) const WIDTH_MAX: usize = 16;

/// Bytes of a block.
pub(crate) const BLOCK_BYTES: usize = 64;

/// What a digest begins with.
pub(crate) const INITIAL: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

/// The integer parts of 2³² × |sin(i + 1)|.
#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

/// A way to hash several streams at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kernel {
    /// Eight lanes for two thirds of the price of one, sixteen for four fifths.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// Eight lanes for the price of three.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// One after another.
    Single,
}

/// The words of as many digests as a kernel has lanes, word by word.
type Words<const N: usize> = [[u32; N]; 4];

impl Kernel {
    /// The widest that this machine can do.
    pub(crate) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx512f") && std::arch::is_x86_feature_detected!("avx512vl") {
                return Self::Avx512;
            }
            if std::arch::is_x86_feature_detected!("avx2") {
                return Self::Avx2;
            }
        }
        Self::Single
    }

    /// How many streams are hashed together at most.
    pub(crate) fn width(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => 16,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => 8,
            Self::Single => 1,
        }
    }

    /// From how many streams on hashing them together is cheaper than one by one.
    fn together_min(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => 1,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => 4,
            Self::Single => usize::MAX,
        }
    }

    /// Hashes data of equal length, a multiple of 64 bytes, each into its own digest; [`Kernel::width`] at most.
    pub(crate) fn compress(self, digests: &mut [[u32; 4]], data: &[&[u8]]) {
        assert!(digests.len() == data.len() && data.len() <= self.width(), "each digest has its data");
        let bytes = data.first().map_or(0, |first| first.len());
        assert!(bytes.is_multiple_of(BLOCK_BYTES) && data.iter().all(|data| data.len() == bytes), "equal whole blocks");
        if data.len() < self.together_min() {
            for (digest, data) in digests.iter_mut().zip(data) {
                let mut words = digest.map(|word| [word]);
                portable::compress(&mut words, &[data]);
                *digest = words.map(|[word]| word);
            }
            return;
        }
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 if data.len() <= 8 => spread::<8>(digests, data, |words, data| {
                #[expect(unsafe_code, reason = "the kernel was chosen because the machine can do it")]
                // SAFETY: `best` has seen avx512f and avx512vl; tests that name this kernel ask for them first.
                unsafe {
                    avx512::eight::compress(words, data);
                }
            }),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => spread::<16>(digests, data, |words, data| {
                #[expect(unsafe_code, reason = "the kernel was chosen because the machine can do it")]
                // SAFETY: as above.
                unsafe {
                    avx512::sixteen::compress(words, data);
                }
            }),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => spread::<8>(digests, data, |words, data| {
                #[expect(unsafe_code, reason = "the kernel was chosen because the machine can do it")]
                // SAFETY: `best` has seen avx2; tests that name this kernel ask for it first.
                unsafe {
                    portable::compress_avx2(words, data);
                }
            }),
            Self::Single => unreachable!("one by one above"),
        }
    }
}

/// Hashes whole blocks of one stream.
pub(crate) fn compress_one(digest: &mut [u32; 4], data: &[u8]) {
    Kernel::best().compress(std::slice::from_mut(digest), &[data]);
}

/// Brings digests into lanes and back; lanes without a stream repeat the first one's work.
fn spread<const N: usize>(digests: &mut [[u32; 4]], data: &[&[u8]], compress: impl Fn(&mut Words<N>, &[&[u8]; N])) {
    let lane = |lane: usize| if lane < data.len() { lane } else { 0 };
    let mut words: Words<N> = std::array::from_fn(|word| std::array::from_fn(|index| digests[lane(index)][word]));
    compress(&mut words, &std::array::from_fn(|index| data[lane(index)]));
    for (index, digest) in digests.iter_mut().enumerate() {
        *digest = std::array::from_fn(|word| words[word][index]);
    }
}
