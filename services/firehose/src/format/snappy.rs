//! The two block formats of Snappy that AWS offers: snappy-java's stream and Hadoop's.

/// What streams of snappy-java begin with: a magic number, then version 1 and the oldest compatible version, 1.
/// <https://github.com/xerial/snappy-java/blob/master/src/main/java/org/xerial/snappy/SnappyCodec.java>
const XERIAL_HEADER: [u8; 16] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1];
/// snappy-java's own block size.
const XERIAL_BLOCK_BYTES: usize = 32 * 1024;
/// Hadoop's buffer of 256 KiB, less what its block compressor keeps for data that does not compress.
const HADOOP_BLOCK_BYTES: usize = 256 * 1024 - (256 * 1024 / 6 + 32);

/// Bytes cut into blocks that are compressed one by one.
pub(crate) struct Blocks {
    encoder: snap::raw::Encoder,
    block: Vec<u8>,
    block_bytes: usize,
    /// Whether the uncompressed length stands before every block.
    names_length: bool,
    out: Vec<u8>,
}

impl Blocks {
    /// snappy-java's: a header, then every block behind its compressed length.
    pub(crate) fn xerial() -> Self {
        Self::new(XERIAL_BLOCK_BYTES, false, XERIAL_HEADER.to_vec())
    }

    /// Hadoop's: every block behind its uncompressed and its compressed length.
    pub(crate) fn hadoop() -> Self {
        Self::new(HADOOP_BLOCK_BYTES, true, Vec::new())
    }

    fn new(block_bytes: usize, names_length: bool, out: Vec<u8>) -> Self {
        let encoder = snap::raw::Encoder::new();
        Self { encoder, block: Vec::with_capacity(block_bytes), block_bytes, names_length, out }
    }

    pub(crate) fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = self.block_bytes - self.block.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.block.extend_from_slice(now);
            bytes = later;
            if self.block.len() == self.block_bytes {
                self.close_block();
            }
        }
    }

    fn close_block(&mut self) {
        let packed = self.encoder.compress_vec(&self.block).expect("blocks are far below 4 GiB");
        if self.names_length {
            put_length(&mut self.out, self.block.len());
        }
        put_length(&mut self.out, packed.len());
        self.out.extend_from_slice(&packed);
        self.block.clear();
    }

    pub(crate) fn ready(&self) -> usize {
        self.out.len()
    }

    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        if !self.block.is_empty() {
            self.close_block();
        }
        self.out
    }
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    let length = u32::try_from(length).expect("blocks are far below 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
}
