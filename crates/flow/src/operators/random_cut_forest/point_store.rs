//! The points that the trees share, each for as long as anything refers to it.

use crate::state::{Damaged, Loader, Saver};

/// Points of one number of dimensions, by their slot.
#[derive(Debug)]
pub(super) struct PointStore {
    dimensions: usize,
    values: Vec<f64>,
    references: Vec<u32>,
    free: Vec<u32>,
}

impl PointStore {
    pub(super) fn new(dimensions: usize) -> Self {
        Self { dimensions, values: Vec::new(), references: Vec::new(), free: Vec::new() }
    }

    pub(super) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// How many slots there are, used or not.
    pub(super) fn slots(&self) -> usize {
        self.references.len()
    }

    pub(super) fn get(&self, slot: u32) -> &[f64] {
        &self.values[slot as usize * self.dimensions..][..self.dimensions]
    }

    /// Keeps a point, which has one reference then.
    pub(super) fn add(&mut self, point: &[f64]) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.values[slot as usize * self.dimensions..][..self.dimensions].copy_from_slice(point);
            self.references[slot as usize] = 1;
            return slot;
        }
        self.values.extend_from_slice(point);
        self.references.push(1);
        u32::try_from(self.references.len() - 1).expect("1,000 trees hold fewer than 2^32 points")
    }

    pub(super) fn retain(&mut self, slot: u32) {
        self.references[slot as usize] += 1;
    }

    pub(super) fn release(&mut self, slot: u32) {
        let references = &mut self.references[slot as usize];
        *references -= 1;
        if *references == 0 {
            self.free.push(slot);
        }
    }

    pub(super) fn memory(&self) -> usize {
        self.values.capacity() * 8 + (self.references.capacity() + self.free.capacity()) * 4
    }

    /// Writes the points down. References are counted anew by those who load what refers.
    pub(super) fn save(&self, saver: &mut Saver) {
        let bytes: Vec<u8> = self.values.iter().flat_map(|value| value.to_bits().to_le_bytes()).collect();
        saver.bytes(&bytes);
    }

    /// Points without references yet.
    pub(super) fn load(loader: &mut Loader<'_>, dimensions: usize) -> Result<Self, Damaged> {
        let (values, rest) = loader.bytes()?.as_chunks::<8>();
        let values: Vec<f64> = values.iter().map(|value| f64::from_bits(u64::from_le_bytes(*value))).collect();
        if !rest.is_empty() || !values.len().is_multiple_of(dimensions) || values.iter().any(|value| !value.is_finite())
        {
            return Err(Damaged);
        }
        let references = vec![0; values.len() / dimensions];
        Ok(Self { dimensions, values, references, free: Vec::new() })
    }

    /// Ends loading: slots to which nothing refers are free.
    pub(super) fn loaded(&mut self) {
        let slots = self.references.iter().enumerate();
        let free = slots.filter(|(_, references)| **references == 0);
        self.free = free.map(|(slot, _)| u32::try_from(slot).expect("slots are counted in 32 bits")).collect();
    }
}
