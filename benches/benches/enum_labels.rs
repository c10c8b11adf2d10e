//! What does a counter with three labels of few values cost, found anew at each increment?

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use picometer::{Counter, Family, Label, LabelSet};

#[derive(Label, Clone, Copy)]
enum Method {
    Get,
    Post,
    Put,
    Delete,
}

#[derive(Label, Clone, Copy)]
enum Route {
    Start,
    Next,
    Submit,
    Abandon,
    Other,
}

#[derive(Label, Clone, Copy)]
enum Status {
    Informational,
    Success,
    Redirection,
    ClientError,
    ServerError,
}

#[derive(LabelSet, Clone, Copy)]
struct Request {
    method: Method,
    route: Route,
    status: Status,
}

const METHODS: [(Method, &str); 4] =
    [(Method::Get, "get"), (Method::Post, "post"), (Method::Put, "put"), (Method::Delete, "delete")];
const ROUTES: [(Route, &str); 5] = [
    (Route::Start, "start"),
    (Route::Next, "next"),
    (Route::Submit, "submit"),
    (Route::Abandon, "abandon"),
    (Route::Other, "other"),
];
const STATUSES: [(Status, &str); 5] = [
    (Status::Informational, "informational"),
    (Status::Success, "success"),
    (Status::Redirection, "redirection"),
    (Status::ClientError, "client_error"),
    (Status::ServerError, "server_error"),
];

fn enum_labels(criterion: &mut Criterion) {
    static OURS: Family<Request, Counter> = Family::new();
    let options = prometheus::Opts::new("requests", "Requests.");
    let peer = prometheus::IntCounterVec::new(options, &["method", "route", "status"]).expect("valid names");

    let mut group = criterion.benchmark_group("enum_labels");
    let mut step = 0_usize;
    let mut next = move || {
        step = step.wrapping_add(7);
        black_box((METHODS[step % 4], ROUTES[step % 5], STATUSES[step / 5 % 5]))
    };
    group.bench_function("labels alone", |bencher| bencher.iter(&mut next));
    group.bench_function("picometer", |bencher| {
        bencher.iter(|| {
            let ((method, _), (route, _), (status, _)) = next();
            OURS.with(Request { method, route, status }).inc();
        });
    });
    group.bench_function("prometheus", |bencher| {
        bencher.iter(|| {
            let ((_, method), (_, route), (_, status)) = next();
            peer.with_label_values(&[method, route, status]).inc();
        });
    });
    group.finish();
}

criterion_group!(benches, enum_labels);
criterion_main!(benches);
