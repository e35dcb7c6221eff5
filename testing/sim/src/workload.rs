//! What the tasks of a boot do.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fastrand::Rng;
use futures::future::{self, Either};
use log::{
    Alteration, Append, Condition, Error, HashRange, LogEngine, NewRecord, NewStream, Position, ReadLimits, Reshard,
    ShardId, Stream,
};

use crate::audit;
use crate::boot::World;
use crate::plan::Plan;

/// Names of our streams begin so.
pub(crate) const PREFIX: &str = "sim/";

/// Different names; a name may be used again after a deletion.
const NAME_COUNT: u64 = 3;

/// Shards that a stream may have, closed ones included, before nobody splits it any more.
const SHARDS_MAX: usize = 12;

/// Appends of a writer during one boot.
const APPENDS_MAX: usize = 120;

/// How often an append may be refused on a sound machine before we say that the log is stuck.
const TRIES_MAX: usize = 200;

/// Starts the tasks.
pub(crate) fn start(world: &World, plan: &Plan) {
    for _ in 0..plan.writers {
        let pause_ms_max = plan.pause_ms_max;
        spawn(world, "writer", move |world, random| writer(world, random, pause_ms_max));
    }
    spawn(world, "reader", reader);
    spawn(world, "administrator", administrator);
}

fn spawn<F>(world: &World, name: &'static str, task: impl FnOnce(World, Rng) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (random, busy) = (world.simulation.fork_random(), Arc::clone(&world.busy));
    busy.fetch_add(1, Ordering::Relaxed);
    let task = task(world.clone(), random);
    world.host.spawn(name, async move {
        task.await;
        busy.fetch_sub(1, Ordering::Relaxed);
    });
}

async fn pause(world: &World, random: &mut Rng, ms_max: u64) {
    world.host.sleep(Duration::from_millis(random.u64(0..=ms_max))).await;
}

/// A stream by chance, created if its name is free.
async fn any_stream(world: &World, random: &mut Rng) -> Option<Arc<Stream>> {
    let name = format!("{PREFIX}{}", random.u64(..NAME_COUNT));
    match world.log.describe_stream(&name).await {
        Ok(stream) => {
            world.history().saw_stream(&stream, false);
            Some(stream)
        }
        Err(Error::NotFound) => {
            let stream = world.log.create_stream(new_stream(name, random)).await.ok()?;
            world.history().saw_stream(&stream, true);
            Some(stream)
        }
        Err(_) => None,
    }
}

fn new_stream(name: String, random: &mut Rng) -> NewStream {
    let count = random.u128(1..=3);
    let width = u128::MAX / count;
    let range = |index: u128| HashRange {
        start: index * width,
        end: if index + 1 == count { u128::MAX } else { (index + 1) * width - 1 },
    };
    let annotation = vec![random.u8(..); random.usize(..20)].into();
    NewStream { name, ranges: (0..count).map(range).collect(), retention_ms: random_retention(random), annotation }
}

fn random_retention(random: &mut Rng) -> u64 {
    [2_000, 10_000, 3_600_000][random.usize(..3)]
}

/// A shard that was there a moment ago, mostly an open one.
fn any_shard(stream: &Stream, random: &mut Rng) -> Option<ShardId> {
    let open = stream.open_shards().map(|shard| shard.id).collect::<Vec<_>>();
    let all = stream.shards.iter().map(|shard| shard.id).collect::<Vec<_>>();
    let candidates = if random.u8(..10) == 0 { all } else { open };
    random.choice(candidates)
}

async fn writer(world: World, mut random: Rng, pause_ms_max: u64) {
    for _ in 0..APPENDS_MAX {
        if world.is_over() {
            break;
        }
        let Some(stream) = any_stream(&world, &mut random).await else {
            pause(&world, &mut random, 100).await;
            continue;
        };
        let mut appends = Vec::new();
        let mut tokens = Vec::new();
        for _ in 0..random.usize(1..=3) {
            let Some(shard) = any_shard(&stream, &mut random) else { continue };
            let (token, append) = draw_append(&world, shard, &mut random).await;
            tokens.push((token, append.shard, append.condition));
            appends.push(append);
        }
        if appends.is_empty() {
            continue;
        }
        let is_packed = random.bool() && appends.iter().all(|append| append.condition == Condition::None);
        let appending = if is_packed { append_packed(&world, &appends) } else { world.log.append(appends) };
        let mut pause_ms_max = pause_ms_max;
        if random.u8(..15) == 0 {
            // Impatient: the outcome stays open.
            let patience = world.host.sleep(Duration::from_micros(random.u64(..200)));
            if let Either::Right(((), _)) = future::select(appending, patience).await {
                tokens.iter().for_each(|(token, ..)| world.history().doubt(*token));
                continue;
            }
            tokens.iter().for_each(|(token, ..)| world.history().doubt(*token));
        } else {
            let answers = appending.await;
            if matches!(answers, Err(Error::Throttled { .. } | Error::Unavailable { .. })) {
                pause_ms_max += 200;
            }
            note_answers(&world, &tokens, answers);
        }
        pause(&world, &mut random, pause_ms_max).await;
    }
}

