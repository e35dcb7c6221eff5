//! What a row costs the crate `krcf`, a port of AWS's own random cut forest: scored and then taken in, by 100 trees of
//! 256 points of two numbers, in one thread, as `bench flow` has it of RANDOM_CUT_FOREST.
//!
//! `cargo run --release --manifest-path bench/krcf/Cargo.toml`

use std::error::Error;

use krcf::{RandomCutForest, RandomCutForestOptions};

const ROWS: usize = 100_000;
const WARM_UP_ROWS: usize = 5_000;
/// Clock ticks per second of `/proc`; fixed for user space on Linux.
const TICKS_PER_SECOND: f64 = 100.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut forest = RandomCutForest::new(RandomCutForestOptions {
        dimensions: 2,
        shingle_size: 1,
        num_trees: Some(100),
        sample_size: Some(256),
        random_seed: Some(7),
        parallel_execution_enabled: Some(false),
        lambda: Some(1e-5),
        output_after: Some(1),
        ..Default::default()
    })
    .map_err(|error| format!("{error:?}"))?;
    let (mut points, mut total, mut began) = (Points(7), 0.0, 0.0);
    for row in 0..WARM_UP_ROWS + ROWS {
        if row == WARM_UP_ROWS {
            began = cpu_seconds()?;
        }
        let point = points.next_point();
        total += forest.score(&point).map_err(|error| format!("{error:?}"))?;
        forest.update(&point).map_err(|error| format!("{error:?}"))?;
    }
    let rate = ROWS as f64 / (cpu_seconds()? - began);
    println!("krcf: {rate:.0} rows per second of CPU, mean score {:.3}", total / (WARM_UP_ROWS + ROWS) as f64);
    Ok(())
}

/// Prices and quantities as those of `bench flow`'s events: evenly spread, from a linear congruential sequence.
struct Points(u64);

impl Points {
    fn next_below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn next_point(&mut self) -> [f32; 2] {
        [self.next_below(10_000) as f32 / 100.0, self.next_below(1_000) as f32]
    }
}

/// Time this process spent on processors, in user and kernel mode.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let behind_name = stat.rsplit_once(')').ok_or("no name")?.1;
    let fields: Vec<&str> = behind_name.split_whitespace().collect();
    let ticks = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    Ok(ticks as f64 / TICKS_PER_SECOND)
}
