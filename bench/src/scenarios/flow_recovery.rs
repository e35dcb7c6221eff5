//! An application with large windows, killed under full load: how long after the next start of the server its first row
//! comes out.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::fresh;
use crate::analytics::{Client, put_events};
use crate::events::BATCH_EVENTS;
use crate::kinesis::{self, BATCH_RECORDS, Noise};
use crate::process::Server;
use crate::wire::Connection;
use crate::{Error, Run};

/// A program to kill.
struct Program {
    name: &'static str,
    /// What makes rows out of large windows, few of which leave.
    sql: &'static str,
    /// Events until its windows are full.
    fill_events: u64,
}

/// Few rows leave whatever the windows do: a row of these comes out as soon as everything goes on.
const PASS: &str = r#"CREATE OR REPLACE STREAM "OUT" (order_id BIGINT, note VARCHAR(128));
    CREATE OR REPLACE PUMP "PASS" AS INSERT INTO "OUT" SELECT STREAM order_id, 'one' FROM "S_001" WHERE MOD(order_id, 5000) = 0;"#;

const PROGRAMS: &[Program] = &[
    Program {
        name: "sliding windows of 400 rows, 10,000 keys, FIRST_VALUE of a text and AVG",
        sql: r#"CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT" SELECT STREAM t.order_id, t.note FROM (
                SELECT STREAM order_id, FIRST_VALUE(note) OVER w AS note, AVG(price) OVER w AS mean FROM "S_001"
                WINDOW w AS (PARTITION BY ticker ROWS 400 PRECEDING)) AS t
            WHERE MOD(t.order_id, 5000) = 1 AND t.mean > 0"#,
        fill_events: 5_000_000,
    },
    Program {
        name: "join of a stream with itself, 1,500,000 rows on both sides",
        sql: r#"CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT" SELECT STREAM a.order_id, b.note
            FROM "S_001" OVER (ROWS 1500000 PRECEDING) AS a JOIN "S_001" OVER (ROWS 1500000 PRECEDING) AS b
            ON a.order_id = b.order_id WHERE MOD(a.order_id, 5000) = 1"#,
        fill_events: 2_000_000,
    },
    Program {
        name: "tumbling window of an hour, 5,000,000 keys: COUNT, SUM, MAX",
        sql: r#"CREATE OR REPLACE STREAM "GROUPS" (id BIGINT, total BIGINT, sum_price DOUBLE, highest DOUBLE);
            CREATE OR REPLACE PUMP "P" AS INSERT INTO "GROUPS"
            SELECT STREAM MOD(order_id, 5000000), COUNT(*), SUM(price), MAX(price) FROM "S_001"
            GROUP BY MOD(order_id, 5000000), FLOOR("S_001".ROWTIME TO HOUR);
            CREATE OR REPLACE PUMP "Q" AS INSERT INTO "OUT"
            SELECT STREAM id, 'group' FROM "GROUPS" WHERE MOD(id, 5000) = 1"#,
        fill_events: 6_000_000,
    },
];

/// Connections that put at once.
const CONNECTIONS: u64 = 4;
/// How long everything goes on at full speed when the windows are full.
const LOAD: Duration = Duration::from_secs(12);
/// What is to be reached.
const GOAL: Duration = Duration::from_secs(5);
/// Between two looks at a server.
const POLL: Duration = Duration::from_millis(10);
/// When nothing came out by then, nothing ever will.
const PATIENCE: Duration = Duration::from_secs(120);

/// Measures every program.
pub(crate) async fn recovery(run: &Run) -> Result<(), Error> {
    println!("\nApplications with large windows, killed under full load (goal < {} s)", GOAL.as_secs());
    for program in PROGRAMS.iter().filter(|program| run.is_wanted(program.name)) {
        println!("  {}", program.name);
        measure(run, program).await.map_err(|error| format!("{}: {error}", program.name))?;
    }
    Ok(())
}

async fn measure(run: &Run, program: &Program) -> Result<(), Error> {
    let (dir, path) = (fresh(&run.dir)?, run.program()?);
    let server = Server::millstream(&path, dir.path())?;
    let client = Client::start(server.address, 4, &format!("{PASS}{}", program.sql)).await?;
    let (next, started) = (Rc::new(Cell::new(0)), Instant::now());
    put(server.address, &next, |put| put >= program.fill_events).await?;
    println!("    {} events put in {:.1} s", program.fill_events, started.elapsed().as_secs_f64());
    let memory_mb = tokio::select! {
        // It never is enough.
        put = put(server.address, &next, |_| false) => return put,
        killed = loaded_and_killed(server, client) => killed?,
    };
    let started = Instant::now();
    let server = Server::millstream(&path, dir.path())?;
    tokio::select! {
        // Whoever put before goes on with it.
        put = put(server.address, &next, |_| false) => return put,
        first = first_row(&server, started) => first?,
    }
    println!("    {memory_mb:.0} and {:.0} MB of the process at most", server.memory_peak_mb()?);
    server.terminate()?;
    Ok(())
}

/// Lets everything go on at full speed for a while, then kills the server; gives the memory it had.
async fn loaded_and_killed(server: Server, mut client: Client) -> Result<f64, Error> {
    let (before, started) = (client.figure("records_total", "Input").await?, Instant::now());
    tokio::time::sleep(LOAD).await;
    let read = client.figure("records_total", "Input").await? - before;
    println!(
        "    {:.0} MB held; {:.0} events/s worked through; {} checkpoints",
        client.figure("memory_bytes", "").await? / 1e6,
        read / started.elapsed().as_secs_f64(),
        client.figure("checkpoints_total", "").await?,
    );
    let memory_mb = server.memory_peak_mb()?;
    server.kill()?;
    Ok(memory_mb)
}

async fn first_row(server: &Server, started: Instant) -> Result<(), Error> {
    let mut client = Client::connect(server.address).await?;
    while client.figure("records_total", "Output").await? == 0.0 {
        if started.elapsed() > PATIENCE {
            return Err("no row came out after the kill".into());
        }
        tokio::time::sleep(POLL).await;
    }
    println!(
        "    killed; the server listens after {} ms, the first row is written after {} ms; {:.0} records read by then",
        server.ready_after.as_millis(),
        started.elapsed().as_millis(),
        client.figure("records_total", "Input").await?,
    );
    Ok(())
}

/// Puts events with ascending numbers from several connections until it is enough.
async fn put(address: SocketAddr, next: &Rc<Cell<u64>>, is_enough: impl Fn(u64) -> bool + Clone) -> Result<(), Error> {
    let connections = (0..CONNECTIONS).map(|connection| {
        let (next, is_enough) = (Rc::clone(next), is_enough.clone());
        async move {
            let (mut connection, mut noise) = (Connection::open(address).await?, Noise::new(connection));
            while !is_enough(next.get()) {
                let first = next.get();
                next.set(first + BATCH_EVENTS as u64);
                for body in put_events(&mut noise, first, BATCH_RECORDS) {
                    kinesis::all_stored(&connection.call(&body).await?)?;
                }
            }
            Ok::<(), Error>(())
        }
    });
    futures::future::try_join_all(connections).await?;
    Ok(())
}