fn append_packed<'a>(world: &'a World, appends: &[Append]) -> log::Answer<'a, Vec<Result<log::Appended, Error>>> {
    let appending = world.log.append_packed(log::Packed::of(&host::files::Buffers::default(), appends));
    Box::pin(async move {
        let results = appending.await?;
        Ok(results.into_iter().map(|result| result.map_err(|refused| refused.error)).collect())
    })
}

async fn draw_append(world: &World, shard: ShardId, random: &mut Rng) -> (u64, Append) {
    let condition = match random.u8(..6) {
        0 => world.log.bounds(shard).await.map_or(Condition::None, |bounds| Condition::NextOffset(bounds.end)),
        _ => Condition::None,
    };
    let count = random.u64(1..=4);
    let token = world.history().begin(shard, count);
    let record = |token| {
        let length = [0, 10, 300, 3000][random.usize(..4)];
        let (key, value) = audit::payload(token, length);
        NewRecord { key, value, headers: Vec::new() }
    };
    (token, Append { shard, records: (token..token + count).map(record).collect(), condition })
}

type Answers = Result<Vec<Result<log::Appended, Error>>, Error>;

fn note_answers(world: &World, tokens: &[(u64, ShardId, Condition)], answers: Answers) {
    let mut history = world.history();
    let answers = match answers {
        Ok(answers) => answers,
        Err(error) => {
            for (token, ..) in tokens {
                if is_refusal(&error) { history.refuse(*token) } else { history.doubt(*token) }
            }
            return;
        }
    };
    if answers.len() != tokens.len() {
        return history.broken("there are not as many answers as appends");
    }
    for (&(token, shard, condition), answer) in tokens.iter().zip(answers) {
        match answer {
            Ok(appended) => {
                if let Condition::NextOffset(wanted) = condition
                    && wanted != appended.first_offset
                {
                    history.broken(&format!("{shard:?}: {condition:?} was acknowledged as {appended:?}"));
                }
                history.acknowledge(token, appended);
            }
            Err(error) => {
                if let Error::Sealed { end } = error {
                    history.saw_seal(shard, end);
                }
                if is_refusal(&error) { history.refuse(token) } else { history.doubt(token) }
            }
        }
    }
}

/// Whether an error promises that nothing was written.
fn is_refusal(error: &Error) -> bool {
    match error {
        Error::ResultUnknown | Error::Io(_) | Error::Corrupt { .. } | Error::Fenced => false,
        Error::NotOwner
        | Error::Sealed { .. }
        | Error::Trimmed { .. }
        | Error::Conflict { .. }
        | Error::Throttled { .. }
        | Error::Unavailable { .. }
        | Error::NotFound
        | Error::Invalid(_) => true,
    }
}

async fn reader(world: World, mut random: Rng) {
    while !world.is_over() {
        pause(&world, &mut random, 60).await;
        let Some(stream) = any_stream(&world, &mut random).await else { continue };
        let Some(shard) = any_shard(&stream, &mut random) else { continue };
        let now_ms = world.host.now_ms();
        let position = match random.u8(..4) {
            0 => Position::Horizon,
            1 => Position::Latest,
            2 => Position::AtTime(now_ms.saturating_sub(random.u64(..5000))),
            _ => Position::At(random.u64(..200)),
        };
        let Ok(from) = world.log.locate(shard, position).await else { continue };
        let limits = ReadLimits { records_max: random.usize(1..=20), bytes_max: random.usize(1..=10_000) };
        let wait = random.bool().then(|| Duration::from_millis(random.u64(..500)));
        match world.log.read(shard, from, limits, wait).await {
            Ok(batches) => {
                let views = batches.iter().map(|view| audit::seen(&view)).collect::<Vec<_>>();
                let mut history = world.history();
                if !views.iter().map(|seen| seen.offset).eq(from..batches.next) {
                    history.broken(&format!("{shard:?}: a read of {from}..{} has gaps", batches.next));
                }
                views.into_iter().for_each(|seen| history.saw(shard, seen));
            }
            Err(error @ Error::Corrupt { .. }) => world.history().broken(&format!("{shard:?} at {from}: {error:?}")),
            Err(_) => {}
        }
    }
}

