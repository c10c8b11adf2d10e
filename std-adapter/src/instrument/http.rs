//! Metrics of an HTTP server, from a tower layer.

mod layer;

use std::time::Duration;

use picometer::instrument::HttpSeconds;
use picometer::label::{HttpMethod, HttpStatus};
use picometer::stripe::Striped;
use picometer::{Counter, Family, Histogram, Label, LabelSet, Learned, MetricSet, UpDownCounter};

use crate::thread::ByThread;

pub use layer::{HttpMetricsBody, HttpMetricsFuture, HttpMetricsLayer, HttpMetricsService, RouteOf};

/// The route of a request that matched none: one constant, so that a scan for paths makes one series and not many.
pub const UNMATCHED: &str = "_unmatched";

/// A route's template. At most 128 of at most 95 bytes are told apart.
#[derive(Label, Debug, Clone, Copy)]
#[label(capacity = 128, max_len = 95)]
pub struct Route(Learned);

/// The labels of an answered request.
#[derive(LabelSet, Debug, Clone, Copy)]
#[label_set(max_series = 1024)]
pub struct Request {
    /// The method.
    pub method: HttpMethod,
    /// The template of the route.
    pub route: Route,
    /// The status code; `_OTHER` when the client left before there was one.
    pub status: HttpStatus,
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
    /// Requests answered.
    #[metric(name = "http.server.requests", unit = "{request}")]
    requests: Family<Request, Counter, Stripes>,
    /// Time from the head of the request to the end of the answer.
    #[metric(name = "http.server.request.duration", unit = "s")]
    duration: Family<Request, Histogram<HttpSeconds>, Stripes>,
    /// Requests under way.
    // On one stripe: a visit that adds up several can meet the end of a request and miss its beginning.
    #[metric(name = "http.server.active_requests", unit = "{request}")]
    active: Family<Active, UpDownCounter>,
}

/// The metrics of this process's HTTP servers.
pub static HTTP: Http = Http::new();

/// Records one request. The layer does so for each; call this for requests that no layer sees. A status that is none, as 0,
/// is `_OTHER`, and so is a [`Route`] that finds no place any more.
///
/// ```
/// use std::time::Duration;
///
/// use picometer::label::HttpMethod;
/// use picometer_std::instrument::http::{self, Route};
///
/// http::record(HttpMethod::Get, Route::learn("/v1/ping"), 200, Duration::from_millis(3));
/// ```
pub fn record(method: HttpMethod, route: Route, status: u16, duration: Duration) {
    let request = Request { method, route, status: HttpStatus::new(status.into()) };
    HTTP.requests.with(request).inc();
    HTTP.duration.with(request).record_duration(duration);
}
