//! Where streams meet: whoever has bytes waits a moment for others, then they are hashed together.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use host::Host;
use tokio::sync::oneshot;

use crate::kernel::{BLOCK_BYTES, Kernel, WIDTH_MAX};
use crate::lane::{Lane, State};

/// How long a submission waits for company, at most. An upload waits as long for the disk.
const WAIT: Duration = Duration::from_millis(10);
/// So often is that waited for where its stream goes on gathering, and nobody needs an answer yet.
const WAITS_MAX: u32 = 4;
/// Others are let in after so many blocks.
const STEP_BYTES_MAX: usize = 1024 * BLOCK_BYTES;
/// When all streams together hold more than this, nothing is gathered any more.
const HELD_BYTES_MAX: usize = 64 << 20;

/// The meeting place.
pub(crate) struct Hub {
    host: Host,
    kernel: Kernel,
    /// Streams that exist.
    streams: AtomicUsize,
    /// The most that existed lately: those who wait for their answers will soon be back with more.
    streams_lately: AtomicUsize,
    held_bytes: AtomicUsize,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    is_hashing: bool,
    is_waiting: bool,
}

/// A part of a stream that is to be hashed.
pub(crate) struct Job {
    hub: Arc<Hub>,
    lane: Option<Lane>,
    bytes: usize,
    answer: Option<oneshot::Sender<State>>,
    /// Whether its stream has come to a stop until it is hashed.
    urgent: Arc<AtomicBool>,
    /// How often it was waited for company.
    waits: u32,
    /// Whether it has waited long enough, and is hashed whoever is there.
    is_pressing: bool,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hub({:?})", self.kernel)
    }
}

impl Job {
    pub(crate) fn new(hub: &Arc<Hub>, state: State, pieces: Vec<Bytes>, answer: oneshot::Sender<State>) -> Self {
        let bytes = pieces.iter().map(Bytes::len).sum();
        hub.hold(bytes);
        let (lane, urgent) = (Some(Lane::new(state, pieces)), Arc::default());
        Self { hub: Arc::clone(hub), lane, bytes, answer: Some(answer), urgent, waits: 0, is_pressing: false }
    }

    /// Where to say that its stream has come to a stop.
    pub(crate) fn urgent(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.urgent)
    }

    /// Has waited once more. Who needs the answer waits a whole time at least, since company may be about to come.
    fn wait(&mut self) -> bool {
        self.waits += 1;
        let waits_max = if self.urgent.load(Ordering::Relaxed) { 2 } else { WAITS_MAX };
        self.is_pressing = self.waits >= waits_max || self.hub.is_crowded();
        self.is_pressing
    }

    fn lane(&mut self) -> &mut Lane {
        self.lane.as_mut().expect("taken only at the end")
    }

    fn end(mut self) {
        if let (Some(lane), Some(answer)) = (self.lane.take(), self.answer.take()) {
            // Whoever dropped the stream does not want to know.
            drop(answer.send(lane.into_state()));
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.hub.release(self.bytes);
    }
}

impl Hub {
    pub(crate) fn new(host: &Host, kernel: Kernel) -> Arc<Self> {
        Arc::new(Self {
            host: host.clone(),
            kernel,
            streams: AtomicUsize::new(0),
            streams_lately: AtomicUsize::new(0),
            held_bytes: AtomicUsize::new(0),
            queue: Mutex::default(),
        })
    }

    pub(crate) fn enter(&self) {
        let streams = self.streams.fetch_add(1, Ordering::Relaxed) + 1;
        self.streams_lately.fetch_max(streams, Ordering::Relaxed);
    }

