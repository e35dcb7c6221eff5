//! Loading delivered objects into a Redshift table: one COPY at a time, over the Postgres wire.
//!
//! A COPY whose answer is lost may have been carried out; it is tried again, so rows can come twice. The retry duration
//! begins with the first attempt.
//!
//! Differs from AWS: pauses between attempts grow up to AWS's five minutes; the connection is secured unless the
//! database is on this machine.

mod jdbc;
mod sql;
mod trouble;

use std::time::Duration;

use futures::future::{BoxFuture, Either, select};
use host::Host;
use host::net::Connection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};

use self::jdbc::Database;
use self::trouble::Trouble;
use super::{DeliveredObject, Loaded, Loader, Outgoing, Stop};
use crate::configuration::RedshiftDestination;
use crate::http_client::tls::Tls;
use crate::retry::{Attempt, Made, Next, Retries, RetryRules};

/// For a connection to be there, with its handshakes and the login.
const CONNECT_MAX: Duration = Duration::from_secs(30);

/// For one COPY; an object has some hundred MiB at the most.
const COPY_MAX: Duration = Duration::from_secs(30 * 60);

/// Why a cluster cannot be logged in to.
const NO_USER: &str = "A Redshift destination needs a Username and a Password";

/// "SSLRequest" of the protocol: its length, and a version that is none.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A table of a database.
pub(crate) struct Redshift {
    host: Host,
    tls: Tls,
    database: Database,
    login: Config,
    table: String,
    columns: Option<String>,
    options: String,
    role_arn: String,
    retry_duration: Duration,
}

impl Redshift {
    /// The table of a delivery stream's settings; an error in words where they cannot be used.
    pub(crate) fn new(outgoing: &Outgoing, settings: &RedshiftDestination) -> Result<Self, String> {
        let database = Database::parse(&settings.cluster_jdbc_url)?;
        let mut login = Config::new();
        login.application_name("Amazon Data Firehose").dbname(&database.name);
        login.user(settings.username.as_deref().ok_or(NO_USER)?);
        if let Some(password) = &settings.password {
            login.password(password);
        }
        login.ssl_mode(SslMode::Disable);
        Ok(Self {
            host: outgoing.host.clone(),
            tls: outgoing.tls.clone(),
            database,
            login,
            table: settings.copy.data_table_name.clone(),
            columns: settings.copy.data_table_columns.clone(),
            options: settings.copy.copy_options.clone().unwrap_or_default(),
            role_arn: settings.role_arn.clone(),
            retry_duration: Duration::from_millis(settings.retry.duration_ms()),
        })
    }

    /// Whether a table can be reached with such settings; an error in words.
    pub(crate) fn check(settings: &RedshiftDestination) -> Result<(), String> {
        settings.username.as_deref().ok_or(NO_USER)?;
        Database::parse(&settings.cluster_jdbc_url).map(drop)
    }

    async fn load(&self, objects: &[DeliveredObject], manifest_key: &str, stop: &Stop) -> Loaded {
        let Some(first) = objects.first() else { return Loaded::Done };
        let manifest = format!("s3://{}/{manifest_key}", first.bucket);
        let copy = sql::copy(&self.table, self.columns.as_deref(), &manifest, &self.role_arn, &self.options);
        // Nothing of the objects is in memory.
        let mut made = Made::staying();
        let mut retries = Retries::new(&self.host, stop, RetryRules::DATABASE, self.retry_duration, &mut made);
        loop {
            let work = async { Attempt { result: self.attempt(copy.clone()).await, waited: Duration::ZERO } };
            let Some(result) = retries.attempt(work).await else { return Loaded::Stopped };
            let Err(trouble) = result else { return Loaded::Done };
            let (attempts_made, code) = (retries.attempts_made(), trouble.code());
            tracing::debug!(attempts_made, code, message = trouble.message(), "a table was not loaded");
            match retries.pause().await {
                Next::Again => {}
                Next::Stop => return Loaded::Stopped,
                Next::Leave(_) => unreachable!("it stays through all pauses"),
                Next::GiveUp => return Loaded::Skipped { code, message: trouble.message().to_owned() },
            }
        }
    }

    /// Connects, copies, and closes: between loads lie minutes, and clusters count their connections.
    async fn attempt(&self, statement: String) -> Result<(), Trouble> {
        let (host, tls) = (self.host.clone(), self.tls.clone());
        let connecting = connect(host, tls, self.database.clone(), self.login.clone());
        let client = self.in_time(Box::pin(connecting), CONNECT_MAX).await?;
        let rows = self.in_time(Box::pin(execute(client, statement)), COPY_MAX).await?;
        tracing::debug!(rows, "a table was loaded");
        Ok(())
    }

    async fn in_time<T>(&self, work: BoxFuture<'static, Result<T, Trouble>>, limit: Duration) -> Result<T, Trouble> {
        match select(work, self.host.sleep(limit)).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(Trouble::timeout(limit)),
        }
    }
}

async fn connect(host: Host, tls: Tls, database: Database, login: Config) -> Result<Client, Trouble> {
    let connecting = host.network().connect(&database.machine, database.port);
    let mut stream = connecting.await.map_err(|error| Trouble::connection(&error))?;
    if database.is_secure {
        stream = secure(stream, &tls, &database.machine).await?;
    }
    let (client, driver) = login.connect_raw(stream, NoTls).await?;
    host.spawn("redshift connection", async move { drop(driver.await) });
    Ok(client)
}

/// Asks for a secured connection and secures it. The Postgres client is given the result: it needs not know.
async fn secure(mut stream: Connection, tls: &Tls, machine: &str) -> Result<Connection, Trouble> {
    let asked = async {
        stream.write_all(&SSL_REQUEST).await?;
        stream.read_u8().await
    };
    match asked.await {
        Ok(b'S') => Ok(Box::new(tls.connect(stream, machine).await.map_err(|error| Trouble::insecure(&error))?)),
        Ok(_) => Err(Trouble::insecure(&"the cluster does not offer it")),
        Err(error) => Err(Trouble::connection(&error)),
    }
}

/// Prepared, not sent as text: a prepared statement is one statement, whatever the copy options say.
async fn execute(client: Client, statement: String) -> Result<u64, Trouble> {
    let prepared = client.prepare(&statement).await?;
    Ok(client.execute_raw(&prepared, std::iter::empty::<i32>()).await?)
}

impl Loader for Redshift {
    fn load<'a>(
        &'a self,
        objects: &'a [DeliveredObject],
        manifest_key: &'a str,
        stop: &'a Stop,
    ) -> BoxFuture<'a, Loaded> {
        Box::pin(self.load(objects, manifest_key, stop))
    }
}

#[cfg(test)]
mod tests;
