//! S3 from outside: requests as clients send them, without a socket in between.

mod buckets;
mod checksums;
mod conditions;
mod copying;
mod listing;
mod multipart;
mod objects;
mod plain;
mod restarts;
mod server;
mod versions;