    pub(crate) fn leave(&self) {
        self.streams.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn hold(&self, bytes: usize) {
        self.held_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn release(&self, bytes: usize) {
        self.held_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    pub(crate) fn is_crowded(&self) -> bool {
        self.held_bytes.load(Ordering::Relaxed) > HELD_BYTES_MAX
    }

    #[cfg(test)]
    pub(crate) fn held_bytes(&self) -> usize {
        self.held_bytes.load(Ordering::Relaxed)
    }

    /// Whether so many need not wait for others: all who may come now are here, or most of those who were there lately,
    /// or most of the lanes are full.
    fn is_due(&self, jobs: usize) -> bool {
        let of_width = |streams: &AtomicUsize| streams.load(Ordering::Relaxed).min(self.kernel.width());
        let (now, lately) = (of_width(&self.streams), of_width(&self.streams_lately));
        jobs * 4 >= lately * 3 || jobs >= now && jobs * 2 >= lately
    }

    /// Forgets a little of how many there were, since they have not come; whoever comes alone soon waits for nobody.
    fn forget(&self) {
        let lately = self.streams_lately.load(Ordering::Relaxed);
        let less = (lately - lately.div_ceil(16)).max(self.streams.load(Ordering::Relaxed));
        // Fails where somebody came meanwhile, and that counts more.
        let _ = self.streams_lately.compare_exchange(lately, less, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Has a part of a stream hashed, one day soon.
    pub(crate) fn submit(self: &Arc<Self>, job: Job) {
        let mut queue = self.lock();
        queue.jobs.push_back(job);
        self.go_on(queue);
    }

    /// Begins to hash if it is time, else sees to it that it will be.
    fn go_on(self: &Arc<Self>, mut queue: MutexGuard<'_, Queue>) {
        if queue.is_hashing || queue.jobs.is_empty() {
            return;
        }
        if self.is_due(queue.jobs.len()) {
            queue.is_hashing = true;
            drop(queue);
            self.hash();
        } else if !queue.is_waiting {
            queue.is_waiting = true;
            drop(queue);
            let hub = Arc::clone(self);
            self.host.spawn("md5-wait", async move { hub.wait().await });
        }
    }

    /// Gives others time to come; begins to hash once somebody has waited long enough.
    async fn wait(self: Arc<Self>) {
        loop {
            self.host.sleep(WAIT).await;
            self.forget();
            let mut queue = self.lock();
            if queue.is_hashing || queue.jobs.is_empty() {
                queue.is_waiting = false;
                return;
            }
            let mut is_pressing = false;
            for job in &mut queue.jobs {
                is_pressing |= job.wait();
            }
            if is_pressing {
                queue.is_waiting = false;
                queue.is_hashing = true;
                drop(queue);
                self.hash();
                return;
            }
        }
    }

    fn hash(self: &Arc<Self>) {
        let hub = Arc::clone(self);
        drop(self.host.blocking("md5", move || {
            let hashing = Hashing(hub);
            hashing.0.hash_queue();
        }));
    }

    /// Hashes what is queued and who comes meanwhile, as long as the lanes are full enough or somebody is pressing.
    fn hash_queue(&self) {
        let mut jobs: Vec<Job> = Vec::with_capacity(WIDTH_MAX);
        loop {
            let mut queue = self.lock();
            let room = self.kernel.width() - jobs.len();
            let count = room.min(queue.jobs.len());
            jobs.extend(queue.jobs.drain(..count));
            if !self.is_due(jobs.len()) && !jobs.iter().any(|job| job.is_pressing) {
                // Too few by now: they wait for others once more.
                queue.jobs.extend(jobs.drain(..));
            }
            drop(queue);
            if jobs.is_empty() {
                return;
            }
            self.step(&mut jobs);
        }
    }

    /// Hashes as much of all as is in one place in each of them; those that have come to their end leave.
    fn step(&self, jobs: &mut Vec<Job>) {
        let mut bytes = STEP_BYTES_MAX;
        let mut index = 0;
        while index < jobs.len() {
            match jobs[index].lane().seek() {
                0 => jobs.swap_remove(index).end(),
                found => {
                    bytes = bytes.min(found);
                    index += 1;
                }
            }
        }
        if jobs.is_empty() {
            return;
        }
        let (mut words, mut data) = ([[0; 4]; WIDTH_MAX], [&[][..]; WIDTH_MAX]);
        for ((lane, words), data) in jobs.iter().filter_map(|job| job.lane.as_ref()).zip(&mut words).zip(&mut data) {
            (*words, *data) = (lane.words(), lane.blocks(bytes));
        }
        self.kernel.compress(&mut words[..jobs.len()], &data[..jobs.len()]);
        for (job, words) in jobs.iter_mut().zip(words) {
            job.lane().set_words(words);
            job.lane().advance(bytes);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect("holders of this lock do not panic")
    }
}

/// Somebody hashes; when this ends, for whatever reason, somebody else may.
struct Hashing(Arc<Hub>);

impl Drop for Hashing {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.is_hashing = false;
        self.0.go_on(queue);
    }
}
