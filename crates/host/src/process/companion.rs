//! A process that does what may go wrong: it answers requests over its standard input and output, one after the other,
//! and can be ended at any moment. Requests and answers are bytes behind their length.

use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Bytes of a request or an answer; more is taken for nonsense.
const MESSAGE_BYTES_MAX: u32 = 256 << 20;
/// The program's allocator reserves a GiB of addresses at once, most of which it never touches. Addresses are what
/// [`limit_companion`] counts, so that a limited process would have none left.
const ALLOCATOR_RESERVES_NOTHING: (&str, &str) = ("MIMALLOC_ARENA_RESERVE", "0");

/// A process that waits for requests. It ends when it is dropped.
pub struct Companion {
    killer: CompanionKiller,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// Ends a companion, from wherever.
#[derive(Clone)]
pub struct CompanionKiller(Arc<Mutex<Child>>);

impl Companion {
    /// Starts a program with one argument. What it says on its standard error is dropped.
    pub fn start(program: &Path, argument: &str) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.arg(argument).env_clear().envs([ALLOCATOR_RESERVES_NOTHING]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let requests = child.stdin.take().expect("its standard input is a pipe");
        let answers = BufReader::new(child.stdout.take().expect("its standard output is a pipe"));
        Ok(Self { killer: CompanionKiller(Arc::new(Mutex::new(child))), requests, answers })
    }

    /// What ends it while somebody waits for an answer.
    pub fn killer(&self) -> CompanionKiller {
        self.killer.clone()
    }

    /// Asks, and waits for the answer. After an error it is of no more use.
    pub fn ask(&mut self, request: &[u8]) -> io::Result<Vec<u8>> {
        write_message(&mut self.requests, request)?;
        read_message(&mut self.answers)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        self.killer.kill();
    }
}

impl CompanionKiller {
    /// Ends the process; nothing happens when it has ended.
    pub fn kill(&self) {
        let mut child = self.0.lock().expect("no panic while held");
        // It may have ended by itself; waiting takes the rest of it away.
        let _ended = child.kill();
        let _status = child.wait();
    }
}

/// The other side: answers requests until there are no more.
pub fn serve_companion(mut answer: impl FnMut(&[u8]) -> Vec<u8>) -> io::Result<()> {
    let (mut requests, mut answers) = (io::stdin().lock(), io::stdout().lock());
    while let Some(request) = read_message(&mut requests)? {
        write_message(&mut answers, &answer(&request))?;
    }
    Ok(())
}

/// Limits this process: to so much memory (addresses, which are a little more than memory), and from now on to so many seconds
/// of a processor, so that it ends even if nobody is there any more to end it.
pub fn limit_companion(memory_bytes: u64, cpu_s: u64) {
    let limit = |resource, current| {
        let maximum = getrlimit(resource).maximum;
        // Without limits it works as well.
        let _unlimited = setrlimit(resource, Rlimit { current: Some(current), maximum });
    };
    limit(Resource::As, memory_bytes);
    limit(Resource::Cpu, super::usage().cpu.as_secs() + 1 + cpu_s);
}

fn write_message(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).ok().filter(|length| *length <= MESSAGE_BYTES_MAX);
    let length = length.ok_or(io::ErrorKind::InvalidInput)?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(message)?;
    to.flush()
}

/// The next message; `None` where there are no more.
fn read_message(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let length = u32::from_le_bytes(length);
    if length > MESSAGE_BYTES_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; length as usize];
    from.read_exact(&mut message)?;
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_through_and_a_cut_one_is_an_error() {
        let mut pipe = Vec::new();
        write_message(&mut pipe, b"one").unwrap();
        write_message(&mut pipe, b"").unwrap();
        let mut from = &pipe[..];
        assert_eq!(read_message(&mut from).unwrap().as_deref(), Some(&b"one"[..]));
        assert_eq!(read_message(&mut from).unwrap().as_deref(), Some(&b""[..]));
        assert_eq!(read_message(&mut from).unwrap(), None);
        assert!(read_message(&mut &pipe[..6]).is_err());
        assert!(read_message(&mut &[0xff; 8][..]).is_err(), "a length beyond all bounds");
    }

    #[tokio::test]
    async fn a_companion_answers_and_is_ended_while_somebody_waits() {
        // `cat` gives every message back as it is.
        let mut companion = Companion::start(Path::new("cat"), "-").unwrap();
        assert_eq!(companion.ask(b"hello").unwrap(), b"hello");
        let mut silent = Companion::start(Path::new("sleep"), "600").unwrap();
        let killer = silent.killer();
        let waiting = crate::Host::real().blocking("companion", move || silent.ask(b"hello"));
        killer.kill();
        assert!(waiting.await.expect("it comes to an end").is_err());
    }
}
