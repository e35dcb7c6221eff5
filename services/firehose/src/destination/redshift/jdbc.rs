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
    /// Takes the URL apart; an error in words. Of its parameters only `ssl` and `sslmode` mean anything here.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let malformed = || format!("the ClusterJDBCURL {url} is not jdbc:redshift://host:port/database");
        let rest = ["jdbc:redshift://", "jdbc:postgresql://"].iter().find_map(|start| url.strip_prefix(start));
        let (address, rest) = rest.ok_or_else(malformed)?.split_once('/').ok_or_else(malformed)?;
        let (name, parameters) = match rest.find(['?', ';']) {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => (rest, ""),
        };
        // An IPv6 address has colons of its own, and brackets around them.
        let (machine, port) = match address.rsplit_once(':').filter(|_| !address.ends_with(']')) {
            Some((machine, port)) => (machine, port.parse().map_err(|_| malformed())?),
            None => (address, PORT),
        };
        let machine = machine.trim_start_matches('[').trim_end_matches(']').to_owned();
        if machine.is_empty() || name.is_empty() {
            return Err(malformed());
        }
        let asked = parameters.split(['&', ';']).filter_map(|parameter| parameter.split_once('='));
        let asked = asked.filter_map(|(name, value)| match (name.to_ascii_lowercase().as_str(), value) {
            ("ssl", value) => Some(value.eq_ignore_ascii_case("true")),
            ("sslmode", value) => Some(!value.eq_ignore_ascii_case("disable")),
            _ => None,
        });
        let is_secure = asked.last().unwrap_or_else(|| !is_loopback(&machine));
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
            (&*format!("jdbc:postgresql://{aws}:1/dev?ssl=false"), aws, 1, "dev", false),
            ("jdbc:redshift://127.0.0.1:5432/db", "127.0.0.1", 5432, "db", false),
            ("jdbc:redshift://localhost/db?ssl=true&loglevel=0", "localhost", 5439, "db", true),
            ("jdbc:redshift://localhost:1/db;sslmode=verify-full", "localhost", 1, "db", true),
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
