use std::{error::Error, fmt, sync::Arc};

/// Why an export, a flush or a shutdown did not succeed.
///
/// Cheap to clone. The text is one line, holds no secrets and is safe to log: what a receiver sent is shortened and
/// its control characters are escaped. It says what the [`source`](Error::source) is about, so print it without that.
#[derive(Clone)]
pub struct ExportError(Arc<Inner>);

struct Inner {
    kind: Kind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Config,
    Timeout,
    Unavailable,
    Throttled,
    Refused,
    Panicked,
    Stopped,
    Forked,
    Other,
}

impl ExportError {
    /// An error of an exporter of your own: `message` says what failed, `source` why.
    pub fn new(message: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::of(Kind::Other, message).caused_by(source)
    }

    pub(crate) fn of(kind: Kind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner { kind, message: message.into(), source: None }))
    }

    pub(crate) fn caused_by(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::new(Inner { kind: self.0.kind, message: self.0.message.clone(), source: Some(source.into()) }))
    }

    /// The settings are wrong; trying again will not help.
    pub fn is_config(&self) -> bool {
        self.0.kind == Kind::Config
    }

    /// The time was over before an answer came. The receiver may or may not have the data.
    pub fn is_timeout(&self) -> bool {
        self.0.kind == Kind::Timeout
    }

    /// A later attempt with the same settings may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self.0.kind, Kind::Timeout | Kind::Unavailable | Kind::Throttled)
    }

    /// The receiver asked for a pause that is longer than the time left.
    pub fn is_throttled(&self) -> bool {
        self.0.kind == Kind::Throttled
    }

    /// The receiver answered, and its answer was a final no.
    pub fn is_refused(&self) -> bool {
        self.0.kind == Kind::Refused
    }

    /// The collecting or the exporting code panicked.
    pub fn is_panic(&self) -> bool {
        self.0.kind == Kind::Panicked
    }

    /// The reader was shut down before.
    pub fn is_stopped(&self) -> bool {
        self.0.kind == Kind::Stopped
    }

    /// This process was forked from the one that exports, and has no thread that could.
    pub fn is_forked(&self) -> bool {
        self.0.kind == Kind::Forked
    }
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        match &self.0.source {
            // A source that we attached is already described by the message.
            Some(source) if self.0.kind == Kind::Other => write!(f, ": {source}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportError")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .finish()
    }
}

impl Error for ExportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
