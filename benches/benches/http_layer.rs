//! What does measuring an HTTP request cost: a counter, a histogram and a gauge of requests under way?
//!
//! The peers come without such a layer, so theirs is what one would write: the same three metrics with the same labels,
//! around the same service.

use std::convert::Infallible;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use http::{Request, Response};
use http_body::Body;
use http_body_util::Full;
use opentelemetry::KeyValue;
use picometer_benches::Question;
use picometer_benches::peers::Sdk;
use picometer_benches::workload::{BOUNDS, KEYS};
use picometer_std::instrument::http::HttpMetricsLayer;
use tower::{Layer, Service, service_fn};

/// The route that a router has found.
#[derive(Clone, Copy)]
struct Matched(&'static str);

fn request() -> Request<()> {
    let mut request = Request::new(());
    request.extensions_mut().insert(Matched("/v1/test/start"));
    black_box(request)
}

async fn answer(_: Request<()>) -> Result<Response<Full<&'static [u8]>>, Infallible> {
    Ok(Response::new(Full::new(b"answer")))
}

/// Calls the service and reads its answer to the end; nothing here ever waits.
fn call<S, B>(mut service: S) -> u16
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
    B: Body,
{
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(answer)) = pin!(service.call(request())).poll(&mut context) else { panic!("it is ready") };
    let status = answer.status().as_u16();
    let mut body = pin!(answer.into_body());
    while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut context) {
        black_box(frame.is_ok());
    }
    status
}

fn main() {
    let layer = HttpMetricsLayer::new(|extensions| extensions.get::<Matched>().map(|matched| matched.0));

    let options = prometheus::Opts::new("requests", "Requests.");
    let requests = prometheus::IntCounterVec::new(options, &KEYS).expect("valid names");
    let options = prometheus::HistogramOpts::new("duration", "Durations.").buckets(BOUNDS.to_vec());
    let duration = prometheus::HistogramVec::new(options, &KEYS).expect("valid options");
    let active = prometheus::IntGaugeVec::new(prometheus::Opts::new("active", "Active."), &KEYS[..1]).expect("valid");
    let by_prometheus = |request: Request<()>| {
        let start = Instant::now();
        let method = request.method().clone();
        let route = request.extensions().get::<Matched>().map_or("", |matched| matched.0);
        let active = active.with_label_values(&[method.as_str()]);
        active.inc();
        let (requests, duration) = (&requests, &duration);
        async move {
            let answer = answer(request).await?;
            let status = answer.status();
            let labels = [method.as_str(), route, status.as_str()];
            requests.with_label_values(&labels).inc();
            duration.with_label_values(&labels).observe(start.elapsed().as_secs_f64());
            active.dec();
            Ok::<_, Infallible>(answer)
        }
    };

    let sdk = Sdk::new();
    let sdk_requests = sdk.meter().u64_counter("requests").build();
    let sdk_duration = sdk.meter().f64_histogram("duration").with_boundaries(BOUNDS.to_vec()).build();
    let sdk_active = sdk.meter().i64_up_down_counter("active").build();
    let by_sdk = |request: Request<()>| {
        let start = Instant::now();
        let method = KeyValue::new("method", request.method().as_str().to_owned());
        let route = request.extensions().get::<Matched>().map_or("", |matched| matched.0);
        sdk_active.add(1, std::slice::from_ref(&method));
        let (requests, duration, active) = (&sdk_requests, &sdk_duration, &sdk_active);
        async move {
            let answer = answer(request).await?;
            active.add(-1, std::slice::from_ref(&method));
            let status = KeyValue::new("status", i64::from(answer.status().as_u16()));
            let labels = [method, KeyValue::new("route", route), status];
            requests.add(1, &labels);
            duration.record(start.elapsed().as_secs_f64(), &labels);
            Ok::<_, Infallible>(answer)
        }
    };

    Question::new("http_layer")
        .contender("picometer", |_| {
            black_box(call(layer.layer(service_fn(answer))));
        })
        .contender("no metrics", |_| {
            black_box(call(service_fn(answer)));
        })
        .contender("prometheus, by hand", |_| {
            black_box(call(service_fn(by_prometheus)));
        })
        .contender("opentelemetry sdk, by hand", |_| {
            black_box(call(service_fn(by_sdk)));
        })
        .faster_than("prometheus, by hand", 1.1)
        .faster_than("opentelemetry sdk, by hand", 1.8)
        .answer();
}
