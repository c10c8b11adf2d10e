//! `aiq-backend demo`: the service with metrics on, and people who use it, so that there is something to look at.

mod report;
mod visitor;

use std::{
    collections::BTreeMap,
    fs,
    net::Ipv4Addr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use picometer_std::config::{Exporter, TelemetryConfig};
use tokio::net::TcpListener;

use crate::{
    Stop,
    commands::{Outcome, block_on, open_unless_stopped, serve::Service},
    config::{DatabaseUrl, Secret, Settings},
    logging, needs, telemetry,
};

/// What the demonstration can be told.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Requests to send
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    requests: u64,

    /// Visitors that send them at the same time
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=256))]
    visitors: u64,

    /// Folder for the database; made if it is not there
    #[arg(long, default_value = "aiq-demo")]
    folder: PathBuf,

    /// Stop when the requests are sent, instead of serving until Ctrl-C
    #[arg(long)]
    exit: bool,
}

/// Serves, sends requests, says where to look, and goes on serving.
pub(super) fn run(settings: &Settings, demo: &Demo, stop: &Stop) -> Outcome<()> {
    block_on(settings, show(settings, demo, stop))
}

async fn show(settings: &Settings, demo: &Demo, stop: &Stop) -> Outcome<()> {
    let settings = own_settings(settings, demo)?;
    let Some((service, listener)) = open_unless_stopped(stop, open(settings.clone())).await? else { return Ok(()) };
    let mut address = listener.local_addr()?;
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    logging::line(format_args!("database  {}", settings.database_url));
    logging::line(format_args!("serving   http://{address}{}\n", settings.api_v1_prefix.as_str()));
    let serving = tokio::spawn(service.serve_until(listener, stop.clone()));

    let base = format!("http://{address}{}", settings.api_v1_prefix.as_str());
    let key = settings.service_key.as_ref().map_or("", Secret::expose);
    let sent = tokio::select! {
        biased;
        // Ctrl-C: the visitors are sent home, and the service ends in good order.
        () = stop.asked() => return Ok(serving.await?),
        sent = visitor::visit(&base, key, demo.requests, demo.visitors) => sent?,
    };
    let text = visitor::scrape(&base).await?;
    let exit = demo.exit;
    let printing = tokio::task::spawn_blocking(move || report::print(&sent, &text, &base, !exit));
    tokio::select! {
        printed = printing => {
            printed?;
            if exit {
                stop.ask();
            }
        }
        // Nobody reads what is printed.
        () = stop.asked() => {}
    }
    Ok(serving.await?)
}

async fn open(settings: Settings) -> Outcome<(Service, TcpListener)> {
    let listener = needs::listen(&settings).await?;
    Ok((Service::open(&settings, &config()).await?, listener))
}

/// The database in a folder of its own, a key for the administrator, and nobody from outside.
fn own_settings(settings: &Settings, demo: &Demo) -> Outcome<Settings> {
    fs::create_dir_all(&demo.folder).map_err(|error| {
        format!("cannot make the folder {}: {error}; choose another with --folder", demo.folder.display())
    })?;
    let mut settings = settings.clone();
    settings.database_url = DatabaseUrl::of(demo.folder.join("aiq.db"));
    if settings.host == "0.0.0.0" {
        settings.host = "127.0.0.1".to_owned();
    }
    if settings.service_key.is_none() {
        let mut key = [0; 16];
        getrandom::fill(&mut key)?;
        settings.service_key = Some(crate::auth::key_file::hex(&key).parse()?);
    }
    Ok(settings)
}

/// What the environment says, but with metrics and the scrape endpoint on. Pushing to the console would hide the table.
fn config() -> TelemetryConfig {
    let mut config = telemetry::config_from_env();
    config.sdk_disabled = false;
    config.enabled = true;
    config.metrics_enabled = true;
    config.prometheus_enabled = true;
    if config.exporter == Exporter::Console {
        config.exporter = Exporter::None;
    }
    config
}

/// What the visitors sent: how many requests of each method, route and status.
type Sent = Arc<Mutex<BTreeMap<(String, String, u16), u64>>>;
