//! The tower layer: the outermost one counts a request, when the last of its answer was handed on or when it was given
//! up. Layers further in tell it the route.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::Instant;

use bytes::Buf;
use http::{Extensions, Method, Request, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use picometer::label::HttpMethod;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::instrument::http::{Active, ErrorType, HTTP, Route, UNMATCHED, count};

/// Tells the template of the route that a request matched, from what the router left in its extensions.
pub type RouteOf = fn(&Extensions) -> Option<&str>;

/// Measures every request that passes through, as the client sees it. With axum, add it last, so that it is outside of
/// all other layers, by `Router::layer`, and let the route be
/// `|extensions| extensions.get::<MatchedPath>().map(MatchedPath::as_str)`.
///
/// # Routers in routers
///
/// Where requests pass through several of these layers, the outermost one counts, once, and the others tell it the
/// route where it knows none. `Router::nest` needs no layer of its own. A router that is mounted as a service
/// (`nest_service`, `fallback_service`, or behind a layer around the whole application) does: only what is inside of it
/// sees the route that it finds. A layer knows that it is inside of another from the thread, so what is moved to another task
/// in between, as by `tokio::spawn`, is counted once more.
///
/// ```
/// use axum::{Router, extract::MatchedPath, routing::get};
/// use picometer_std::instrument::http::HttpMetricsLayer;
///
/// let metrics = HttpMetricsLayer::new(|extensions| extensions.get::<MatchedPath>().map(MatchedPath::as_str));
/// let users = Router::new().route("/users/{id}", get(async || "Ada")).layer(metrics);
/// // The route of `GET /api/users/1` is `/api/users/{id}`.
/// let router: Router = Router::new().nest_service("/api", users).layer(metrics);
/// ```
///
/// # What is counted
///
/// - An answer of which the last byte was handed to the connection, with its status. So is one without a body, such as
///   that to HEAD.
/// - A connection that ends before the answer does (the client left, or the server stopped): `error.type` is
///   `client_disconnected`; the status is there if the answer had begun.
/// - A panic has the status of whoever catches it and answers, inside or outside of this layer. One that nobody catches
///   has no status and the `error.type` `panic`; one in the body has the status that was sent and `panic`.
/// - An error of the service has no status and the `error.type` `service_error`; one of the body has the status that was
///   sent, and `body_error`.
///
/// This layer cannot see what a layer outside of it answers in its place. Where that one catches panics, this one counts a
/// 500, or no answer if an async function stands in between, such as one of `axum::middleware::from_fn`. Where that one
/// gives a request up for taking too long, this one counts a client that left. So add this layer outside of those, too.
///
/// Nothing is allocated.
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
    A: Body,
{
    type Response = Response<HttpMetricsBody<A>>;
    type Error = S::Error;
    type Future = HttpMetricsFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let route = (self.route)(request.extensions()).map(Route::learn);
        let mut measured = Measured::begin(request.method(), route);
        let inside = Inside::enter(&mut measured);
        let inner = self.inner.call(request);
        Inside::leave(inside);
        HttpMetricsFuture { inner, measured }
    }
}

/// The measured request that this thread is running code of, if any.
#[derive(Debug, Clone, Copy)]
enum Around {
    /// In no request that is measured.
    Nothing,
    /// In one whose route nobody has told yet.
    Unmatched,
    /// In one of this route.
    Matched(Route),
}

thread_local! {
    static AROUND: Cell<Around> = const { Cell::new(Around::Nothing) };
}

/// Marks that the inner service runs on this thread. `leave` ends it; it is dropped only when a panic unwinds.
struct Inside<'a> {
    measured: &'a mut Measured,
    before: Around,
}

impl<'a> Inside<'a> {
    #[inline]
    fn enter(measured: &'a mut Option<Measured>) -> Option<Self> {
        let measured = measured.as_mut()?;
        let before = AROUND.replace(measured.route.map_or(Around::Unmatched, Around::Matched));
        Some(Self { measured, before })
    }

    #[inline]
    fn leave(inside: Option<Self>) {
        let Some(inside) = inside else { return };
        let Self { measured, before } = &mut *ManuallyDrop::new(inside);
        if let (None, Around::Matched(route)) = (measured.route, AROUND.replace(*before)) {
            measured.route = Some(route);
        }
    }
}

impl Drop for Inside<'_> {
    #[cold]
    fn drop(&mut self) {
        self.measured.error = Some(ErrorType::PANIC);
        if let Around::Matched(route) = AROUND.replace(self.before) {
            self.measured.route = Some(route);
        }
    }
}

/// One request, recorded when it is dropped: at its end, however it ends.
#[derive(Debug)]
struct Measured {
    method: HttpMethod,
    route: Option<Route>,
    status: Option<StatusCode>,
    /// What went wrong, if it is dropped now.
    error: Option<ErrorType>,
    begun: Instant,
}

