//! Metrics of an HTTP server, from a tower layer.

mod layer;

use std::time::Duration;

use picometer::instrument::HttpSeconds;
use picometer::label::{HttpMethod, HttpStatus, OTHER};
use picometer::stripe::Striped;
use picometer::visit::Value;
use picometer::{Counter, Family, Histogram, Label, LabelSet, Learned, MetricSet, UpDownCounter};

use crate::thread::ByThread;

pub use layer::{HttpMetricsBody, HttpMetricsFuture, HttpMetricsLayer, HttpMetricsService, RouteOf};

/// The route of a request that matched none: one constant, so that a scan for paths makes one series and not many.
pub const UNMATCHED: &str = "_unmatched";

/// A route's template. At most 128 of at most 95 bytes are told apart.
#[derive(Label, Debug, Clone, Copy)]
#[label(capacity = 128, max_len = 95)]
pub struct Route(Learned);

/// Why a request was not answered well: the status code of a server error, as text, or one of the names below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorType(u8);

impl ErrorType {
    const SERVER_ERRORS: u8 = 100;
    const NAMES: [&str; 5] = ["client_disconnected", "panic", "service_error", "body_error", OTHER];

    /// The connection ended before the answer did: `client_disconnected`.
    pub const CLIENT_DISCONNECTED: Self = Self(Self::SERVER_ERRORS);
    /// Code panicked, and nobody made an answer of it, or the answer had begun: `panic`.
    pub const PANIC: Self = Self(Self::SERVER_ERRORS + 1);
    /// The service returned an error in place of an answer: `service_error`.
    pub const SERVICE_ERROR: Self = Self(Self::SERVER_ERRORS + 2);
    /// The body of the answer broke off with an error: `body_error`.
    pub const BODY_ERROR: Self = Self(Self::SERVER_ERRORS + 3);
    /// Anything else: `_OTHER`.
    pub const OTHER: Self = Self(Self::SERVER_ERRORS + 4);

    /// The error of an answer with this status; none unless it is a server error, 500 to 599.
    #[inline]
    #[must_use]
    pub const fn of_status(status: u16) -> Option<Self> {
        match status {
            500..=599 => Some(Self((status - 500) as u8)),
            _ => None,
        }
    }
}

impl Label for ErrorType {
    const CARDINALITY: usize = Self::SERVER_ERRORS as usize + Self::NAMES.len();

    #[inline]
    fn index(self) -> usize {
        self.0.into()
    }

    fn value<R>(index: usize, with: impl FnOnce(Option<Value<'_>>) -> R) -> R {
        let digits = [b'5', b'0' + (index / 10 % 10) as u8, b'0' + (index % 10) as u8];
        let name = match index.checked_sub(Self::SERVER_ERRORS.into()) {
            Some(name) => Self::NAMES.get(name).copied(),
            None => str::from_utf8(&digits).ok(),
        };
        with(Some(Value::Text(name.unwrap_or(OTHER))))
    }
}

/// The labels of a request that has ended.
#[derive(LabelSet, Debug, Clone, Copy)]
#[label_set(max_series = 1024)]
pub struct Request {
    /// The method.
    pub method: HttpMethod,
    /// The template of the route.
    pub route: Route,
    /// The status code; none when no answer was sent.
    pub status: Option<HttpStatus>,
    /// What went wrong; none when the answer was sent in full and is no server error.
    #[label(name = "error.type")]
    pub error: Option<ErrorType>,
}

/// The labels of a request under way.
#[derive(LabelSet, Debug, Clone, Copy)]
pub struct Active {
    /// The method.
    pub method: HttpMethod,
}

/// Worker threads record at the same time; 4 stripes of 1,025 series take 0.6 MB.
type Stripes = Striped<4, ByThread>;

/// The metrics of an HTTP server. Add [`HTTP`] to the registry.
#[derive(MetricSet, Debug)]
#[metric_set(scope = "picometer_std.http")]
pub struct Http {
    /// Requests that have ended.
    #[metric(name = "http.server.requests", unit = "{request}")]
    requests: Family<Request, Counter, Stripes>,
    /// Time from the head of the request to the end of the answer, or to where it was given up.
    #[metric(name = "http.server.request.duration", unit = "s")]
    duration: Family<Request, Histogram<HttpSeconds>, Stripes>,
    /// Requests under way.
    // On one stripe: a visit that adds up several can meet the end of a request and miss its beginning.
    #[metric(name = "http.server.active_requests", unit = "{request}")]
    active: Family<Active, UpDownCounter>,
}

/// The metrics of this process's HTTP servers.
pub static HTTP: Http = Http::new();

/// Records one request that was answered in full. The layer does so for each; call this for requests that no layer sees.
///
/// The status of a server error, 500 to 599, is its `error.type` too. A status that no answer has, which is below 100 or
/// above 999, is left out, and the `error.type` is `_OTHER`. A [`Route`] that finds no place any more is `_OTHER`.
///
/// ```
/// use std::time::Duration;
///
/// use picometer::label::HttpMethod;
/// use picometer_std::instrument::http::{self, Route};
///
/// http::record(HttpMethod::Get, Route::learn("/v1/ping"), 200, Duration::from_millis(3));
/// ```
#[inline]
pub fn record(method: HttpMethod, route: Route, status: u16, duration: Duration) {
    count(method, route, Some(status), None, duration);
}

/// Records one request that has no answer, or whose answer broke off, in which case its head had this status. What is said
/// of [`record`] holds here too; the status of a server error is its `error.type`, whatever happened behind its head.
///
/// ```
/// use std::time::Duration;
///
/// use picometer::label::HttpMethod;
/// use picometer_std::instrument::http::{self, ErrorType, Route};
///
/// let error = ErrorType::CLIENT_DISCONNECTED;
/// http::record_failed(HttpMethod::Get, Route::learn("/v1/events"), Some(200), error, Duration::from_secs(60));
/// ```
#[inline]
pub fn record_failed(method: HttpMethod, route: Route, status: Option<u16>, error: ErrorType, duration: Duration) {
    count(method, route, status, Some(error), duration);
}

fn count(method: HttpMethod, route: Route, status: Option<u16>, error: Option<ErrorType>, duration: Duration) {
    let (status, error) = match status {
        Some(status @ 500..=599) => (Some(HttpStatus::new(status.into())), ErrorType::of_status(status)),
        Some(status @ 100..=999) => (Some(HttpStatus::new(status.into())), error),
        _ => (None, error.or(Some(ErrorType::OTHER))),
    };
    let request = Request { method, route, status, error };
    HTTP.requests.with(request).inc();
    HTTP.duration.with(request).record_duration(duration);
}
