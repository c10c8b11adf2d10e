//! `aiq-backend demo`: the service with metrics on, and people who use it, so that there is something to look at.

mod report;
mod visitor;

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    net::Ipv4Addr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use picometer_std::config::{Exporter, TelemetryConfig};
use tokio::{
    net::TcpListener,
    sync::{oneshot, watch},
};

use crate::{
    commands::serve::{Service, start_logging},
    config::{DatabaseUrl, Secret, Settings},
    shutdown_signal, telemetry,
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
pub fn run(settings: &Settings, demo: &Demo) -> Result<(), Box<dyn Error>> {
    start_logging("warn");
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(show(settings, demo))
}

async fn show(settings: &Settings, demo: &Demo) -> Result<(), Box<dyn Error>> {
    let settings = own_settings(settings, demo)?;
    let listener = TcpListener::bind((settings.host.as_str(), settings.port)).await.map_err(|error| {
        format!("cannot listen on {}:{}: {error}; choose another port with --port", settings.host, settings.port)
    })?;
    let mut address = listener.local_addr()?;
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let service = Service::open(&settings, &config()).await?;
    eprintln!("database  {}", settings.database_url);
    eprintln!("serving   http://{address}{}\n", settings.api_v1_prefix.as_str());

    let signal = shutdown_signal()?;
    let (done, is_done) = oneshot::channel::<()>();
    let (stop, mut stopped) = watch::channel(false);
    let serving = tokio::spawn(service.serve_until(listener, async move {
        tokio::select! {
            () = signal => {
                let _ = stop.send(true);
            }
            // Sent only where the demonstration ends by itself.
            Ok(()) = is_done => {}
        }
    }));

    let base = format!("http://{address}{}", settings.api_v1_prefix.as_str());
    let key = settings.service_key.as_ref().map_or("", Secret::expose);
    let sent = tokio::select! {
        biased;
        // Ctrl-C: the visitors are sent home, and the service ends in good order.
        Ok(()) = stopped.changed() => return Ok(serving.await?),
        sent = visitor::visit(&base, key, demo.requests, demo.visitors) => sent.map_err(|error| error as Box<dyn Error>)?,
    };
    let text = visitor::scrape(&base).await.map_err(|error| error as Box<dyn Error>)?;
    report::print(&sent, &text, &base, !demo.exit);
    if demo.exit {
        let _ = done.send(());
    }
    Ok(serving.await?)
}

/// The database in a folder of its own, a key for the administrator, and nobody from outside.
fn own_settings(settings: &Settings, demo: &Demo) -> Result<Settings, Box<dyn Error>> {
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