async fn administrator(world: World, mut random: Rng) {
    while !world.is_over() {
        pause(&world, &mut random, 400).await;
        let Some(stream) = any_stream(&world, &mut random).await else { continue };
        match random.u8(..20) {
            0..=7 => reshard(&world, &stream, &mut random).await,
            8..=10 => alter(&world, &stream, &mut random).await,
            11..=14 => trim(&world, &stream, &mut random).await,
            15 => delete(&world, &stream).await,
            16..=17 => world.log.upkeep().await,
            _ => {
                // The time so far counts: retention may have gone by it.
                drop(world.history());
                world.simulation.step_wall_clock(random.i64(-3000..=3000));
            }
        }
    }
}

async fn reshard(world: &World, stream: &Stream, random: &mut Rng) {
    let mut open = stream.open_shards().collect::<Vec<_>>();
    open.sort_by_key(|shard| shard.range.start);
    let merges = open.len() > 1 && (random.bool() || stream.shards.len() > SHARDS_MAX);
    let step = if merges {
        let at = random.usize(..open.len() - 1);
        let (left, right) = (open[at], open[at + 1]);
        let range = HashRange { start: left.range.start, end: right.range.end };
        Reshard { parents: vec![left.id.index, right.id.index], children: vec![range] }
    } else if stream.shards.len() <= SHARDS_MAX && !open.is_empty() {
        let shard = open[random.usize(..open.len())];
        if shard.range.start == shard.range.end {
            return;
        }
        let middle = shard.range.start + (shard.range.end - shard.range.start) / 2;
        let left = HashRange { start: shard.range.start, end: middle };
        let right = HashRange { start: middle + 1, end: shard.range.end };
        Reshard { parents: vec![shard.id.index], children: vec![left, right] }
    } else {
        return;
    };
    if let Ok(after) = world.log.reshard(stream.id, stream.version, vec![step], None).await {
        world.history().saw_stream(&after, true);
    }
}

async fn alter(world: &World, stream: &Stream, random: &mut Rng) {
    let retention_ms = random.bool().then(|| random_retention(random));
    if let Some(retention_ms) = retention_ms {
        world.history().begin_retention(stream.id, retention_ms);
    }
    let annotation = random.bool().then(|| vec![random.u8(..); 9].into());
    let change = Alteration { retention_ms, annotation };
    if let Ok(after) = world.log.alter_stream(stream.id, stream.version, change).await {
        world.history().saw_stream(&after, true);
    }
}

async fn trim(world: &World, stream: &Stream, random: &mut Rng) {
    let Some(shard) = any_shard(stream, random) else { return };
    let Ok(bounds) = world.log.bounds(shard).await else { return };
    let before = random.u64(bounds.horizon..=bounds.end);
    world.history().begin_trim(shard, before);
    if let Ok(()) = world.log.trim(shard, before).await {
        world.history().acknowledge_trim(shard, before);
    }
}

async fn delete(world: &World, stream: &Stream) {
    world.history().begin_delete(stream.id);
    if let Ok(()) = world.log.delete_stream(stream.id, stream.version).await {
        world.history().acknowledge_delete(stream.id);
    }
}

/// On a sound machine every append succeeds sooner or later.
pub(crate) async fn must_work_again(world: &World) {
    let mut random = world.simulation.fork_random();
    for _ in 0..TRIES_MAX {
        world.host.sleep(Duration::from_millis(250)).await;
        let Some(stream) = any_stream(world, &mut random).await else { continue };
        let Some(shard) = stream.open_shards().next().map(|shard| shard.id) else { continue };
        let (token, append) = draw_append(world, shard, &mut random).await;
        let tokens = [(token, shard, append.condition)];
        let answers = world.log.append(vec![append]).await;
        let is_done = matches!(&answers, Ok(answers) if matches!(answers[..], [Ok(_)]));
        note_answers(world, &tokens, answers);
        if is_done {
            return;
        }
    }
    world.history().broken("the machine is sound, and still nothing can be appended");
}
