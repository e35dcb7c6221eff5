//! Starting: on an empty directory, after a kill, with very many shards.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::fresh;
use crate::kinesis::{self, Client, Noise, STREAM};
use crate::load::{Turn, load};
use crate::process::Server;
use crate::{Error, Run};

/// Starts on an empty directory.
const STARTS: usize = 10;
/// Streams and shards of each, 10,000 shards together.
const STREAMS: usize = 10;
const SHARDS: usize = 1000;

/// Time until an empty server listens, and what it needs when nobody asks it anything.
pub(crate) async fn startup(run: &Run) -> Result<(), Error> {
    println!("\nStart on an empty directory");
    let program = run.program()?;
    let mut times = Vec::new();
    let mut memory = 0.0;
    let mut stopped = Duration::ZERO;
    for _ in 0..STARTS {
        let dir = fresh(&run.dir)?;
        let server = Server::millstream(&program, dir.path())?;
        times.push(server.ready_after);
        tokio::time::sleep(Duration::from_millis(200)).await;
        memory = server.memory_mb()?;
        stopped = stopped.max(server.terminate()?);
    }
    times.sort_unstable();
    println!(
        "  ready after {} ms (median), {} ms (worst of {STARTS}); goal < 300 ms",
        times[STARTS / 2].as_millis(),
        times[STARTS - 1].as_millis()
    );
    println!("  idle memory {memory:.0} MB (goal < 40 MB), SIGTERM to exit at most {} ms", stopped.as_millis());
    Ok(())
}

/// Kills a server in the middle of a heavy load and times its next start.
pub(crate) async fn recovery(run: &Run) -> Result<(), Error> {
    println!("\nStart after a kill under load");
    let program = run.program()?;
    let dir = fresh(&run.dir)?;
    let server = Server::millstream(&program, dir.path())?;
    Client::connect(server.address).await?.create_stream(STREAM, 8).await?;
    let mut noise = Noise::new(4);
    let bodies: Vec<Vec<Bytes>> = (0..16).map(|_| vec![kinesis::put_records(&mut noise)]).collect();
    let started = Instant::now();
    let mut records = 0;
    while records < (run.fill_mb << 10) as u64 {
        let turn = Turn { warm_up: Duration::ZERO, measured: Duration::from_secs(1) };
        let cost = load(&server, bodies.clone(), turn, kinesis::all_stored).await?;
        records += cost.answers * kinesis::BATCH_RECORDS as u64;
    }
    println!("  {} MB put in {:.1} s", records * 1024 / 1_000_000, started.elapsed().as_secs_f64());
    server.kill()?;
    let server = Server::millstream(&program, dir.path())?;
    println!("  ready again after {} ms, {:.0} MB at most", server.ready_after.as_millis(), server.memory_peak_mb()?);
    Ok(())
}

/// Starts with 10,000 shards in the data directory.
pub(crate) async fn shards(run: &Run) -> Result<(), Error> {
    println!("\nStart with {} shards", STREAMS * SHARDS);
    let program = run.program()?;
    let dir = fresh(&run.dir)?;
    let server = Server::millstream(&program, dir.path())?;
    let mut client = Client::connect(server.address).await?;
    let started = Instant::now();
    for index in 0..STREAMS {
        client.create_stream(&format!("many-{index}"), SHARDS).await?;
    }
    println!("  created in {:.1} s", started.elapsed().as_secs_f64());
    server.terminate()?;
    let server = Server::millstream(&program, dir.path())?;
    // The first call after the start proves that the streams are there.
    Client::connect(server.address).await?.create_stream("one-more", 1).await?;
    println!(
        "  ready after {} ms (goal < 2000 ms), memory {:.0} MB (goal < 200 MB), {} open files",
        server.ready_after.as_millis(),
        server.memory_mb()?,
        server.descriptors()?
    );
    Ok(())
}
