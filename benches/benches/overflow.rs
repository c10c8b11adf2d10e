//! What does a recording cost whose key does not fit any more, beside one that hits?

use picometer::family::Keyed;
use picometer::stripe::Striped;
use picometer::{Counter, Family, Label, LabelSet, Learned, keyed};
use picometer_benches::Question;
use picometer_benches::peers::{Sdk, attributes};
use picometer_benches::workload::{Inputs, Labels, labels, pairs};

/// How many keys are beyond each that is in a table.
const COPIES: usize = 20;

#[derive(Label, Clone, Copy)]
#[label(capacity = 100, max_len = 23)]
struct Route(Learned);

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 100)]
struct Request {
    route: Route,
}

fn main() {
    static OURS: keyed!(Counter, series = 100, words = 12, stripes = Striped<4>) = Keyed::new();
    static LEARNED: Family<Request, Counter, Striped<4>> = Family::new();
    let sdk = Sdk::with_series(100);
    let sdk = sdk.meter().u64_counter("requests").build();

    // Those that come first are in the tables, and twenty times as many are not: where a few land among the slots is a
    // matter of the hash seed, which is another in each process. Those that hit are there twenty times as well, so that
    // as much memory is read.
    let keys: &'static [Labels] = labels(COPIES * 100 + 100).leak();
    let (known, beyond) = (&keys[..100], &keys[2_000..][..COPIES * 100]);
    for key in known {
        OURS.with(&pairs(key)).inc();
        sdk.add(1, &attributes(key));
    }
    let routes: Vec<&'static str> = keys.iter().step_by(20).map(|[_, route, _]| route.as_str()).collect();
    let (known_routes, routes_beyond) = routes.split_at(100);
    for route in known_routes {
        LEARNED.with(Request { route: Route::learn(route) }).inc();
    }
    let hits = Inputs::drawn(&vec![known; COPIES].concat());
    let misses = Inputs::drawn(beyond);
    let route_hits: Vec<String> = vec![known_routes; COPIES].concat().iter().map(|route| (*route).to_owned()).collect();
    let route_hits = Inputs::drawn(&route_hits);
    let route_misses = Inputs::drawn(&routes_beyond.iter().map(|route| (*route).to_owned()).collect::<Vec<_>>());

    Question::new("overflow")
        .contender("picometer, hit", |step| OURS.with(&pairs(hits.at(step))).inc())
        .contender("picometer, overflow", |step| OURS.with(&pairs(misses.at(step))).inc())
        .contender("picometer, learned hit", |step| {
            LEARNED.with(Request { route: Route::learn(route_hits.at(step)) }).inc();
        })
        .contender("picometer, learned overflow", |step| {
            LEARNED.with(Request { route: Route::learn(route_misses.at(step)) }).inc();
        })
        .contender("opentelemetry sdk, hit", |step| sdk.add(1, &attributes(hits.at(step))))
        .contender("opentelemetry sdk, overflow", |step| sdk.add(1, &attributes(misses.at(step))))
        .at_most("picometer, overflow", 1.2, "picometer, hit")
        .at_most("picometer, learned overflow", 1.2, "picometer, learned hit")
        .answer();

    assert_eq!(OURS.usage().series, 100, "those beyond were not entered");
    assert_eq!(Route::learned(), 100, "those beyond were not learned");
}
