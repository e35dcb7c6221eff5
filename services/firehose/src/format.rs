//! The bytes of an object: compression, extension and headers.

mod snappy;
#[cfg(test)]
mod tests;
mod zip;

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::shapes::CompressionFormat;

/// What an object's bytes go through. Bytes come in as they are put and leave in pieces, whatever the format.
pub(crate) enum Encoder {
    Plain(Vec<u8>),
    Gzip(Box<GzEncoder<Vec<u8>>>),
    Zip(Box<zip::OneEntry>),
    Snappy(Box<snappy::Blocks>),
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Encoder")
    }
}

/// Why an encoder of vectors cannot fail.
const IN_MEMORY: &str = "writing to memory does not fail";

impl Encoder {
    /// Begins an object; `name` and `at_ms` are those of the one entry of a ZIP file.
    pub(crate) fn new(format: CompressionFormat, name: &str, at_ms: u64) -> Self {
        match format {
            CompressionFormat::Uncompressed => Self::Plain(Vec::new()),
            CompressionFormat::Gzip => Self::Gzip(Box::new(GzEncoder::new(Vec::new(), Compression::default()))),
            CompressionFormat::Zip => Self::Zip(Box::new(zip::OneEntry::new(name, at_ms))),
            CompressionFormat::Snappy => Self::Snappy(Box::new(snappy::Blocks::xerial())),
            CompressionFormat::HadoopSnappy => Self::Snappy(Box::new(snappy::Blocks::hadoop())),
        }
    }

    /// Adds bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        match self {
            Self::Plain(out) => out.extend_from_slice(bytes),
            Self::Gzip(gzip) => gzip.write_all(bytes).expect(IN_MEMORY),
            Self::Zip(entry) => entry.write(bytes),
            Self::Snappy(blocks) => blocks.write(bytes),
        }
    }

    /// How many bytes are ready to leave.
    pub(crate) fn ready(&self) -> usize {
        match self {
            Self::Plain(out) => out.len(),
            Self::Gzip(gzip) => gzip.get_ref().len(),
            Self::Zip(entry) => entry.ready(),
            Self::Snappy(blocks) => blocks.ready(),
        }
    }

    /// Takes what is ready.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        match self {
            Self::Plain(out) => std::mem::take(out),
            Self::Gzip(gzip) => std::mem::take(gzip.get_mut()),
            Self::Zip(entry) => entry.take(),
            Self::Snappy(blocks) => blocks.take(),
        }
    }

    /// The rest.
    pub(crate) fn finish(self) -> Vec<u8> {
        match self {
            Self::Plain(out) => out,
            Self::Gzip(gzip) => gzip.finish().expect(IN_MEMORY),
            Self::Zip(entry) => entry.finish(),
            Self::Snappy(blocks) => blocks.finish(),
        }
    }
}

/// What stands behind the key of an object.
pub(crate) fn extension(format: CompressionFormat) -> &'static str {
    match format {
        CompressionFormat::Uncompressed => "",
        CompressionFormat::Gzip => ".gz",
        CompressionFormat::Zip => ".zip",
        // AWS's table says .hsnappy for Hadoop's; objects have .snappy.
        CompressionFormat::Snappy | CompressionFormat::HadoopSnappy => ".snappy",
    }
}

/// The Content-Encoding of an object.
pub(crate) fn content_encoding(format: CompressionFormat) -> Option<&'static str> {
    match format {
        CompressionFormat::Uncompressed => None,
        CompressionFormat::Gzip => Some("gzip"),
        CompressionFormat::Zip => Some("zip"),
        CompressionFormat::Snappy => Some("snappy-java"),
        CompressionFormat::HadoopSnappy => Some("hadoop-snappy"),
    }
}

/// The Content-Type of every object.
pub(crate) const CONTENT_TYPE: &str = "application/octet-stream";

/// Unpacks gzip, with one or more members, up to a limit.
pub(crate) fn gunzip(bytes: &[u8], bytes_max: usize) -> io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut out = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    flate2::read::MultiGzDecoder::new(bytes).take(limit).read_to_end(&mut out)?;
    match out.len() {
        length if length > bytes_max => {
            Err(io::Error::new(io::ErrorKind::InvalidData, "too large when it is unpacked"))
        }
        _ => Ok(out),
    }
}
