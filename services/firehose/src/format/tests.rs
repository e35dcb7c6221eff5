//! Every format is read back by a decoder that is not ours.

use std::io::Read as _;

use super::*;

const AT_MS: u64 = 1_535_365_815_000;

/// Compressible and incompressible stretches of many sizes.
fn sample(bytes: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let mut out = Vec::with_capacity(bytes);
    while out.len() < bytes {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        match state >> 30 {
            0 => out.extend_from_slice(&state.to_le_bytes()),
            _ => out.extend_from_slice(b"{\"customer\":\"c-17\",\"amount\":12}\n"),
        }
    }
    out.truncate(bytes);
    out
}

fn encode(format: CompressionFormat, plain: &[u8], piece: usize) -> Vec<u8> {
    let mut encoder = Encoder::new(format, "5f1c0fa9-3a5e-4d43-a41e-1c5dc9ec1f0d", AT_MS);
    let mut out = Vec::new();
    for bytes in plain.chunks(piece) {
        encoder.write(bytes);
        if encoder.ready() > 10_000 {
            out.extend(encoder.take());
        }
    }
    out.extend(encoder.finish());
    out
}

fn round_trips(format: CompressionFormat, decode: impl Fn(&[u8]) -> Vec<u8>) {
    for bytes in [0, 1, 1_000, 32 * 1024, 32 * 1024 + 1, 218_421, 700_000] {
        let plain = sample(bytes);
        assert!(decode(&encode(format, &plain, 1_013)) == plain, "{bytes} bytes");
    }
}

#[test]
fn uncompressed_is_as_put() {
    round_trips(CompressionFormat::Uncompressed, <[u8]>::to_vec);
}

#[test]
fn gzip_is_read_by_its_decoder() {
    round_trips(CompressionFormat::Gzip, |bytes| {
        let mut out = Vec::new();
        flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).expect("gzip");
        out
    });
}

#[test]
fn zip_is_read_by_the_zip_crate() {
    round_trips(CompressionFormat::Zip, |bytes| {
        let mut archive = ::zip::ZipArchive::new(io::Cursor::new(bytes)).expect("a ZIP file");
        assert_eq!(archive.len(), 1);
        let mut entry = archive.by_index(0).expect("the entry");
        assert_eq!(entry.name().expect("UTF-8"), "5f1c0fa9-3a5e-4d43-a41e-1c5dc9ec1f0d");
        assert_eq!(entry.last_modified().map(|at| (at.year(), at.month(), at.second())), Some((2018, 8, 14)));
        let mut out = Vec::new();
        entry.read_to_end(&mut out).expect("sizes and checksum hold");
        out
    });
}

fn take_length(rest: &mut &[u8]) -> usize {
    let (length, behind) = rest.split_first_chunk::<4>().expect("a length");
    *rest = behind;
    u32::from_be_bytes(*length) as usize
}

fn take_block(rest: &mut &[u8]) -> Vec<u8> {
    let length = take_length(rest);
    let (block, behind) = rest.split_at(length);
    *rest = behind;
    snap::raw::Decoder::new().decompress_vec(block).expect("a block of raw Snappy")
}

#[test]
fn snappy_is_the_stream_of_snappy_java() {
    round_trips(CompressionFormat::Snappy, |bytes| {
        let mut rest = bytes.strip_prefix(b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01").expect("the header");
        let mut out = Vec::new();
        while !rest.is_empty() {
            out.extend(take_block(&mut rest));
        }
        out
    });
}

#[test]
fn hadoop_snappy_is_the_block_format_of_hadoop() {
    round_trips(CompressionFormat::HadoopSnappy, |bytes| {
        let mut rest = bytes;
        let mut out = Vec::new();
        while !rest.is_empty() {
            let length = take_length(&mut rest);
            let block = take_block(&mut rest);
            assert_eq!(block.len(), length);
            assert!(length <= 256 * 1024, "Hadoop's buffers hold a block");
            out.extend(block);
        }
        out
    });
}

#[test]
fn bombs_are_not_unpacked() {
    let bomb = encode(CompressionFormat::Gzip, &vec![0; 100_000], 100_000);
    assert_eq!(gunzip(&bomb, 100_000).expect("small enough").len(), 100_000);
    assert!(gunzip(&bomb, 99_999).is_err());
    assert!(gunzip(b"no gzip", 10).is_err());
}
