//! What signals do, and the deadline that they set.
//!
//! | signal | |
//! |---|---|
//! | SIGTERM or SIGINT | nothing more is accepted, requests in flight may finish |
//! | a second one | requests that are not done are dropped |
//! | a third one | the process ends at once |
//! | SIGHUP | one line in the log |

mod deadline;

use std::{
    future::Future,
    io, process,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tokio::{
    runtime,
    signal::unix::{Signal, SignalKind, signal},
    sync::{Notify, watch},
    time::sleep_until,
};

use self::deadline::Deadline;
use crate::logging;

/// The status with which the process ends when it was ended by its deadline or by a third signal, and not by itself:
/// that of timeout(1).
pub const CUT_OFF: i32 = 124;

/// How long the last lines of the log are waited for, unless the deadline comes first.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Tells when the service is to stop; clones tell the same.
///
/// A thread of its own follows the signals and ends the process at the deadline, also when every other thread hangs.
#[derive(Debug, Clone)]
pub struct Stop {
    stage: watch::Receiver<Stage>,
    asked: Arc<Notify>,
}

/// How far the end has come.
#[derive(Debug, Clone, Copy)]
enum Stage {
    Running,
    Draining(Deadline),
    Dropping(Deadline),
}

impl Stop {
    /// Follows the signals from now on. After the first that says stop the process has `grace`: then it is gone.
    ///
    /// # Errors
    ///
    /// When the system refuses to tell about signals, or has no thread left.
    pub fn on_signals(grace: Duration) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let _inside = runtime.enter();
        let signals = Signals::listen()?;
        let (sender, stage) = watch::channel(Stage::Running);
        let asked = Arc::new(Notify::new());
        let stop = Self { stage, asked: Arc::clone(&asked) };
        drop(_inside);
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || runtime.block_on(follow(signals, &asked, &sender, grace)))?;
        Ok(stop)
    }

    /// Does what a first signal does.
    pub fn ask(&self) {
        self.asked.notify_one();
    }

    /// Completes when the service is to stop.
    pub fn asked(&self) -> impl Future<Output = ()> + Send + use<> {
        self.reaches(|stage| !matches!(stage, Stage::Running))
    }

    /// Completes when requests in flight get no more time.
    pub fn given_up(&self) -> impl Future<Output = ()> + Send + use<> {
        self.reaches(|stage| matches!(stage, Stage::Dropping(_)))
    }

    /// The time left for what comes after the requests, but for the log.
    pub fn time_for_work(&self) -> Duration {
        self.until(Deadline::work).unwrap_or(Duration::MAX)
    }

    /// The time left for the last lines of the log.
    pub fn time_for_log(&self) -> Duration {
        self.until(Deadline::log).unwrap_or(LAST_LINES).min(LAST_LINES)
    }

    fn until(&self, time: fn(&Deadline) -> Instant) -> Option<Duration> {
        match &*self.stage.borrow() {
            Stage::Running => None,
            Stage::Draining(deadline) | Stage::Dropping(deadline) => {
                Some(time(deadline).saturating_duration_since(Instant::now()))
            }
        }
    }

    fn reaches(&self, stage: fn(&Stage) -> bool) -> impl Future<Output = ()> + Send + use<> {
        let mut receiver = self.stage.clone();
        async move {
            // An error would mean that the thread is gone, and with it the end of the process on a signal.
            let _ = receiver.wait_for(stage).await;
        }
    }
}

/// Leads through the stages, and ends the process if it does not end before the deadline.
async fn follow(mut signals: Signals, asked: &Notify, stage: &watch::Sender<Stage>, grace: Duration) {
    tokio::select! {
        () = signals.stop() => {}
        () = asked.notified() => {}
    }
    let mut deadline = Deadline::after(Instant::now(), grace);
    stage.send_replace(Stage::Draining(deadline));
    let mut signals_since = 0;
    let reason = loop {
        let is_draining = matches!(*stage.borrow(), Stage::Draining(_));
        tokio::select! {
            () = signals.stop() => {
                signals_since += 1;
                if signals_since == 2 {
                    break "a third signal";
                }
                deadline = deadline.without_grace(Instant::now());
            }
            () = sleep_until(deadline.requests().into()), if is_draining => {}
            () = sleep_until(deadline.force().into()) => break "the deadline",
        }
        stage.send_replace(Stage::Dropping(deadline));
    };
    tracing::error!(status = CUT_OFF, "{reason} ends what has not ended");
    logging::flush(deadline.end() - deadline.force());
    process::exit(CUT_OFF);
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Completes on the next signal that says stop.
    async fn stop(&mut self) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return tracing::info!("SIGTERM received"),
                _ = self.interrupt.recv() => return tracing::info!("SIGINT received"),
                _ = self.hangup.recv() => tracing::info!("SIGHUP received: it changes nothing"),
            }
        }
    }
}
