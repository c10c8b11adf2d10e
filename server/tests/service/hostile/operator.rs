//! Somebody who watches over the service while it is attacked.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use ureq::Agent;

const PATHS: [&str; 3] = ["ping", "health", "metrics"];
/// Far longer than an answer takes, also where attacker and service share two busy processors.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

/// Asks for liveness, readiness and metrics again and again, each time over a new connection.
pub(super) struct Operator {
    stop: Arc<AtomicBool>,
    /// Rounds of answers, or what went wrong.
    thread: JoinHandle<Result<usize, String>>,
}

impl Operator {
    pub(super) fn watch(address: SocketAddr) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut rounds = 0;
            while !stopped.load(Ordering::Relaxed) {
                for path in PATHS {
                    ask(address, path).map_err(|error| format!("{path} after {rounds} rounds: {error}"))?;
                }
                rounds += 1;
                std::thread::sleep(PAUSE);
            }
            Ok(rounds)
        });
        Self { stop, thread }
    }

    /// Stops watching. Every question must have been answered, and some must have been asked.
    #[track_caller]
    pub(super) fn was_answered(self) {
        self.stop.store(true, Ordering::Relaxed);
        let rounds = self.thread.join().unwrap().unwrap();
        assert!(rounds > 0);
    }
}

fn ask(address: SocketAddr, path: &str) -> Result<(), String> {
    let config = Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false);
    let agent: Agent = config.build().into();
    let mut answer = agent.get(format!("http://{address}/v1/{path}")).call().map_err(|error| error.to_string())?;
    let body = answer.body_mut().read_to_string().map_err(|error| error.to_string())?;
    if answer.status() == 200 { Ok(()) } else { Err(format!("{}: {body}", answer.status())) }
}
