//! Whether the database can be written: asked by many, tried by one thread.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{Error, unusable::Unusable};
use crate::{
    causes::WithCauses,
    metrics::{ErrorType, record_error},
};

/// Nobody waits longer for a check that runs.
const PATIENCE: Duration = Duration::from_millis(250);
/// How often whoever asks waits for so long, when the processors are too busy for the check to begin, or for its answer
/// to be read: that does not make the database unusable.
const WAITS: usize = 4;
/// How long the write lock is waited for, so that there is time left to say that it was not free.
pub(super) const LOCK_PATIENCE: Duration = Duration::from_millis(200);
/// How long an answer holds.
pub(super) const KEPT: Duration = Duration::from_secs(1);

type Answer = Result<(), Unusable>;
type Kept = Option<(Instant, Answer)>;

/// Asks one thread, which checks when somebody asks and the last answer is old. A check that hangs holds that thread
/// and nothing else.
pub(super) struct Readiness {
    kept: watch::Receiver<Kept>,
    /// There until this is dropped, which ends the thread. It has room for one: all who wait want the same check.
    checker: Option<mpsc::SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Since when the check runs that runs now.
    since: Arc<Mutex<Option<Instant>>>,
    state: Arc<State>,
}

impl Readiness {
    /// Starts the thread. `check` says since when it knows that the database can be written.
    ///
    /// # Errors
    ///
    /// When the system has no thread left.
    pub(super) fn new(mut check: impl FnMut() -> Result<Instant, Error> + Send + 'static) -> io::Result<Self> {
        let (checker, asked) = mpsc::sync_channel(1);
        let (sender, kept) = watch::channel(None);
        let state = Arc::new(State { is_ready: AtomicBool::new(true) });
        let noted = Arc::clone(&state);
        let since = Arc::new(Mutex::new(None));
        let running = Arc::clone(&since);
        let thread = thread::Builder::new().name("readiness".to_owned()).spawn(move || {
            for () in asked {
                // Whoever asked while the last check ran has its answer.
                if fresh(*sender.borrow()).is_some() {
                    continue;
                }
                *running.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                let outcome = check();
                *running.lock().unwrap_or_else(PoisonError::into_inner) = None;
                noted.note(&outcome);
                sender.send_replace(Some(match outcome {
                    Ok(at) => (at, Ok(())),
                    Err(error) => (Instant::now(), Err(error.why())),
                }));
            }
        })?;
        Ok(Self { kept, checker: Some(checker), thread: Some(thread), since, state })
    }

    /// Whether the database can be written, as tried within the last second or now.
    pub(super) async fn ask(&self) -> Answer {
        for _ in 0..WAITS {
            if let Ok(answer) = tokio::time::timeout(PATIENCE, self.answer()).await {
                return answer;
            }
            let since = *self.since.lock().unwrap_or_else(PoisonError::into_inner);
            if since.is_some_and(|since| since.elapsed() >= PATIENCE) {
                break;
            }
        }
        self.note_failure(&Unusable::NoAnswer.into());
        Err(Unusable::NoAnswer)
    }

    async fn answer(&self) -> Answer {
        let mut kept = self.kept.clone();
        loop {
            if let Some(answer) = fresh(*kept.borrow_and_update()) {
                return answer;
            }
            let asked = self.checker.as_ref().map(|checker| checker.try_send(()));
            // When there is no room, somebody has asked already.
            if let None | Some(Err(mpsc::TrySendError::Disconnected(()))) = asked {
                return Err(Unusable::Failed);
            }
            // Everybody who waits is woken at once.
            kept.changed().await.map_err(|_| Unusable::Failed)?;
        }
    }

    /// A write found that the database cannot be used.
    pub(super) fn note_failure(&self, error: &Error) {
        self.state.turn(false, || failed(error));
    }
}

impl Drop for Readiness {
    /// Waits for the check that runs, if any: the connection that it has is closed when this returns.
    fn drop(&mut self) {
        drop(self.checker.take());
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::debug!("the check of readiness panicked");
        }
    }
}

/// An answer that still holds.
fn fresh(kept: Kept) -> Option<Answer> {
    kept.filter(|(at, _)| at.elapsed() < KEPT).map(|(_, answer)| answer)
}

/// What was last logged: one line when it changes.
struct State {
    is_ready: AtomicBool,
}

impl State {
    fn note(&self, outcome: &Result<Instant, Error>) {
        match outcome {
            Ok(_) => self.turn(true, || tracing::info!("ready again: the database can be written")),
            Err(error) => self.turn(false, || failed(error)),
        }
    }

    fn turn(&self, is_ready: bool, log: impl FnOnce()) {
        if self.is_ready.swap(is_ready, Ordering::Relaxed) != is_ready {
            log();
        }
    }
}

fn failed(error: &Error) {
    tracing::error!(error = %WithCauses(error), "not ready");
    record_error(ErrorType::DatabaseUnavailable, None);
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
    }

    #[test]
    fn askers_share_a_check_and_its_answer_is_kept() {
        let checks = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&checks);
        let readiness = Readiness::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Err(Unusable::Full.into())
        })
        .unwrap();
        runtime().block_on(async {
            let answers = futures_util::future::join_all((0..100).map(|_| readiness.ask())).await;
            assert_eq!(answers, [Err(Unusable::Full); 100]);
        });
        assert_eq!(checks.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_check_that_hangs_keeps_nobody_and_is_not_tried_twice() {
        let checks = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&checks);
        let (go_on, hangs) = mpsc::channel::<()>();
        let readiness = Readiness::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            hangs.recv().unwrap();
            Ok(Instant::now())
        })
        .unwrap();
        runtime().block_on(async {
            for _ in 0..2 {
                let answers = futures_util::future::join_all((0..100).map(|_| readiness.ask())).await;
                assert_eq!(answers, [Err(Unusable::NoAnswer); 100]);
            }
            assert_eq!(checks.load(Ordering::SeqCst), 1);
            go_on.send(()).unwrap();
            // Whoever asks when the check has ended has its answer.
            readiness.kept.clone().changed().await.unwrap();
            assert_eq!(readiness.ask().await, Ok(()));
        });
    }

    #[test]
    fn a_check_that_panics_is_a_failure_from_then_on() {
        let readiness = Readiness::new(|| panic!("a fault of the check")).unwrap();
        let ask = || runtime().block_on(readiness.ask());
        // To print a panic may take longer than anybody waits for an answer.
        assert!(matches!(ask(), Err(Unusable::Failed | Unusable::NoAnswer)));
        while readiness.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            thread::yield_now();
        }
        assert_eq!(ask(), Err(Unusable::Failed));
    }
}