impl Measured {
    /// Begins to measure a request. If a layer further out measures it already, that layer gets the route instead, if it has
    /// none.
    fn begin(method: &Method, route: Option<Route>) -> Option<Self> {
        match (AROUND.get(), route) {
            (Around::Nothing, _) => {}
            (Around::Unmatched, Some(route)) => {
                AROUND.set(Around::Matched(route));
                return None;
            }
            _ => return None,
        }
        let method = HttpMethod::parse(method.as_str());
        HTTP.active.with(Active { method }).inc();
        let error = Some(ErrorType::CLIENT_DISCONNECTED);
        Some(Self { method, route, status: None, error, begun: Instant::now() })
    }

    /// The answer has begun. Tells how many bytes of it are to come, if anybody says.
    fn answered<A: Body>(&mut self, answer: &Response<A>) -> u64 {
        let status = answer.status();
        self.status = Some(status);
        let has_body = match status {
            StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED => false,
            // The connection is no longer one of HTTP.
            _ if status.is_success() && matches!(self.method, HttpMethod::Connect) => false,
            _ => !status.is_informational() && !matches!(self.method, HttpMethod::Head),
        };
        if !has_body || answer.body().is_end_stream() {
            return 0;
        }
        let length = || answer.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
        answer.body().size_hint().exact().or_else(length).unwrap_or(UNKNOWN)
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        let duration = self.begun.elapsed();
        let route = self.route.unwrap_or_else(|| Route::learn(UNMATCHED));
        // A panic that is over has been caught, outside of this layer, and is answered there.
        if self.status.is_none() && self.error == Some(ErrorType::PANIC) && !thread::panicking() {
            (self.status, self.error) = (Some(StatusCode::INTERNAL_SERVER_ERROR), None);
        }
        let status = self.status.map(|status| status.as_u16());
        count(self.method, route, status, self.error, duration);
        HTTP.active.with(Active { method: self.method }).dec();
    }
}

/// How many bytes are to come where nobody says.
const UNKNOWN: u64 = u64::MAX;

/// Records a request whose answer has ended. It is no whole answer for the client if bytes that its head told are still to
/// come.
fn end_of_answer(measured: &mut Option<Measured>, to_come: u64) {
    if to_come == 0 || to_come == UNKNOWN { end(measured, None) } else { cut_short(measured) }
}

#[cold]
#[inline(never)]
fn cut_short(measured: &mut Option<Measured>) {
    end(measured, Some(ErrorType::BODY_ERROR));
}

/// Records the request.
fn end(measured: &mut Option<Measured>, error: Option<ErrorType>) {
    if let Some(measured) = measured {
        measured.error = error;
    }
    *measured = None;
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
    A: Body,
{
    type Output = Result<Response<HttpMetricsBody<A>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let inside = Inside::enter(this.measured);
        let polled = this.inner.poll(context);
        Inside::leave(inside);
        let answer = match polled {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(answer)) => answer,
            Poll::Ready(Err(error)) => {
                end(this.measured, Some(ErrorType::SERVICE_ERROR));
                return Poll::Ready(Err(error));
            }
        };
        let mut measured = this.measured.take();
        let to_come = measured.as_mut().map_or(0, |measured| measured.answered(&answer));
        if to_come == 0 {
            end(&mut measured, None);
        }
        Poll::Ready(Ok(answer.map(|inner| HttpMetricsBody { inner, to_come, measured })))
    }
}

pin_project! {
    /// The body of a measured answer.
    #[derive(Debug)]
    pub struct HttpMetricsBody<A> {
        #[pin]
        inner: A,
        // Nobody asks a body for more when the length that the head told has come.
        to_come: u64,
        measured: Option<Measured>,
    }
}

impl<A: Default> Default for HttpMetricsBody<A> {
    fn default() -> Self {
        Self { inner: A::default(), to_come: 0, measured: None }
    }
}

impl<A: Body> Body for HttpMetricsBody<A> {
    type Data = A::Data;
    type Error = A::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<A::Data>, A::Error>>> {
        let mut this = self.project();
        let inside = Inside::enter(this.measured);
        let polled = this.inner.as_mut().poll_frame(context);
        Inside::leave(inside);
        let frame = ready!(polled);
        // Counted before the last bytes are sent, so that a client that has its answer is in the next scrape.
        match &frame {
            Some(Ok(frame)) => {
                let length = frame.data_ref().map_or(0, |data| data.remaining() as u64);
                if *this.to_come != UNKNOWN {
                    *this.to_come = this.to_come.saturating_sub(length);
                }
                if *this.to_come == 0 || frame.is_trailers() || this.inner.is_end_stream() {
                    end_of_answer(this.measured, *this.to_come);
                }
            }
            Some(Err(_)) => end(this.measured, Some(ErrorType::BODY_ERROR)),
            None => end_of_answer(this.measured, *this.to_come),
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
