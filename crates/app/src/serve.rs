//! `millstream serve`: one server until it is told to stop.

use std::io::Write as _;

use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::settings::{LogFormat, Settings};
use crate::{Config, Failure, start};

/// What is logged where `RUST_LOG` says nothing.
const LOG_DEFAULT: &str = "info,s3s=off";

/// Runs the server until SIGTERM or SIGINT, then drains it.
pub(crate) fn run(settings: Settings) -> Result<(), Failure> {
    let settings = settings.with_file()?;
    begin_logging(settings.log_format.unwrap_or(LogFormat::Text));
    host::process::allow_open_files();
    // Itself, also when the file was replaced meanwhile.
    let config = Config { worker: Some("/proc/self/exe".into()), ..settings.into_config()? };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::caused_by(&error))?;
    let served = runtime.block_on(async {
        // Before the first byte is written, so that no signal finds the process unprepared.
        let mut terminate = signal(SignalKind::terminate()).map_err(|error| Failure::caused_by(&error))?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| Failure::caused_by(&error))?;
        let running = start(config).await?;
        announce(&running.address().to_string())?;
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: stopping"),
            _ = interrupt.recv() => tracing::info!("SIGINT: stopping"),
        }
        Ok(running.shutdown().await)
    });
    // Nobody waits for background work any more: what matters is on disk.
    runtime.shutdown_background();
    // The kernel releases it together with the last thread that could write.
    served.map(std::mem::forget)
}

/// The one line on stdout, for whoever started us and waits.
fn announce(address: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "listening on http://{address}").and_then(|()| out.flush());
    written.map_err(|error| Failure::new(format!("cannot say on stdout that the server is ready: {error}")))
}

fn begin_logging(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOG_DEFAULT));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
        LogFormat::Json => builder.json().init(),
    }
}
