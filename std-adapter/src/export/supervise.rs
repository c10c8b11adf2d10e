//! Running somebody else's code on a thread that must not die of it.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::Poll,
};

use super::{ExportError, error::Kind};

/// Runs `task`; a panic becomes an error that says what panicked.
pub(super) fn caught(what: &str, task: impl FnOnce()) -> Result<(), ExportError> {
    // Whatever `task` left behind is used again. It is its owner's and cannot break memory safety.
    catch_unwind(AssertUnwindSafe(task)).map_err(|panic| panicked(what, &*panic))
}

/// Polls `future` to its end; a panic becomes an error that says what panicked.
pub(super) async fn caught_async<T>(
    what: &str,
    future: impl Future<Output = Result<T, ExportError>>,
) -> Result<T, ExportError> {
    let mut future = std::pin::pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll,
        Err(panic) => Poll::Ready(Err(panicked(what, &*panic))),
    })
    .await
}

/// `Some` when `first` is done, `None` when `second` is; `first` if both are.
pub(super) async fn race<T>(
    mut first: Pin<&mut impl Future<Output = T>>,
    second: impl Future<Output = ()>,
) -> Option<T> {
    let mut second = std::pin::pin!(second);
    poll_fn(|context| {
        if let Poll::Ready(value) = first.as_mut().poll(context) {
            return Poll::Ready(Some(value));
        }
        second.as_mut().poll(context).map(|()| None)
    })
    .await
}

fn panicked(what: &str, panic: &(dyn std::any::Any + Send)) -> ExportError {
    let words = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    ExportError::of(Kind::Panicked, format!("{what} panicked: {words}"))
}
