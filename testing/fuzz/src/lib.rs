//! Fuzzing of everything that reads bytes from strangers: JSON, CBOR, query bodies, SigV4 headers, iterators,
//! sequence numbers, programs over streams and the records they read.
//!
//! A [`Target`] is a function that must not panic, hang or allocate beyond its input, and seeds that are well formed.
//! [`run`] mutates the seeds for a bounded number of rounds under a fixed seed, so the test command always does the
//! same work; `FUZZ_SEED` and `FUZZ_ROUNDS` make longer runs.

mod mutate;
mod probe;
pub mod stream_sql;
pub mod targets;

use fastrand::Rng;

/// One decoder under attack.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What is decoded.
    pub name: &'static str,
    /// Decodes, and asserts what must hold of the outcome.
    pub run: fn(&[u8]),
    /// Well-formed inputs to start from.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Rounds that take about two seconds in the test profile.
    pub rounds: u64,
}

/// Inputs are cut to this size: hostile enough, and quick.
const INPUT_BYTES_MAX: usize = 64 << 10;
/// Inputs that were made from inputs, kept to be mutated further.
const POOL_MAX: usize = 256;

/// Attacks a target. Panics when the target does; the failing input is printed as hex by [`Shown`].
pub fn run(target: &Target) {
    let setting = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let mut random = Rng::with_seed(setting("FUZZ_SEED").unwrap_or(1));
    let rounds = setting("FUZZ_ROUNDS").unwrap_or(target.rounds);
    let mut pool = (target.seeds)();
    let seed_count = pool.len();
    for seed in &pool {
        attack(target, seed);
    }
    for _ in 0..rounds {
        let mut input = pool[random.usize(..pool.len())].clone();
        for _ in 0..random.u8(1..=4) {
            let other = &pool[random.usize(..pool.len())];
            mutate::once(&mut input, other, &mut random);
        }
        input.truncate(INPUT_BYTES_MAX);
        attack(target, &input);
        match pool.len() {
            length if length < POOL_MAX => pool.push(input),
            // Seeds stay, so that the pool never drifts into pure noise.
            length => pool[random.usize(seed_count..length)] = input,
        }
    }
}

fn attack(target: &Target, input: &[u8]) {
    let shown = Shown { target: target.name, input };
    (target.run)(input);
    std::mem::forget(shown);
}

/// Prints the input while a panic unwinds past it.
struct Shown<'a> {
    target: &'a str,
    input: &'a [u8],
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        let hex: String = self.input.iter().map(|byte| format!("{byte:02x}")).collect();
        eprintln!("{} failed on input {hex}", self.target);
    }
}
