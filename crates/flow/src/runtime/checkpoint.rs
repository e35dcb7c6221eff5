//! What a restart goes on from: the operators' state, how far the source was read, and how many rows have left.

use bytes::Bytes;
use store::{BlobId, Blobs, NewBlob};

use super::Error;
use crate::state::{Damaged, Loader, Saver};

/// Blobs are written and read in pieces of this many bytes.
const PIECE_BYTES: usize = 256 * 1024;
/// What a checkpoint begins with, so that nothing else is taken for one.
const VERSION: i64 = 1;

/// What a restart goes on from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checkpoint {
    /// The graph's state, in pieces.
    pub(super) graph: Vec<Bytes>,
    /// The time of the last entry in it; none before the first one.
    pub(super) time: Option<i64>,
    /// How far the source was read.
    pub(super) source: Vec<u8>,
    /// How far each output was.
    pub(super) outputs: Vec<OutputAt>,
}

/// How far an output was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OutputAt {
    /// Its id.
    pub(super) id: String,
    /// How many rows had left, all of which are written.
    pub(super) count: u64,
    /// Where the next ones are found in the destination.
    pub(super) position: Vec<u8>,
}

impl Checkpoint {
    /// Writes it as a blob, durably.
    pub(super) async fn write(&self, blobs: &Blobs) -> Result<NewBlob, Error> {
        let mut saver = Saver::default();
        saver.integer(VERSION);
        saver.optional(self.time);
        saver.bytes(&self.source);
        saver.count(self.outputs.len());
        for output in &self.outputs {
            saver.bytes(output.id.as_bytes());
            saver.integer(i64::try_from(output.count).expect("nobody counts that far"));
            saver.bytes(&output.position);
        }
        // The state is long: it goes behind everything else as it is.
        saver.count(self.graph.iter().map(Bytes::len).sum());
        let mut writer = blobs.writer();
        for mut rest in saver.into_pieces().into_iter().chain(self.graph.iter().cloned()) {
            while !rest.is_empty() {
                let piece = rest.split_to(rest.len().min(PIECE_BYTES));
                writer.write(piece).await.map_err(Error::Store)?;
            }
        }
        writer.finish().await.map_err(Error::Store)
    }

    /// Reads the one that a blob holds.
    pub(super) async fn read(blobs: &Blobs, id: BlobId) -> Result<Self, Error> {
        let reader = blobs.read(id, 0..u64::MAX).await.map_err(Error::Store)?;
        let mut reader = reader.ok_or(Error::Damaged)?;
        let mut bytes = Vec::with_capacity(usize::try_from(reader.len()).map_err(|_| Error::Damaged)?);
        while let Some(piece) = reader.next().await {
            bytes.extend_from_slice(&piece.map_err(Error::Store)?);
        }
        Self::parse(&Bytes::from(bytes)).map_err(|Damaged| Error::Damaged)
    }

    fn parse(bytes: &Bytes) -> Result<Self, Damaged> {
        let mut loader = Loader::new(bytes);
        if loader.integer()? != VERSION {
            return Err(Damaged);
        }
        let time = loader.optional()?;
        let source = loader.bytes()?.to_vec();
        let mut outputs = Vec::new();
        for _ in 0..loader.count()? {
            let id = std::str::from_utf8(loader.bytes()?).map_err(|_| Damaged)?.to_owned();
            let count = u64::try_from(loader.integer()?).map_err(|_| Damaged)?;
            outputs.push(OutputAt { id, count, position: loader.bytes()?.to_vec() });
        }
        let graph = vec![bytes.slice_ref(loader.bytes()?)];
        loader.finish()?;
        Ok(Self { graph, time, source, outputs })
    }

    /// The graph's state as it was read.
    pub(super) fn state(&self) -> &[u8] {
        match &self.graph[..] {
            [whole] => whole,
            _ => &[],
        }
    }

    /// How far an output was; none if it did not exist.
    pub(super) fn output(&self, id: &str) -> Option<&OutputAt> {
        self.outputs.iter().find(|output| output.id == id)
    }
}
