//! Which of the last points are close to which, kept up to date point by point, and the dense regions among them.
//!
//! DBSCAN (Ester, Kriegel, Sander and Xu, 1996). Who is whose neighbour is kept as a matrix of bits: a new point is compared with all others once, and the
//! search for clusters of every row works on whole words.

/// A dense region.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hotspot {
    /// The smallest coordinates of its points.
    pub(super) low: Vec<f64>,
    /// The largest ones.
    pub(super) high: Vec<f64>,
    /// How many points it has.
    pub(super) points: usize,
}

/// The last points and who is close to whom.
#[derive(Debug)]
pub(super) struct Neighbours {
    dimensions: usize,
    capacity: usize,
    radius: f64,
    /// Coordinates by slot. The oldest point is in slot `first`, younger ones behind it, around the end.
    values: Vec<f64>,
    first: usize,
    length: usize,
    /// For each slot the slots whose points are within the radius, itself included.
    close: Vec<u64>,
    /// How many those are.
    counts: Vec<u32>,
}

impl Neighbours {
    pub(super) fn new(dimensions: usize, capacity: usize, radius: f64) -> Self {
        let words = capacity.div_ceil(64);
        Self {
            dimensions,
            capacity,
            radius,
            values: vec![0.0; capacity * dimensions],
            first: 0,
            length: 0,
            close: vec![0; capacity * words],
            counts: vec![0; capacity],
        }
    }

    /// The points, oldest first.
    pub(super) fn points(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        (0..self.length).map(|age| self.point((self.first + age) % self.capacity))
    }

    fn point(&self, slot: usize) -> &[f64] {
        &self.values[slot * self.dimensions..][..self.dimensions]
    }

    fn row(&self, slot: usize) -> &[u64] {
        let words = self.capacity.div_ceil(64);
        &self.close[slot * words..][..words]
    }

    fn row_mut(&mut self, slot: usize) -> &mut [u64] {
        let words = self.capacity.div_ceil(64);
        &mut self.close[slot * words..][..words]
    }

    /// Takes a point; the oldest one goes if there are enough.
    pub(super) fn push(&mut self, point: &[f64]) {
        let slot = (self.first + self.length) % self.capacity;
        if self.length == self.capacity {
            self.forget(slot);
            self.first = (self.first + 1) % self.capacity;
        } else {
            self.length += 1;
        }
        self.values[slot * self.dimensions..][..self.dimensions].copy_from_slice(point);
        let squared = self.radius * self.radius;
        for other in 0..self.length {
            let distance: f64 = self.point(other).iter().zip(point).map(|(one, two)| (one - two) * (one - two)).sum();
            if distance > squared {
                continue;
            }
            self.row_mut(slot)[other / 64] |= 1 << (other % 64);
            self.counts[slot] += 1;
            if other != slot {
                self.row_mut(other)[slot / 64] |= 1 << (slot % 64);
                self.counts[other] += 1;
            }
        }
    }

    fn forget(&mut self, slot: usize) {
        let close = self.row(slot).to_owned();
        for other in ones(&close) {
            self.row_mut(other)[slot / 64] &= !(1 << (slot % 64));
            self.counts[other] -= 1;
        }
        self.row_mut(slot).fill(0);
        self.counts[slot] = 0;
    }

    /// The clusters whose points have at least so many points within the radius, themselves included, or are close to one that has. The one with the
    /// oldest such point is first; a point on the edge of two belongs to the first.
    pub(super) fn hotspots(&self, minimum_points: u32) -> Vec<Hotspot> {
        let mut open: Vec<u64> = vec![0; self.capacity.div_ceil(64)];
        (0..self.length).for_each(|slot| open[slot / 64] |= 1 << (slot % 64));
        let mut found = Vec::new();
        for age in 0..self.length {
            let start = (self.first + age) % self.capacity;
            let is_open = open[start / 64] & (1 << (start % 64)) != 0;
            if !is_open || self.counts[start] < minimum_points {
                continue;
            }
            let mut hotspot = Hotspot { low: self.point(start).to_vec(), high: self.point(start).to_vec(), points: 0 };
            let mut reached = vec![start];
            open[start / 64] &= !(1 << (start % 64));
            while let Some(slot) = reached.pop() {
                hotspot.points += 1;
                for (dimension, value) in self.point(slot).iter().enumerate() {
                    hotspot.low[dimension] = hotspot.low[dimension].min(*value);
                    hotspot.high[dimension] = hotspot.high[dimension].max(*value);
                }
                if self.counts[slot] < minimum_points {
                    continue;
                }
                let row = self.row(slot);
                for (word, open) in open.iter_mut().enumerate() {
                    let mut new = *open & row[word];
                    *open &= !new;
                    while new != 0 {
                        reached.push(word * 64 + new.trailing_zeros() as usize);
                        new &= new - 1;
                    }
                }
            }
            found.push(hotspot);
        }
        found
    }

    pub(super) fn memory(&self) -> usize {
        (self.values.capacity() + self.close.capacity()) * 8 + self.counts.capacity() * 4
    }
}

/// The places of the bits that are set.
fn ones(words: &[u64]) -> impl Iterator<Item = usize> {
    words.iter().enumerate().flat_map(|(word, bits)| {
        let rest = std::iter::successors(Some(*bits), |bits| Some(bits & (bits.wrapping_sub(1))));
        rest.take_while(|bits| *bits != 0).map(move |bits| word * 64 + bits.trailing_zeros() as usize)
    })
}
