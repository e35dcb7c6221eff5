//! A program as operators that feed each other.

/// As many bytes of a row are shown in the error stream, as hexadecimal digits.
pub const DATA_ROW_BYTES_MAX: usize = 49_152 / 2;
