//! A ZIP file of one DEFLATE entry, written as it comes: sizes and checksum stand behind the data.
//!
//! <https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT> 4.3. Sizes have four bytes, since readers of streams
//! such as Java's expect that: deliveries begin a new object long before 4 GiB.

use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use jiff::tz::TimeZone;

use super::IN_MEMORY;

const LOCAL_HEADER: u32 = 0x0403_4B50;
const DATA_DESCRIPTOR: u32 = 0x0807_4B50;
const CENTRAL_HEADER: u32 = 0x0201_4B50;
const END_OF_CENTRAL: u32 = 0x0605_4B50;
/// Version 2.0 knows DEFLATE.
const VERSION: u16 = 20;
/// Sizes behind the data (bit 3), a name in UTF-8 (bit 11).
const FLAGS: u16 = 1 << 3 | 1 << 11;
const DEFLATE: u16 = 8;

/// The file under construction.
pub(crate) struct OneEntry {
    name: String,
    time: u16,
    date: u16,
    checksum: Crc,
    plain_bytes: usize,
    /// Bytes that have left.
    taken: usize,
    deflate: DeflateEncoder<Vec<u8>>,
    header_bytes: usize,
}

impl OneEntry {
    pub(crate) fn new(name: &str, at_ms: u64) -> Self {
        let (time, date) = dos_time(at_ms);
        let mut out = Vec::new();
        put_u32(&mut out, LOCAL_HEADER);
        put_head(&mut out, time, date, [0; 3], name);
        put_u16(&mut out, 0);
        out.extend_from_slice(name.as_bytes());
        let header_bytes = out.len();
        let deflate = DeflateEncoder::new(out, Compression::default());
        let (checksum, name) = (Crc::new(), name.to_owned());
        Self { name, time, date, checksum, plain_bytes: 0, taken: 0, deflate, header_bytes }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.checksum.update(bytes);
        self.plain_bytes += bytes.len();
        self.deflate.write_all(bytes).expect(IN_MEMORY);
    }

    pub(crate) fn ready(&self) -> usize {
        self.deflate.get_ref().len()
    }

    pub(crate) fn take(&mut self) -> Vec<u8> {
        let out = std::mem::take(self.deflate.get_mut());
        self.taken += out.len();
        out
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let Self { name, time, date, checksum, plain_bytes, taken, deflate, header_bytes } = self;
        let mut out = deflate.finish().expect(IN_MEMORY);
        let sums = [checksum.sum(), size(taken + out.len() - header_bytes), size(plain_bytes)];
        put_u32(&mut out, DATA_DESCRIPTOR);
        sums.iter().for_each(|sum| put_u32(&mut out, *sum));
        let central_at = taken + out.len();
        put_u32(&mut out, CENTRAL_HEADER);
        put_u16(&mut out, VERSION);
        put_head(&mut out, time, date, sums, &name);
        // No extra field, no comment, disk 0, no attributes, the local header at 0.
        out.extend_from_slice(&[0; 16]);
        out.extend_from_slice(name.as_bytes());
        let central_bytes = taken + out.len() - central_at;
        put_u32(&mut out, END_OF_CENTRAL);
        // This disk, the directory's disk; entries here, entries altogether.
        [0, 0, 1, 1].iter().for_each(|value| put_u16(&mut out, *value));
        put_u32(&mut out, size(central_bytes));
        put_u32(&mut out, size(central_at));
        put_u16(&mut out, 0);
        out
    }
}

fn size(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("objects end long before 4 GiB")
}

/// What local and central headers share, up to the length of the name.
fn put_head(out: &mut Vec<u8>, time: u16, date: u16, sums: [u32; 3], name: &str) {
    [VERSION, FLAGS, DEFLATE, time, date].iter().for_each(|value| put_u16(out, *value));
    sums.iter().for_each(|sum| put_u32(out, *sum));
    put_u16(out, u16::try_from(name.len()).expect("names are UUIDs"));
}

/// Time and date as MS-DOS wrote them, in UTC; from 1980 on.
fn dos_time(at_ms: u64) -> (u16, u16) {
    let at = crate::prefix::instant(at_ms, &TimeZone::UTC);
    let field = |value: i16, shift: u32| u16::try_from(value).unwrap_or(0) << shift;
    let time = field(at.hour().into(), 11) | field(at.minute().into(), 5) | field(i16::from(at.second()) / 2, 0);
    let date = field((at.year() - 1980).clamp(0, 127), 9) | field(at.month().into(), 5) | field(at.day().into(), 0);
    (time, date)
}

fn put_u16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}
