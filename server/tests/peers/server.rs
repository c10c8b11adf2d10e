//! The service as a process, with what a test sets and nothing else in its environment.

use std::{net::SocketAddr, path::PathBuf, process::ExitStatus};

use tempfile::TempDir;

use crate::{
    process::command,
    running::{Running, eventually},
};

pub(crate) const SERVICE_KEY: &str = "open sesame";

/// Switches that let metrics be scraped, and not be pushed.
pub(crate) const SCRAPED: [(&str, &str); 4] = [
    ("OTEL_ENABLED", "true"),
    ("OTEL_METRICS_ENABLED", "true"),
    ("PROMETHEUS_METRICS_ENABLED", "true"),
    ("OTEL_EXPORTER", "none"),
];

pub(crate) struct Server {
    pub(crate) process: Running,
    pub(crate) address: SocketAddr,
    directory: TempDir,
}

/// How the service ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// Exports that the receiver took, and that failed, as the last lines of the log say; `None` if they do not.
    pub(crate) exports: Option<(usize, usize)>,
}

impl Server {
    /// Starts it with these variables; a later one replaces an earlier one. Returns when it listens.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut command = command(directory.path());
        command
            .env("DATABASE_URL", format!("sqlite://{}", directory.path().join("aiq.db").display()))
            .env("SERVICE_KEY", SERVICE_KEY)
            .env("RATE_LIMIT_ENABLED", "false")
            .envs(variables.iter().copied());
        let mut process = Running::start(command);
        let address = eventually("the server listens", || {
            assert!(process.has_ended().is_none(), "the server ended: {:#?}", process.stderr.lines());
            let line = process.stderr.with(&["listening address="]).pop()?;
            let (_, address) = line.split_once("address=")?;
            Some(address.split(' ').next()?.parse().unwrap())
        });
        Self { process, address, directory }
    }

    /// The file of the database.
    pub(crate) fn database(&self) -> PathBuf {
        self.directory.path().join("aiq.db")
    }

    /// What `GET /v1/metrics` answers.
    pub(crate) fn metrics(&self) -> (u16, String) {
        let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
        let mut response = agent.get(format!("http://{}/v1/metrics", self.address)).call().unwrap();
        let content_type = response.headers()["content-type"].to_str().unwrap();
        assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    /// What a scrape gets.
    pub(crate) fn scrape(&self) -> String {
        let (status, text) = self.metrics();
        assert_eq!(status, 200, "{text}");
        text
    }

    /// SIGTERM.
    pub(crate) fn stop(&mut self) -> Ended {
        let status = self.process.terminate();
        let line = self.process.stderr.with(&["metrics shut down"]).pop();
        let number = |line: &str, name: &str| {
            let (_, rest) = line.split_once(&format!("{name}="))?;
            rest.split(' ').next()?.parse().ok()
        };
        let exports = line.and_then(|line| Some((number(&line, "exported")?, number(&line, "failed")?)));
        Ended { status, exports }
    }
}
