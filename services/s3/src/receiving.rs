//! Bodies on their way in: checked, hashed and sealed while they go to where they stay.

use bytes::Bytes;
use futures::{Stream, StreamExt};
use s3s::{S3Result, StdError};

use crate::checksum::{Algorithm, Hasher};
use crate::content::{Fresh, hex};
use crate::sealing::Sealing;
use crate::strokes::Strokes;
use crate::{S3, errors, limits};

/// What came in.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) size: u64,
    pub(crate) md5: [u8; 16],
    /// In base64, by the algorithm that was asked for.
    pub(crate) checksum: String,
    /// By the other algorithm, if one was asked for.
    pub(crate) second: Option<String>,
    pub(crate) fresh: Fresh,
}

impl Received {
    /// The ETag of an object that came in one piece.
    pub(crate) fn etag(&self) -> String {
        hex(&self.md5)
    }
}

impl S3 {
    /// Reads a body to its end, and seals it if it is to be encrypted. What is large goes to the disk while it comes.
    pub(crate) async fn receive(
        &self,
        body: impl Stream<Item = Result<Bytes, StdError>> + Send + Unpin,
        algorithm: Algorithm,
        sealing: Option<Sealing>,
        bytes_max: u64,
    ) -> S3Result<Received> {
        self.receive_twice(body, (algorithm, None), sealing, bytes_max).await
    }

    /// Like [`S3::receive`], with two checksums.
    pub(crate) async fn receive_twice(
        &self,
        mut body: impl Stream<Item = Result<Bytes, StdError>> + Send + Unpin,
        (algorithm, second): (Algorithm, Option<Algorithm>),
        mut sealing: Option<Sealing>,
        bytes_max: u64,
    ) -> S3Result<Received> {
        let mut second = second.map(Hasher::new);
        let mut md5 = self.lanes.stream();
        let mut hasher = Hasher::new(algorithm);
        let mut size = 0_u64;
        let mut strokes = Strokes::new(&self.buffers);
        let mut writer: Option<store::BlobWriter> = None;
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|error| body_failed(error, bytes_max))?;
            size += piece.len() as u64;
            if size > bytes_max {
                return Err(errors::entity_too_large(size, bytes_max));
            }
            hasher.update(&piece);
            if let Some(second) = &mut second {
                second.update(&piece);
            }
            let mut rest = piece;
            while let Some(stroke) = strokes.fill(&mut rest) {
                md5.update(stroke.clone()).await;
                let stroke = match &mut sealing {
                    Some(sealing) => sealing.add(&stroke),
                    None => stroke,
                };
                let writer = writer.get_or_insert_with(|| self.blobs.writer());
                writer.write(stroke).await.map_err(|error| errors::store(&error))?;
            }
        }
        let last = strokes.end();
        md5.update(last.clone()).await;
        let (last, seal) = match sealing {
            Some(mut sealing) => {
                let sealed = sealing.add(&last);
                let (rest, seal) = sealing.finish();
                (Bytes::from([sealed, rest].concat()), Some(Box::new(seal)))
            }
            None => (last, None),
        };
        if last.len() > limits::SMALL_BYTES_MAX {
            writer.get_or_insert_with(|| self.blobs.writer());
        }
        let (fresh, md5) = match writer {
            Some(mut writer) => {
                writer.write(last).await.map_err(|error| errors::store(&error))?;
                // While the disk makes it durable there is time for hashing.
                let (blob, md5) = futures::join!(writer.finish(), md5.finish());
                (Fresh::Blob(blob.map_err(|error| errors::store(&error))?, seal), md5)
            }
            None if last.is_empty() => (Fresh::Empty, md5.finish().await),
            None => (Fresh::Small(last, seal), md5.finish().await),
        };
        Ok(Received { size, md5, checksum: hasher.finish(), second: second.map(Hasher::finish), fresh })
    }
}

/// What a body that broke off is answered with. The layers in between know each other only by their words.
pub(crate) fn body_failed(error: StdError, bytes_max: u64) -> s3s::S3Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error.as_ref());
    let mut words = String::new();
    while let Some(current) = cause {
        if let Some(refusal) = current.downcast_ref::<s3s::S3Error>() {
            let message = refusal.message().unwrap_or_default().to_owned();
            let mut error = s3s::S3Error::with_message(refusal.code().clone(), message);
            if let Some(status) = refusal.status_code() {
                error.set_status_code(status);
            }
            return error;
        }
        match current.downcast_ref::<aws::rest::BodyEnd>() {
            Some(aws::rest::BodyEnd::TooLarge) => return errors::entity_too_large(bytes_max + 1, bytes_max),
            Some(aws::rest::BodyEnd::TooSlow) => return errors::body_too_slow(),
            Some(aws::rest::BodyEnd::Broken) => return errors::incomplete_body(),
            None => {}
        }
        words.push_str(&current.to_string());
        cause = current.source();
    }
    if words.contains("Sha256Mismatch") {
        errors::payload_differs()
    } else if words.contains("SignatureMismatch") {
        errors::chunk_signature_differs()
    } else {
        errors::incomplete_body()
    }
}
