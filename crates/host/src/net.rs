//! Outgoing connections, so that what talks to other machines runs in a simulation too.

use std::io;
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::io::{AsyncRead, AsyncWrite};

/// A stream of bytes in both directions. Dropping it closes it.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

/// A connection to another machine.
pub type Connection = Box<dyn Stream>;

/// What connects to other machines.
pub trait Network: Send + Sync + 'static {
    /// Connects to a TCP port of a machine, given by its name or its address (IPv6 without brackets). Does not give up
    /// before the system does; who cannot wait drops the future.
    fn connect(&self, machine: &str, port: u16) -> BoxFuture<'static, io::Result<Connection>>;
}

/// The machine's network.
pub fn real() -> Arc<dyn Network> {
    Arc::new(RealNetwork)
}

/// A network without machines: every connection is refused.
pub(crate) fn none() -> Arc<dyn Network> {
    Arc::new(NoNetwork)
}

struct RealNetwork;

impl Network for RealNetwork {
    fn connect(&self, machine: &str, port: u16) -> BoxFuture<'static, io::Result<Connection>> {
        let machine = machine.to_owned();
        Box::pin(async move {
            let stream = tokio::net::TcpStream::connect((machine.as_str(), port)).await?;
            // Requests are written whole; waiting for more to fill a packet only delays them.
            stream.set_nodelay(true)?;
            Ok(Box::new(stream) as Connection)
        })
    }
}

struct NoNetwork;

impl Network for NoNetwork {
    fn connect(&self, _machine: &str, _port: u16) -> BoxFuture<'static, io::Result<Connection>> {
        Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) })
    }
}
