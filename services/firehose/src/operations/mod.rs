//! The table. A new operation adds its `mod` and its `with`.

use aws::Operations;

use crate::Firehose;

pub(crate) fn table() -> Operations<Firehose> {
    Operations::new()
}

/// Operations of AWS's model that come later.
pub(crate) const NOT_IMPLEMENTED: &[&str] = &[];
