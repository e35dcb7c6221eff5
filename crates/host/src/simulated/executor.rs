//! Runs tasks one at a time, in an order drawn from the seed.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures::future::BoxFuture;

use super::HELD;
use super::clock::VirtualClock;
use super::disk::Disk;
use crate::Tasks;

/// No sensible simulation needs more turns; whoever does, spins.
const TURNS_MAX: u64 = 50_000_000;

/// Time passes at most this much during one turn, in microseconds.
const TURN_US_MAX: u64 = 20;

/// The program of the boot; all other tasks count from here.
const PROGRAM: u64 = 0;

/// How a boot ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended<T> {
    /// The program came to its end.
    Finished(T),
    /// The process was ended from within, see [`super::Simulation::kill`].
    Killed,
    /// The power failed first.
    PowerCut,
}

type Spawned = Arc<Mutex<Vec<(&'static str, BoxFuture<'static, ()>)>>>;
type Ready = Arc<Mutex<Vec<u64>>>;

/// One boot's tasks and its scheduler.
pub(super) struct Executor {
    clock: Arc<VirtualClock>,
    schedule: Arc<Mutex<fastrand::Rng>>,
    disk: Arc<Disk>,
    spawned: Spawned,
    ready: Ready,
}

struct Task {
    name: &'static str,
    future: BoxFuture<'static, ()>,
    waker: Arc<TaskWaker>,
}

struct TaskWaker {
    id: u64,
    is_ready: AtomicBool,
    ready: Ready,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !self.is_ready.swap(true, Ordering::Relaxed) {
            self.ready.lock().expect(HELD).push(self.id);
        }
    }
}

struct SimulatedTasks(Spawned);

impl Tasks for SimulatedTasks {
    fn spawn(&self, name: &'static str, task: BoxFuture<'static, ()>) {
        self.0.lock().expect(HELD).push((name, task));
    }

    fn spawn_thread(&self, name: &'static str, task: BoxFuture<'static, ()>) {
        self.spawn(name, task);
    }
}

impl Executor {
    pub(super) fn new(clock: Arc<VirtualClock>, schedule: Arc<Mutex<fastrand::Rng>>, disk: Arc<Disk>) -> Self {
        Self { clock, schedule, disk, spawned: Arc::default(), ready: Arc::default() }
    }

    pub(super) fn tasks(&self) -> Arc<dyn Tasks> {
        Arc::new(SimulatedTasks(Arc::clone(&self.spawned)))
    }

    /// Runs until the program ends or the power fails; then all tasks die without touching the disk any more.
    pub(super) fn run<T>(self, program: impl Future<Output = T>) -> Ended<T> {
        let mut tasks = BTreeMap::new();
        let ended = {
            let program = pin!(program);
            let ended = self.turns(program, &mut tasks);
            self.disk.stop();
            ended
        };
        drop(tasks);
        self.spawned.lock().expect(HELD).clear();
        ended
    }

    fn turns<T>(
        &self,
        mut program: std::pin::Pin<&mut impl Future<Output = T>>,
        tasks: &mut BTreeMap<u64, Task>,
    ) -> Ended<T> {
        let program_waker = self.waker(PROGRAM);
        let mut next_id = PROGRAM + 1;
        for _ in 0..TURNS_MAX {
            for (name, future) in std::mem::take(&mut *self.spawned.lock().expect(HELD)) {
                tasks.insert(next_id, Task { name, future, waker: self.waker(next_id) });
                next_id += 1;
            }
            let Some(id) = self.pick() else {
                let waiting = || tasks.values().map(|task| task.name).collect::<Vec<_>>();
                assert!(self.clock.jump(), "the program waits for ever; other tasks: {:?}", waiting());
                continue;
            };
            if id == PROGRAM {
                program_waker.is_ready.store(false, Ordering::Relaxed);
                let waker = Waker::from(Arc::clone(&program_waker));
                let polled = program.as_mut().poll(&mut Context::from_waker(&waker));
                if let (Poll::Ready(output), true) = (polled, self.disk.has_power()) {
                    return Ended::Finished(output);
                }
            } else if let Some(task) = tasks.get_mut(&id) {
                task.waker.is_ready.store(false, Ordering::Relaxed);
                let waker = Waker::from(Arc::clone(&task.waker));
                if task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                    tasks.remove(&id);
                }
            }
            if !self.disk.has_power() {
                return if self.disk.is_killed() { Ended::Killed } else { Ended::PowerCut };
            }
        }
        panic!("the program is not done after {TURNS_MAX} turns");
    }

    /// Draws the next task among those that can run.
    fn pick(&self) -> Option<u64> {
        let mut ready = self.ready.lock().expect(HELD);
        if ready.is_empty() {
            return None;
        }
        let mut schedule = self.schedule.lock().expect(HELD);
        let drawn = schedule.usize(..ready.len());
        let id = ready.swap_remove(drawn);
        let turn = Duration::from_micros(schedule.u64(1..=TURN_US_MAX));
        drop((ready, schedule));
        self.clock.advance(turn);
        Some(id)
    }

    fn waker(&self, id: u64) -> Arc<TaskWaker> {
        self.ready.lock().expect(HELD).push(id);
        Arc::new(TaskWaker { id, is_ready: AtomicBool::new(true), ready: Arc::clone(&self.ready) })
    }
}
