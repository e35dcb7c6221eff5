//! The records of a sealed delivery, read piece by piece and processed: what a pass over a delivery is made of.

use log::{ShardId, StreamId};

use crate::Firehose;
use crate::buffering::Span;
use crate::pipeline::{Fate, Pipeline};
use crate::progress::Sealed;
use crate::source::Tap;
use crate::view::StreamView;
use log::source::{SourceError, SourceRecord};

/// Reads a delivery from its beginning.
pub(crate) struct Pass<'a> {
    pub(crate) firehose: &'a Firehose,
    pub(crate) view: &'a StreamView,
    tap: &'a Tap,
    source: StreamId,
    spans: Vec<(u32, Span)>,
    /// Records that were read and not yet processed, the next one last.
    waiting: Vec<SourceRecord>,
    pub(crate) pipeline: &'a Pipeline,
    /// Counts of the source's records.
    pub(crate) read: Counts,
}

/// What a pass has read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    /// Records that were not there any more.
    pub(crate) lost: u64,
}

/// What a pass works on.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) firehose: &'a Firehose,
    pub(crate) view: &'a StreamView,
    pub(crate) tap: &'a Tap,
    pub(crate) source: StreamId,
    pub(crate) sealed: &'a Sealed,
    pub(crate) pipeline: &'a Pipeline,
}

impl<'a> Pass<'a> {
    /// A new pass; parents come before their children, since indexes of shards grow.
    pub(crate) fn new(work: Work<'a>) -> Self {
        let Work { firehose, view, tap, source, sealed, pipeline } = work;
        let spans = sealed.spans.iter().rev().map(|(shard, span)| (*shard, *span)).collect();
        Self { firehose, view, tap, source, spans, waiting: Vec::new(), pipeline, read: Counts::default() }
    }

    /// The fates of the next records; `false` at the end.
    pub(crate) async fn next(&mut self, fates: &mut Vec<Fate>) -> Result<bool, SourceError> {
        fates.clear();
        if self.waiting.is_empty() && !self.fill().await? {
            return Ok(false);
        }
        let left = self.waiting.len().saturating_sub(self.pipeline.records_max());
        let mut now = self.waiting.split_off(left);
        now.reverse();
        self.pipeline.run(now, fates).await;
        if self.pipeline.has_query() {
            let (host, begun) = (&self.firehose.host, self.firehose.host.monotonic());
            self.pipeline.add_keys(fates).await.map_err(SourceError::Failed)?;
            self.view.live.delivery.jq_latency.add(host.monotonic().saturating_sub(begun));
        }
        Ok(true)
    }

    /// Reads on; `false` at the end.
    async fn fill(&mut self) -> Result<bool, SourceError> {
        loop {
            let Some((index, span)) = self.spans.last_mut() else { return Ok(false) };
            if span.from >= span.to {
                self.spans.pop();
                continue;
            }
            let shard = ShardId { stream: self.source, index: *index };
            let (mut records, next) = match self.tap.read(self.firehose, self.view, shard, span.from, span.to).await {
                Ok(read) => read,
                Err(SourceError::Trimmed { horizon }) => {
                    let horizon = horizon.clamp(span.from + 1, span.to);
                    self.read.lost += horizon - span.from;
                    span.from = horizon;
                    continue;
                }
                // The data stream was deleted: what was not read is lost, as on AWS.
                Err(SourceError::NotFound) => {
                    self.read.lost += span.to - span.from;
                    span.from = span.to;
                    continue;
                }
                Err(error) => return Err(error),
            };
            records.retain(|record| record.offset < span.to);
            if next <= span.from {
                return Err(SourceError::Failed("sealed records are not there yet".to_owned()));
            }
            span.from = next;
            self.read.records += records.len() as u64;
            self.read.bytes += records.iter().map(|record| record.data.len() as u64).sum::<u64>();
            records.reverse();
            self.waiting = records;
            if !self.waiting.is_empty() {
                return Ok(true);
            }
        }
    }
}
