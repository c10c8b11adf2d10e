//! The tower layer: a request is counted when the last of its answer was handed on, or when it was given up.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use http::{Extensions, Request, Response};
use http_body::{Body, Frame, SizeHint};
use picometer::label::HttpMethod;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::instrument::http::{Active, HTTP, Route, UNMATCHED, record};

/// Tells the template of the route that a request matched, from what the router left in its extensions.
pub type RouteOf = fn(&Extensions) -> Option<&str>;

/// Measures every request that passes through. With axum, add it by `Router::layer`, and let the route be
/// `|extensions| extensions.get::<MatchedPath>().map(MatchedPath::as_str)`.
#[derive(Debug, Clone, Copy)]
pub struct HttpMetricsLayer {
    route: RouteOf,
}

impl HttpMetricsLayer {
    /// Labels requests with what `route` tells, and with [`UNMATCHED`] where it tells nothing.
    #[must_use]
    pub const fn new(route: RouteOf) -> Self {
        Self { route }
    }
}

impl<S> Layer<S> for HttpMetricsLayer {
    type Service = HttpMetricsService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        HttpMetricsService { inner, route: self.route }
    }
}

/// A service that is measured. Made by [`HttpMetricsLayer`].
#[derive(Debug, Clone)]
pub struct HttpMetricsService<S> {
    inner: S,
    route: RouteOf,
}

impl<S, B, A> Service<Request<B>> for HttpMetricsService<S>
where
    S: Service<Request<B>, Response = Response<A>>,
{
    type Response = Response<HttpMetricsBody<A>>;
    type Error = S::Error;
    type Future = HttpMetricsFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let route = Route::learn((self.route)(request.extensions()).unwrap_or(UNMATCHED));
        let measured = Measured::begin(HttpMethod::parse(request.method().as_str()), route);
        HttpMetricsFuture { inner: self.inner.call(request), measured: Some(measured) }
    }
}

/// One request, recorded when it is dropped: at its end, however it ends.
#[derive(Debug)]
struct Measured {
    method: HttpMethod,
    route: Route,
    /// Zero, which is `_OTHER`, until there is one.
    status: u16,
    begun: Instant,
}

impl Measured {
    fn begin(method: HttpMethod, route: Route) -> Self {
        HTTP.active.with(Active { method }).inc();
        Self { method, route, status: 0, begun: Instant::now() }
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        record(self.method, self.route, self.status, self.begun.elapsed());
        HTTP.active.with(Active { method: self.method }).dec();
    }
}

pin_project! {
    /// The future of a measured request.
    #[derive(Debug)]
    pub struct HttpMetricsFuture<F> {
        #[pin]
        inner: F,
        measured: Option<Measured>,
    }
}

impl<F, A, E> Future for HttpMetricsFuture<F>
where
    F: Future<Output = Result<Response<A>, E>>,
{
    type Output = Result<Response<HttpMetricsBody<A>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(context))?;
        let mut measured = this.measured.take();
        if let Some(measured) = &mut measured {
            measured.status = response.status().as_u16();
        }
        Poll::Ready(Ok(response.map(|inner| HttpMetricsBody { inner, measured })))
    }
}

pin_project! {
    /// The body of a measured answer.
    #[derive(Debug)]
    pub struct HttpMetricsBody<A> {
        #[pin]
        inner: A,
        measured: Option<Measured>,
    }
}

impl<A: Default> Default for HttpMetricsBody<A> {
    fn default() -> Self {
        Self { inner: A::default(), measured: None }
    }
}

impl<A: Body> Body for HttpMetricsBody<A> {
    type Data = A::Data;
    type Error = A::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<A::Data>, A::Error>>> {
        let mut this = self.project();
        let frame = ready!(this.inner.as_mut().poll_frame(context));
        // Counted before the last bytes are sent, so that a client that has its answer is in the next scrape.
        if !matches!(&frame, Some(Ok(_))) || this.inner.is_end_stream() {
            this.measured.take();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
