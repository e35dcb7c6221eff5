//! Machines that are connected by memory alone.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::mpsc;

use super::HELD;
use crate::net::{Connection, Network};

/// Bytes on their way in one direction; who writes more waits for the reader.
const WINDOW_BYTES: usize = 64 * 1024;

/// Connections that wait to be accepted; more are refused.
const BACKLOG_MAX: usize = 128;

type Listening = Arc<Mutex<BTreeMap<(String, u16), mpsc::Sender<Peer>>>>;

/// A network of simulated machines. Clones are the same network. A machine listens until its [`Listener`] is dropped.
#[derive(Clone, Default)]
pub struct SimulatedNetwork {
    listening: Listening,
}

impl SimulatedNetwork {
    /// Lets a machine accept connections on a port. Whoever listened there before is replaced.
    pub fn listen(&self, machine: &str, port: u16) -> Listener {
        let (sender, incoming) = mpsc::channel(BACKLOG_MAX);
        self.listening.lock().expect(HELD).insert((machine.to_owned(), port), sender);
        Listener { incoming }
    }
}

impl Network for SimulatedNetwork {
    fn connect(&self, machine: &str, port: u16) -> BoxFuture<'static, io::Result<Connection>> {
        let listener = self.listening.lock().expect(HELD).get(&(machine.to_owned(), port)).cloned();
        Box::pin(async move {
            let listener = listener.ok_or(io::ErrorKind::ConnectionRefused)?;
            let (ours, theirs) = tokio::io::duplex(WINDOW_BYTES);
            let is_reset = Arc::new(AtomicBool::new(false));
            let peer = Peer { stream: theirs, is_reset: Arc::clone(&is_reset) };
            listener.try_send(peer).map_err(|_| io::ErrorKind::ConnectionRefused)?;
            Ok(Box::new(Resettable { stream: ours, is_reset }) as Connection)
        })
    }
}

/// A simulated machine's open port.
pub struct Listener {
    incoming: mpsc::Receiver<Peer>,
}

impl Listener {
    /// The next connection; waits for ever where nobody connects.
    pub async fn accept(&mut self) -> Peer {
        match self.incoming.recv().await {
            Some(peer) => peer,
            // Replaced by another listener.
            None => std::future::pending().await,
        }
    }
}

/// The accepting end of a connection. Dropping it closes the connection in order.
pub struct Peer {
    stream: DuplexStream,
    is_reset: Arc<AtomicBool>,
}

impl Peer {
    /// Breaks the connection as a machine does that forgot it: the other end reads what is on the way and then an error.
    pub fn reset(self) {
        self.is_reset.store(true, Ordering::SeqCst);
    }
}

impl AsyncRead for Peer {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Peer {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// The connecting end: reads an error instead of an end once the peer has reset the connection.
struct Resettable {
    stream: DuplexStream,
    is_reset: Arc<AtomicBool>,
}

impl AsyncRead for Resettable {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        let is_end = matches!(read, Poll::Ready(Ok(()))) && buffer.filled().len() == before;
        if is_end && this.is_reset.load(Ordering::SeqCst) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        read
    }
}

impl AsyncWrite for Resettable {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
