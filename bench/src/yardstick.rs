//! The least that any HTTP server could do for a PutRecords or PutRecord body: accept it, find and decode the records,
//! hash the keys, write everything with one group-committed fdatasync, answer as many bytes.

pub(crate) mod objects;

use std::fs::File;
use std::future::Future;
use std::io::{IoSlice, Write};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, mpsc};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use md5::{Digest, Md5};
use memchr::{memchr, memmem};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::Error;

/// The preallocated file; writing starts again at its front when it is full.
const FILE_BYTES: u64 = 256 << 20;
/// How much one commit takes, as the real server does.
const COMMIT_BYTES_MAX: usize = 8 << 20;
/// How many buffers one `pwritev` accepts.
const COMMIT_BUFFERS_MAX: usize = 1024;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The file to commit into; created and filled with zeros first.
    #[arg(long)]
    file: PathBuf,
    /// How long an answer's body is.
    #[arg(long)]
    answer_bytes: usize,
}

/// What waits for the next commit.
struct Waiting {
    bytes: Vec<u8>,
    done: oneshot::Sender<()>,
}

/// Serves until killed.
pub(crate) fn serve(arguments: &Arguments) -> Result<(), Error> {
    let mut file = File::create(&arguments.file)?;
    let zeros = vec![0; 1 << 20];
    for _ in 0..FILE_BYTES >> 20 {
        file.write_all(&zeros)?;
    }
    file.sync_all()?;
    let (queue, waiting) = mpsc::channel();
    std::thread::spawn(move || commit_all(&file, &waiting).expect("the disk takes the bytes"));
    let answer = Bytes::from(vec![b' '; arguments.answer_bytes]);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(accept_all(queue, answer))
}

async fn accept_all(queue: mpsc::Sender<Waiting>, answer: Bytes) -> Result<(), Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    let queue = Arc::new(queue);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (queue, answer) = (Arc::clone(&queue), answer.clone());
        let service = service_fn(move |request| answer_one(request, Arc::clone(&queue), answer.clone()));
        let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        tokio::spawn(async move {
            // A client that leaves in the middle is no news here.
            let _ = connection.await;
        });
    }
}

type Answering = Pin<Box<dyn Future<Output = Result<Response<Full<Bytes>>, hyper::Error>> + Send>>;

fn answer_one(request: Request<Incoming>, queue: Arc<mpsc::Sender<Waiting>>, answer: Bytes) -> Answering {
    Box::pin(async move {
        let body = collect(request.into_body()).await?;
        let (done, committed) = oneshot::channel();
        queue.send(Waiting { bytes: decode(&body), done }).expect("the committing thread lives as long as we do");
        drop(body);
        committed.await.expect("the committing thread lives as long as we do");
        Ok(Response::new(Full::new(answer)))
    })
}

/// The body in one piece, copied once.
async fn collect(mut body: Incoming) -> Result<Vec<u8>, hyper::Error> {
    let size = hyper::body::Body::size_hint(&body).exact().unwrap_or(0);
    let mut out = Vec::with_capacity(usize::try_from(size).expect("bodies fit in memory"));
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            out.extend_from_slice(&data);
        }
    }
    Ok(out)
}

/// All the payloads, one after another, each behind the hash of its key.
fn decode(body: &[u8]) -> Vec<u8> {
    const DATA: &[u8] = b"\"Data\":\"";
    const KEY: &[u8] = b"\"PartitionKey\":\"";
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 64);
    let mut rest = body;
    while let Some(at) = memmem::find(rest, DATA) {
        let data = quoted(&rest[at + DATA.len()..]);
        rest = &rest[at + DATA.len() + data.len()..];
        let Some(at) = memmem::find(rest, KEY) else { break };
        let key = quoted(&rest[at + KEY.len()..]);
        rest = &rest[at + KEY.len() + key.len()..];
        out.extend_from_slice(&Md5::digest(key));
        base64_simd::STANDARD.decode_append(data, &mut out).expect("the client sends base64");
    }
    out
}

fn quoted(text: &[u8]) -> &[u8] {
    &text[..memchr(b'"', text).unwrap_or(text.len())]
}

/// Takes all that is queued, writes it with one call, syncs it, and tells everybody.
fn commit_all(file: &File, waiting: &mpsc::Receiver<Waiting>) -> Result<(), Error> {
    let mut position = 0;
    let mut batch: Vec<Waiting> = Vec::new();
    while let Ok(first) = waiting.recv() {
        let mut size = first.bytes.len();
        batch.push(first);
        while size < COMMIT_BYTES_MAX && batch.len() < COMMIT_BUFFERS_MAX {
            let Ok(next) = waiting.try_recv() else { break };
            size += next.bytes.len();
            batch.push(next);
        }
        if position + size as u64 > FILE_BYTES {
            position = 0;
        }
        let buffers: Vec<IoSlice<'_>> = batch.iter().map(|one| IoSlice::new(&one.bytes)).collect();
        let written = rustix::io::pwritev(file, &buffers, position)?;
        assert_eq!(written, size, "a regular file takes everything at once");
        position += size as u64;
        rustix::fs::fdatasync(file)?;
        for one in batch.drain(..) {
            // A client may have left while its bytes were written.
            let _ = one.done.send(());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_decoded_and_hashed() {
        let body = br#"{"Records":[{"Data":"aGk=","PartitionKey":"a"},{"Data":"eW8=","PartitionKey":"b"}]}"#;
        let expected = [Md5::digest(b"a").as_slice(), b"hi", Md5::digest(b"b").as_slice(), b"yo"].concat();
        assert_eq!(decode(body), expected);
    }
}
