//! Files of lines that people and their tools read: added to durably, and set aside when they are full, so that they do
//! not grow for ever.

use std::io;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Host;

/// Bytes after which a file is set aside, in place of the one that was set aside before.
const FILE_BYTES_MAX: u64 = 8 << 20;

/// What stays as it is in the name of a file or a directory.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// All such files below one directory; one of these for a directory, for only one at a time may write to a file.
pub struct LineFiles {
    host: Host,
    dir: PathBuf,
    /// Held while a file is written.
    turn: tokio::sync::Mutex<()>,
}

impl LineFiles {
    /// The files below a directory, which is made with the first of them.
    pub fn new(host: Host, dir: PathBuf) -> Self {
        Self { host, dir, turn: tokio::sync::Mutex::default() }
    }

    /// Adds lines, which end with line feeds, to the file of that name in those directories; durable when it resolves.
    pub async fn append(&self, dirs: &[&str], name: &str, lines: Vec<u8>) -> io::Result<()> {
        let path = self.path(dirs, name);
        let _turn = self.turn.lock().await;
        let host = self.host.clone();
        let written = self.host.blocking("line-files", move || append(&host, &path, &lines)).await;
        written.unwrap_or_else(|unfinished| Err(io::Error::other(unfinished)))
    }

    /// `DIR/DIR/NAME.jsonl`; slashes in names are none here.
    fn path(&self, dirs: &[&str], name: &str) -> PathBuf {
        let plain = |name: &str| utf8_percent_encode(name, PLAIN).to_string();
        let dir = dirs.iter().fold(self.dir.clone(), |dir, name| dir.join(plain(name)));
        dir.join(format!("{}.jsonl", plain(name)))
    }
}

/// Adds lines to the end of a file; durable when it returns.
fn append(host: &Host, path: &Path, lines: &[u8]) -> io::Result<()> {
    let (files, dir) = (host.files(), path.parent().expect("a file is in a directory"));
    if files.exists(path) && files.open(path)?.len()? >= FILE_BYTES_MAX {
        files.rename(path, &path.with_extension("1.jsonl"))?;
    }
    let file = match files.exists(path) {
        true => files.open(path)?,
        false => {
            files.create_dir_durable(dir)?;
            let file = files.create_new(path)?;
            files.sync_dir(dir)?;
            file
        }
    };
    file.write_all_at(lines, file.len()?)?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::{Ended, Simulation};

    fn simulate<F: Future<Output = ()>>(program: impl FnOnce(Host) -> F) {
        assert!(matches!(Simulation::new(1).boot(program), Ended::Finished(())));
    }

    #[test]
    fn a_full_file_is_set_aside() {
        simulate(|host| async move {
            let path = Path::new("/data/logs/a/b.jsonl");
            append(&host, path, &vec![b'x'; usize::try_from(FILE_BYTES_MAX).unwrap()]).unwrap();
            append(&host, path, b"second\n").unwrap();
            append(&host, path, b"third\n").unwrap();
            assert_eq!(host.files().read(path).unwrap(), b"second\nthird\n");
            let aside = host.files().open("/data/logs/a/b.1.jsonl".as_ref()).unwrap();
            assert_eq!(aside.len().unwrap(), FILE_BYTES_MAX);
        });
    }

    #[test]
    fn names_lead_nowhere_else() {
        simulate(|host| async move {
            let lines = LineFiles::new(host.clone(), "/data/logs".into());
            lines.append(&["..", "/a/b"], "../c.d", b"line\n".to_vec()).await.unwrap();
            let path = "/data/logs/%2E%2E/%2Fa%2Fb/%2E%2E%2Fc%2Ed.jsonl";
            assert_eq!(host.files().read(path.as_ref()).unwrap(), b"line\n");
        });
    }
}
