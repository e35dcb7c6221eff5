//! Messages on their way through a graph.

use super::{Entry, Exhausted, FeedRows, Graph, Outputs, Target, failures};
use crate::operators::{Context, Failed, Message};
use crate::{Rows, Span};

/// What has come out so far during one entry.
pub(super) struct Out {
    taps: Vec<Vec<Rows>>,
    failed: failures::Failures,
    /// Bytes of rows that may still be made, so that no entry fills the memory with what is on its way.
    room_bytes: usize,
}

impl Graph {
    /// Takes what happens at one instant to its end: everything that comes out until then. After an error the graph is of no use.
    pub fn advance(&mut self, entry: Entry) -> Result<Outputs, Exhausted> {
        debug_assert!(self.started_at.is_none() || entry.time > self.time, "time goes on with every entry");
        let mut out = match self.started_at {
            Some(_) => self.out(),
            None => self.prime(entry.time)?,
        };
        self.time = entry.time;
        for (record, error) in entry.rejected {
            out.failed.record(&record, error);
        }
        for (stream, rows) in entry.rows {
            debug_assert!(rows.times().iter().all(|time| *time == entry.time), "rows bear the time of their entry");
            self.feed(stream, &Message::Rows(rows), &mut out);
        }
        for feed in 0..self.feeds.len() {
            if matches!(self.feeds[feed].rows, FeedRows::Stream) {
                self.feed(feed, &Message::Bound(entry.time + 1), &mut out);
            }
        }
        self.flow(&mut out)?;
        Ok(self.finished(out))
    }

    /// Lets in what is there from the beginning: the rows of tables, so that streams find them when they join them.
    pub(super) fn prime(&mut self, time: i64) -> Result<Out, Exhausted> {
        let mut out = self.out();
        (self.started_at, self.time) = (Some(time), time);
        for feed in 0..self.feeds.len() {
            match &self.feeds[feed].rows {
                FeedRows::Stream => {}
                FeedRows::Trigger => self.feed(feed, &Message::Bound(time), &mut out),
                FeedRows::Table(rows) => {
                    let message = Message::Rows(rows.clone());
                    self.feed(feed, &message, &mut out);
                    self.feed(feed, &Message::Bound(i64::MAX), &mut out);
                }
            }
        }
        self.flow(&mut out)?;
        Ok(out)
    }

    fn out(&self) -> Out {
        let taps = vec![Vec::new(); self.taps.len()];
        let failed = failures::Failures::new(!self.error_taps.is_empty());
        Out { taps, failed, room_bytes: self.room_bytes() }
    }

    fn feed(&mut self, feed: usize, message: &Message, out: &mut Out) {
        for target in 0..self.feeds[feed].targets.len() {
            let target = self.feeds[feed].targets[target];
            self.deliver(target, message.clone(), out);
        }
    }

    fn deliver(&mut self, target: Target, message: Message, out: &mut Out) {
        match (target, message) {
            (Target::Step(step, input), message) => self.steps[step].waiting.push_back((input, message)),
            (Target::Tap(_), Message::Bound(_)) => {}
            (Target::Tap(tap), Message::Rows(rows)) => out.taps[tap].push(rows),
        }
    }

    /// One pass is enough: messages only go to later steps.
    fn flow(&mut self, out: &mut Out) -> Result<(), Exhausted> {
        let (mut memory, room_bytes) = (self.steps_memory(), self.room_bytes());
        for index in 0..self.steps.len() {
            while let Some((input, message)) = self.steps[index].waiting.pop_front() {
                let step = &mut self.steps[index];
                let mut context = Context::with_room(self.time, out.room_bytes);
                match message {
                    Message::Rows(rows) => step.operator.rows(input, rows, &mut context),
                    Message::Bound(bound) => step.operator.bound(input, bound, &mut context),
                }
                let held = step.operator.memory();
                memory = memory - step.memory + held;
                step.memory = held;
                if let Some(query) = self.account.exhausted() {
                    return Err(self.exhausted_by_query(query));
                }
                if context.is_full() || memory + self.account.held_bytes() > room_bytes {
                    return Err(self.exhausted(index));
                }
                out.room_bytes = context.room_bytes();
                let pump = self.steps[index].pump.map(|pump| self.pumps[pump].as_str());
                for Failed { row, error } in context.take_failed() {
                    self.first_failure.get_or_insert_with(|| error.clone());
                    out.failed.row(&row, error, pump);
                }
                for message in context.take_messages() {
                    self.send(index, message, out);
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, from: usize, message: Message, out: &mut Out) {
        let Some(last) = self.steps[from].targets.len().checked_sub(1) else { return };
        for target in 0..last {
            let target = self.steps[from].targets[target];
            self.deliver(target, message.clone(), out);
        }
        self.deliver(self.steps[from].targets[last], message, out);
    }

    /// The operator that holds most is to blame, not the one that asked last.
    fn exhausted(&self, asked: usize) -> Exhausted {
        let largest = self.steps.iter().max_by_key(|step| step.memory);
        let step = largest.filter(|step| step.memory > self.memory_bytes_max / 2).unwrap_or(&self.steps[asked]);
        Exhausted { operator: step.name, span: step.span, memory_bytes_max: self.memory_bytes_max }
    }

    fn exhausted_by_query(&self, query: Span) -> Exhausted {
        Exhausted { operator: "sub-query", span: query, memory_bytes_max: self.memory_bytes_max }
    }

    fn finished(&self, mut out: Out) -> Outputs {
        let failed_count = out.failed.count();
        if let Some(rows) = out.failed.into_rows(self.time) {
            for tap in &self.error_taps {
                out.taps[*tap].push(rows.clone());
            }
        }
        Outputs { taps: out.taps, failed_count }
    }
}
