//! The least that any HTTP server could do for objects: a file for each, written as its bytes come, synced, renamed to
//! its name, the name synced; and read back. It checks nothing, knows no lists and computes no digests.

use std::fs::File;
use std::future::Future;
use std::io::{IoSlice, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::Error;

/// How much is written at once.
const STROKE_BYTES: usize = 1 << 20;
/// How much is read at once, and how much a connection's buffer grows to, as in the real server.
const PIECE_BYTES: usize = 256 << 10;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where the files are.
    #[arg(long)]
    dir: PathBuf,
}

struct Shelf {
    dir: PathBuf,
    number: AtomicU64,
}

/// Serves until killed.
pub(crate) fn serve(arguments: &Arguments) -> Result<(), Error> {
    std::fs::create_dir_all(&arguments.dir)?;
    let shelf = Arc::new(Shelf { dir: arguments.dir.clone(), number: AtomicU64::new(0) });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on http://{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let shelf = Arc::clone(&shelf);
            let service = service_fn(move |request| answer(request, Arc::clone(&shelf)));
            let mut builder = hyper::server::conn::http1::Builder::new();
            builder.max_buf_size(PIECE_BYTES);
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            tokio::spawn(async move {
                // A client that leaves in the middle is no news here.
                let _ = connection.await;
            });
        }
    })
}

type Answer = Response<Either<Full<Bytes>, Reading>>;
type Answering = Pin<Box<dyn Future<Output = Result<Answer, std::io::Error>> + Send>>;

fn answer(request: Request<Incoming>, shelf: Arc<Shelf>) -> Answering {
    Box::pin(async move {
        let name = request.uri().path().trim_start_matches('/').replace('/', "_");
        let path = shelf.dir.join(name);
        if request.method() == Method::PUT {
            put(&shelf, path, request.into_body()).await?;
            return Ok(Response::new(Either::Left(Full::default())));
        }
        let (file, len) = spawn_blocking(move || {
            let file = File::open(path)?;
            let len = file.metadata()?.len();
            Ok::<_, std::io::Error>((file, len))
        })
        .await??;
        Ok(Response::new(Either::Right(Reading { file: Arc::new(file), at: 0, len, piece: None })))
    })
}

async fn put(shelf: &Shelf, path: PathBuf, mut body: Incoming) -> Result<(), std::io::Error> {
    let aside = shelf.dir.join(format!(".{}", shelf.number.fetch_add(1, Ordering::Relaxed)));
    let mut file = None;
    let (mut pieces, mut bytes) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(std::io::Error::other)?.into_data() else { continue };
        bytes += data.len();
        pieces.push(data);
        if bytes >= STROKE_BYTES {
            let (full, aside) = (std::mem::take(&mut pieces), aside.clone());
            file = Some(spawn_blocking(move || write(file, &aside, &full)).await??);
            bytes = 0;
        }
    }
    let dir = shelf.dir.clone();
    spawn_blocking(move || {
        let file = write(file, &aside, &pieces)?;
        file.sync_data()?;
        std::fs::rename(aside, path)?;
        File::open(dir)?.sync_all()
    })
    .await?
}

fn write(file: Option<File>, path: &Path, pieces: &[Bytes]) -> Result<File, std::io::Error> {
    let mut file = match file {
        Some(file) => file,
        None => File::create(path)?,
    };
    let mut slices: Vec<IoSlice<'_>> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
    let mut slices = &mut slices[..];
    while !slices.is_empty() {
        let written = file.write_vectored(slices)?;
        IoSlice::advance_slices(&mut slices, written);
    }
    Ok(file)
}

/// A file that is being sent.
struct Reading {
    file: Arc<File>,
    at: u64,
    len: u64,
    piece: Option<JoinHandle<Result<Bytes, std::io::Error>>>,
}

impl Body for Reading {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let this = self.get_mut();
        if this.at == this.len {
            return Poll::Ready(None);
        }
        let piece = this.piece.get_or_insert_with(|| {
            let (file, at) = (Arc::clone(&this.file), this.at);
            let count = (this.len - at).min(PIECE_BYTES as u64) as usize;
            spawn_blocking(move || {
                let mut bytes = vec![0; count];
                file.read_exact_at(&mut bytes, at)?;
                Ok(Bytes::from(bytes))
            })
        });
        let read = std::task::ready!(Pin::new(piece).poll(context)).map_err(std::io::Error::other).flatten();
        this.piece = None;
        this.at += read.as_ref().map_or(0, |bytes| bytes.len() as u64);
        Poll::Ready(Some(read.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len - self.at)
    }
}
