//! What does a counter with three labels of few values cost, found anew at each increment?

use std::sync::atomic::{AtomicU64, Ordering};

use fastmetrics::derive::EncodeLabelValue as FastValue;
use fastmetrics::metrics::{counter::Counter as FastCounter, family::Family as FastFamily};
use measured::label::StaticLabelSet;
use measured::{CounterVec, FixedCardinalityLabel, LabelGroup};
use picometer::lease::{self, Leasable};
use picometer::stripe::Striped;
use picometer::{Counter, Family, LabelSet};
use picometer_benches::Question;
use picometer_benches::workload::{Inputs, KEYS};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue as ClientValue};
use prometheus_client::metrics::{counter::Counter as ClientCounter, family::Family as ClientFamily};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, picometer::Label, FixedCardinalityLabel, ClientValue, FastValue)]
enum Method {
    Get,
    Post,
    Put,
    Delete,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, picometer::Label, FixedCardinalityLabel, ClientValue, FastValue)]
enum Route {
    Start,
    Next,
    Submit,
    Abandon,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, picometer::Label, FixedCardinalityLabel, ClientValue, FastValue)]
enum Status {
    Informational,
    Success,
    Redirection,
    ClientError,
    ServerError,
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

#[derive(Clone, Copy, LabelSet)]
struct Request {
    method: Method,
    route: Route,
    status: Status,
}

#[derive(Clone, Copy, LabelGroup)]
#[label(set = MeasuredSet)]
struct Measured {
    method: Method,
    route: Route,
    status: Status,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Client {
    method: Method,
    route: Route,
    status: Status,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, fastmetrics::derive::LabelSet)]
struct Fast {
    method: Method,
    route: Route,
    status: Status,
}

fn main() {
    static BARE: AtomicU64 = AtomicU64::new(0);
    static ONE: Family<Request, Counter> = Family::new();
    static OURS: Family<Request, Counter, Striped<4>> = Family::new();
    static LEASED: Family<Request, Counter, Striped<8, Leasable>> = Family::new();
    let options = prometheus::Opts::new("requests", "Requests.");
    let prometheus = prometheus::IntCounterVec::new(options, &KEYS).expect("valid names");
    let client: ClientFamily<Client, ClientCounter> = ClientFamily::default();
    let measured = CounterVec::with_label_set(MeasuredSet {
        method: StaticLabelSet::new(),
        route: StaticLabelSet::new(),
        status: StaticLabelSet::new(),
    });
    let fast: FastFamily<Fast, FastCounter> = FastFamily::default();

    let mut all = Vec::new();
    for (method, method_text) in METHODS {
        for (route, route_text) in ROUTES {
            let status = |(status, text)| ((method, route, status), [method_text, route_text, text]);
            all.extend(STATUSES.map(status));
        }
    }
    // Both in the same order.
    let (values, texts): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    let (inputs, texts) = (Inputs::drawn(&values), Inputs::drawn(&texts));

    Question::new("enum_labels")
        .contender("picometer", |step| {
            let (method, route, status) = *inputs.at(step);
            OURS.with(Request { method, route, status }).inc();
        })
        .contender("picometer, one stripe", |step| {
            let (method, route, status) = *inputs.at(step);
            ONE.with(Request { method, route, status }).inc();
        })
        .batch("picometer, leased", |n| {
            let lease = lease::take().expect("a lease for each thread");
            for step in 0..n {
                let (method, route, status) = *inputs.at(step);
                LEASED.own(&lease, Request { method, route, status }).inc();
            }
        })
        .contender("bare atomic", |_| {
            BARE.fetch_add(1, Ordering::Relaxed);
        })
        .contender("measured", |step| {
            let (method, route, status) = *inputs.at(step);
            measured.inc(Measured { method, route, status });
        })
        .contender("fastmetrics", |step| {
            let (method, route, status) = *inputs.at(step);
            fast.with_or_new(&Fast { method, route, status }, |counter| counter.inc());
        })
        .contender("prometheus", |step| {
            prometheus.with_label_values(texts.at(step)).inc();
        })
        .contender("prometheus-client", |step| {
            let (method, route, status) = *inputs.at(step);
            client.get_or_create(&Client { method, route, status }).inc();
        })
        .faster_than("measured", 1.3)
        .faster_than("fastmetrics", 4.5)
        .faster_than("prometheus", 7.0)
        .beats("picometer, leased", "measured", 1.3)
        .beats("picometer, leased", "fastmetrics", 4.5)
        .beats("picometer, leased", "prometheus", 7.0)
        .flat("picometer", 1.15)
        .answer();
}
