//! `jdbc:redshift://host:port/database`, as configured.

use crate::http_client::is_loopback;

/// Redshift's port.
const PORT: u16 = 5439;

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Database {
    /// A name, or an address without brackets.
    pub(super) machine: String,
    pub(super) port: u16,
    pub(super) name: String,
    pub(super) is_secure: bool,
}

impl Database {
    /// Takes the URL apart; an error in words. Only on this machine, where nobody listens in, is nothing secured.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let malformed = || format!("The ClusterJDBCURL {url} is not jdbc:redshift://host:port/database");
        let rest = ["jdbc:redshift://", "jdbc:postgresql://"].iter().find_map(|start| url.strip_prefix(start));
        let (address, name) = rest.ok_or_else(malformed)?.split_once('/').ok_or_else(malformed)?;
        // An IPv6 address has colons of its own, and brackets around them.
        let (machine, port) = match address.rsplit_once(':').filter(|_| !address.ends_with(']')) {
            Some((machine, port)) => (machine, port.parse().map_err(|_| malformed())?),
            None => (address, PORT),
        };
        let machine = machine.trim_start_matches('[').trim_end_matches(']').to_owned();
        if machine.is_empty() || name.is_empty() {
            return Err(malformed());
        }
        let is_secure = !is_loopback(&machine);
        Ok(Self { machine, port, name: name.to_owned(), is_secure })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let aws = "c.abc.us-east-1.redshift.amazonaws.com";
        for (url, machine, port, name, is_secure) in [
            (&*format!("jdbc:redshift://{aws}:5439/dev"), aws, 5439, "dev", true),
            (&*format!("jdbc:postgresql://{aws}:1/dev"), aws, 1, "dev", true),
            ("jdbc:redshift://127.0.0.1:5432/db", "127.0.0.1", 5432, "db", false),
            ("jdbc:redshift://localhost/db", "localhost", 5439, "db", false),
            ("jdbc:redshift://[::1]:5432/db", "::1", 5432, "db", false),
        ] {
            let expected = Database { machine: machine.to_owned(), port, name: name.to_owned(), is_secure };
            assert_eq!(Database::parse(url), Ok(expected), "{url}");
        }
        for bad in [
            "redshift://h:1/d",
            "jdbc:redshift:iam://h:1/d",
            "jdbc:redshift://h:1",
            "jdbc:redshift://:1/d",
            "jdbc:redshift://h:x/d",
        ] {
            assert!(Database::parse(bad).is_err(), "{bad}");
        }
    }
}
