//! Which of all points a tree holds: a random sample in which a point's chance falls with its age.
//!
//! After Efraimidis and Spirakis, "Weighted random sampling with a reservoir" (2006), with weights that grow exponentially with time.

use crate::state::{Damaged, Loader, Saver};

use super::random::Random;

/// A point in the sample.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sampled {
    /// The larger, the sooner it goes.
    age: f64,
    point: u32,
}

/// The points that a tree holds, the next one to go first: a heap.
#[derive(Debug)]
pub(super) struct Sampler {
    heap: Vec<Sampled>,
    capacity: usize,
}

/// What the sampler says of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It stays out.
    Refused,
    /// It comes in.
    Taken,
    /// It comes in and another point goes.
    TakenFor(u32),
}

impl Sampler {
    pub(super) fn new(capacity: usize) -> Self {
        Self { heap: Vec::new(), capacity }
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    /// The points of the sample.
    pub(super) fn points(&self) -> impl Iterator<Item = u32> {
        self.heap.iter().map(|sampled| sampled.point)
    }

    /// Offers the newest point. `time` counts decays: it grows by one within as many points as are remembered.
    pub(super) fn offer(&mut self, point: u32, time: f64, random: &mut Random) -> Verdict {
        // `unit()` may be 0 and is never 1; the logarithm must not be infinite at either end.
        let chance = 1.0 - random.unit();
        let age = (-chance.ln()).max(f64::MIN_POSITIVE).ln() - time;
        let sampled = Sampled { age, point };
        if self.heap.len() < self.capacity {
            self.heap.push(sampled);
            self.sift_up();
            return Verdict::Taken;
        }
        let oldest = self.heap[0];
        if age >= oldest.age {
            return Verdict::Refused;
        }
        self.heap[0] = sampled;
        self.sift_down();
        Verdict::TakenFor(oldest.point)
    }

    fn sift_up(&mut self) {
        let mut at = self.heap.len() - 1;
        while at > 0 && self.heap[(at - 1) / 2].age < self.heap[at].age {
            self.heap.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    fn sift_down(&mut self) {
        let mut at = 0;
        loop {
            let mut largest = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.heap.len() && self.heap[child].age > self.heap[largest].age {
                    largest = child;
                }
            }
            if largest == at {
                return;
            }
            self.heap.swap(at, largest);
            at = largest;
        }
    }

    pub(super) fn save(&self, saver: &mut Saver) {
        let packed = self.heap.iter().flat_map(|one| {
            let age = one.age.to_bits().to_le_bytes();
            age.into_iter().chain(one.point.to_le_bytes())
        });
        saver.bytes(&packed.collect::<Vec<_>>());
    }

    pub(super) fn load(loader: &mut Loader<'_>, capacity: usize, points: usize) -> Result<Self, Damaged> {
        let (entries, rest) = loader.bytes()?.as_chunks::<12>();
        let heap = entries.iter().map(|entry| {
            let (age, point) = entry.split_at(8);
            let age = f64::from_bits(u64::from_le_bytes(age.try_into().map_err(|_| Damaged)?));
            let point = u32::from_le_bytes(point.try_into().map_err(|_| Damaged)?);
            if age.is_nan() || point as usize >= points {
                return Err(Damaged);
            }
            Ok(Sampled { age, point })
        });
        let heap = heap.collect::<Result<Vec<_>, _>>()?;
        if !rest.is_empty() || heap.len() > capacity {
            return Err(Damaged);
        }
        Ok(Self { heap, capacity })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held_after(offered: u32, decay: f64) -> Vec<u32> {
        let mut random = Random::new(7);
        let mut sampler = Sampler::new(100);
        for point in 0..offered {
            sampler.offer(point, f64::from(point) / decay, &mut random);
        }
        let mut held: Vec<u32> = sampler.points().collect();
        held.sort_unstable();
        held
    }

    #[test]
    fn points_come_in_until_the_sample_is_full() {
        assert_eq!(held_after(100, 1e9), (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn without_decay_every_point_has_the_same_chance() {
        let held = held_after(10_000, 1e12);
        let old = held.iter().filter(|point| **point < 5_000).count();
        assert_eq!(held.len(), 100);
        assert!((35..=65).contains(&old), "{old} of 100 are from the first half");
    }

    #[test]
    fn with_decay_old_points_go() {
        let held = held_after(10_000, 500.0);
        assert!(held.iter().all(|point| *point > 5_000), "{held:?}");
    }
}
