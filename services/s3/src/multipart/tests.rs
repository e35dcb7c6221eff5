//! How parts become one object, and which lists of parts are refused.

use super::*;
use crate::checksum::Hasher;

fn upload() -> Upload {
    Upload {
        id: "u".to_owned(),
        initiated_ms: 0,
        initiator: String::new(),
        description: Description::default(),
        encryption: None,
        tags: Vec::new(),
        algorithm: None,
        kind: Kind::FullObject,
    }
}

fn part(number: i32, size: u64) -> Part {
    let bytes = vec![0; usize::try_from(size).expect("small")];
    let mut hasher = Hasher::new(Algorithm::Crc64Nvme);
    hasher.update(&bytes);
    let etag = hex(&Md5::checksum(&bytes));
    Part { number, size, etag, modified_ms: 0, checksum: hasher.finish(), stretches: Vec::new() }
}

fn name(part: &Part) -> Named {
    Named { number: part.number, etag: part.etag.clone(), checksum: None }
}

#[test]
fn an_object_is_put_together_as_aws_does() {
    let parts = [part(2, limits::PART_BYTES_MIN), part(5, 3)];
    let whole = assemble(&upload(), &parts, &[name(&parts[0]), name(&parts[1])]).expect("good parts");
    // md5(5 MiB of zeros) and md5(3 zeros), one behind the other, md5 again: as computed with Python's hashlib.
    assert_eq!(whole.etag, "ddbd6582b97000b829fa1e475dcb12da-2");
    assert_eq!((whole.size, whole.manifest.parts.len()), (limits::PART_BYTES_MIN + 3, 2));
    let mut hasher = Hasher::new(Algorithm::Crc64Nvme);
    hasher.update(&vec![0; usize::try_from(whole.size).expect("small")]);
    assert_eq!(whole.checksum.value, hasher.finish());
}

#[test]
fn wrong_lists_of_parts_are_refused() {
    let parts = [part(1, 10), part(2, limits::PART_BYTES_MIN), part(3, 1)];
    let named: Vec<Named> = parts.iter().map(name).collect();
    let code = |named: &[Named]| {
        let refused = assemble(&upload(), &parts, named).err();
        refused.map(|error| error.code().as_str().to_owned())
    };
    assert_eq!(code(&named[1..]), None);
    assert_eq!(code(&named).as_deref(), Some("EntityTooSmall"));
    assert_eq!(code(&[named[2].clone(), named[1].clone()]).as_deref(), Some("InvalidPartOrder"));
    assert_eq!(code(&[named[2].clone(), named[2].clone()]).as_deref(), Some("InvalidPartOrder"));
    let strange = Named { number: 4, ..named[2].clone() };
    assert_eq!(code(&[strange]).as_deref(), Some("InvalidPart"));
    let changed = Named { etag: "0".repeat(32), ..named[2].clone() };
    assert_eq!(code(&[changed]).as_deref(), Some("InvalidPart"));
}

#[test]
fn numbers_of_parts_have_bounds() {
    assert!(check_number(1).is_ok() && check_number(10_000).is_ok());
    assert!(check_number(0).is_err() && check_number(10_001).is_err());
    assert!(part_key("u", 2) < part_key("u", 10_000));
}
