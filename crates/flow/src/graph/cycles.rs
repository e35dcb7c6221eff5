//! Streams that would feed themselves.

use std::collections::{BTreeMap, BTreeSet};

use crate::Fault;
use crate::plan::{Node, NodeKind, Program, Pump};

/// Refuses pumps through which a stream's rows come back into it: they would go round for ever.
pub(super) fn refuse(program: &Program) -> Result<(), Fault> {
    let mut writers: BTreeMap<&str, Vec<(&Pump, BTreeSet<&str>)>> = BTreeMap::new();
    for pump in &program.pumps {
        let mut read = BTreeSet::new();
        streams_read(&pump.input, &mut read);
        writers.entry(&pump.stream).or_default().push((pump, read));
    }
    let mut done = BTreeSet::new();
    // Not a recursion: a program may chain as many pumps as fit into its text.
    for start in writers.keys() {
        let mut path = vec![(*start, feeding(&writers, start))];
        let mut on_path = BTreeSet::from([*start]);
        while let Some((stream, rest)) = path.last_mut() {
            let stream = *stream;
            let Some((pump, read)) = rest.pop() else {
                path.pop();
                on_path.remove(stream);
                done.insert(stream);
                continue;
            };
            if on_path.contains(read) {
                let message = format!("The rows of stream '{read}' would come back into it by pump '{}'", pump.name);
                return Err(Fault::new(pump.input.span, message));
            }
            if !done.contains(read) {
                on_path.insert(read);
                path.push((read, feeding(&writers, read)));
            }
        }
    }
    Ok(())
}

/// The pumps that write into a stream, each with every stream that it reads.
fn feeding<'p>(
    writers: &BTreeMap<&'p str, Vec<(&'p Pump, BTreeSet<&'p str>)>>,
    stream: &str,
) -> Vec<(&'p Pump, &'p str)> {
    let pumps = writers.get(stream).into_iter().flatten();
    pumps.flat_map(|(pump, read)| read.iter().map(|read| (*pump, *read))).collect()
}

fn streams_read<'p>(node: &'p Node, read: &mut BTreeSet<&'p str>) {
    if let NodeKind::Stream(name) = &node.kind {
        read.insert(name);
    }
    for input in node.inputs() {
        streams_read(input, read);
    }
}
