//! A Prometheus that scrapes one server.

use std::{collections::BTreeMap, fs, net::SocketAddr, process::Command};

use tempfile::TempDir;

use crate::{
    installed::Peer,
    running::{Running, on_free_port},
};

pub(crate) struct Prometheus {
    _process: Running,
    address: SocketAddr,
    _directory: TempDir,
}

type Labels = BTreeMap<String, String>;

impl Prometheus {
    pub(crate) fn scraping(target: SocketAddr) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = directory.path().join("prometheus.yml");
        let text = format!(
            "global: {{ scrape_interval: 500ms, scrape_timeout: 500ms }}\n\
             scrape_configs: [{{ job_name: aiq, metrics_path: /v1/metrics, static_configs: [{{ targets: ['{target}'] }}] }}]\n"
        );
        fs::write(&config, text).unwrap();
        let start = |address: SocketAddr| {
            let mut command = Command::new(Peer::Prometheus.expect());
            command
                .env_clear()
                .current_dir(&directory)
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.tsdb.path={}", directory.path().join("data").display()))
                .arg(format!("--web.listen-address={address}"));
            Running::start(command)
        };
        let is_ready = |_: &Running, address: SocketAddr| ureq::get(format!("http://{address}/-/ready")).call().is_ok();
        let (process, address) = on_free_port(start, is_ready);
        Self { _process: process, address, _directory: directory }
    }

    /// The values that an instant query gives now, by their labels.
    pub(crate) fn query(&self, query: &str) -> BTreeMap<Labels, f64> {
        let url = format!("http://{}/api/v1/query", self.address);
        let mut response = ureq::get(url).query("query", query).call().unwrap();
        let answer: serde_json::Value = response.body_mut().read_json().unwrap();
        let result = answer["data"]["result"].as_array().unwrap_or_else(|| panic!("{query}: {answer}"));
        let entry = |entry: &serde_json::Value| {
            let labels = serde_json::from_value(entry["metric"].clone()).unwrap();
            (labels, entry["value"][1].as_str().unwrap().parse().unwrap())
        };
        result.iter().map(entry).collect()
    }

    /// The only value that an instant query gives now; `None` when it gives none.
    pub(crate) fn number(&self, query: &str) -> Option<f64> {
        let values = self.query(query);
        assert!(values.len() < 2, "{query}: {values:?}");
        values.into_values().next()
    }
}
