//! What an OTLP receiver gets, also when it comes and goes.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    exposition::{self, difference, settled},
    relay::Relay,
    rotel::{Export, Rotel},
    running::eventually,
    server::{SCRAPED, Server},
    traffic::{Tally, crowd, visit},
};

/// Metrics are pushed to this receiver, so often, and can be scraped.
fn pushing<'a>(endpoint: &'a str, interval_millis: &'a str, more: &[(&'a str, &'a str)]) -> Server {
    let push = [
        ("OTEL_EXPORTER", "otlp"),
        ("OTEL_OTLP_ENDPOINT", endpoint),
        ("OTEL_METRICS_EXPORT_INTERVAL_MILLIS", interval_millis),
    ];
    Server::start(&[&SCRAPED[..], &push, more].concat())
}

/// Waits until the receiver knows of all that was sent, and of no more.
fn arrived(rotel: &Rotel, sent: &Tally) -> Export {
    eventually("the last counts arrive", || {
        let export = rotel.last_export()?;
        let counted = sent.of(&export.metrics);
        assert!(counted.requests() <= sent.requests(), "{} requests, not {}", counted.requests(), sent.requests());
        (counted == *sent).then_some(export)
    })
}

pub(crate) fn a_push_says_what_a_scrape_says() {
    let rotel = Rotel::start();
    let relay = Relay::to(&rotel.endpoint());
    let mut server = pushing(
        &relay.endpoint(),
        "200",
        &[
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20dXNlcjpwYXNz,,x-scope-orgid=a=b"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=pre%2Dproduction%2C%20blue,service.version=7"),
            ("OTEL_SERVICE_NAME", "aiq under test"),
        ],
    );
    let sent = crowd(server.address, 3, 20);
    let export = arrived(&rotel, &sent);

    let mut scraped = settled(exposition::parse(&server.scrape()));
    scraped.retain(|series, _| series.name != "target_info");
    assert!(scraped.len() > 60, "{}", scraped.len());
    assert_eq!(difference(&settled(export.metrics), &scraped), [""; 0]);
    for (key, value) in [
        ("service.name", "aiq under test"),
        ("service.version", "7"),
        ("deployment.environment", "pre-production, blue"),
        ("telemetry.sdk.language", "rust"),
    ] {
        assert_eq!(export.resource.get(key).map(String::as_str), Some(value), "{key}");
    }

    let ended = server.stop();
    assert!(ended.status.success());
    let seen = relay.seen();
    assert!(seen.len() > 1);
    for metadata in &seen {
        assert_eq!(metadata.get("authorization").map(String::as_str), Some("Basic dXNlcjpwYXNz"), "{metadata:?}");
        assert_eq!(metadata.get("x-scope-orgid").map(String::as_str), Some("a=b"), "{metadata:?}");
    }
    assert_eq!(ended.exports, Some((seen.len(), 0)));
    eventually("all of it is printed", || (rotel.exports() == seen.len()).then_some(()));
}

/// Did both have one resource, a receiver would see one series that jumps to and fro.
pub(crate) fn two_replicas_are_two_series() {
    let rotel = Rotel::start();
    let mut replicas = [10, 1].map(|unmatched| {
        let server = pushing(&rotel.endpoint(), "50", &[]);
        (visit(server.address, unmatched), server)
    });
    eventually("both push several times", || (rotel.exports() >= 8).then_some(()));
    let exported: usize = replicas.iter_mut().map(|(_, server)| server.stop().exports.unwrap().0).sum();
    eventually("all of it is printed", || (rotel.exports() == exported).then_some(()));

    let mut series: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    let sent = replicas.map(|(sent, _)| sent);
    let wanted = sent.iter().map(Tally::requests).collect::<BTreeSet<_>>();
    eventually("the last counts are printed", || {
        series.clear();
        for export in rotel.all_exports() {
            series.entry(export.resource).or_default().push(sent[0].of(&export.metrics).requests());
        }
        let highest = series.values().flat_map(|counts| counts.iter().max()).max();
        (highest == wanted.last()).then_some(())
    });
    assert!(series.values().all(|counts| counts.is_sorted()), "a counter fell: {series:#?}");
    let last: BTreeSet<i64> = series.values().filter_map(|counts| counts.last().copied()).collect();
    assert_eq!((series.len(), last), (2, wanted), "{series:#?}");
}

pub(crate) fn the_last_push_comes_before_the_end() {
    let rotel = Rotel::start();
    let mut server = pushing(&rotel.endpoint(), "60000", &[]);
    let sent = visit(server.address, 30);
    let ended = server.stop();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(ended.exports, Some((1, 0)));
    arrived(&rotel, &sent);
    assert_eq!(rotel.exports(), 1);
}

pub(crate) fn a_receiver_may_come_and_go() {
    let mut rotel = Rotel::start();
    // One attempt, so that each interval without a receiver is an export that failed.
    let mut server = pushing(&rotel.endpoint(), "100", &[("OTEL_EXPORTER_OTLP_TIMEOUT", "100")]);
    let mut sent = visit(server.address, 5);
    arrived(&rotel, &sent);

    rotel.kill();
    let failures = |server: &Server| server.process.stderr.with(&[" WARN ", "otlp export failed"]).len();
    sent.merge(visit(server.address, 5));
    eventually("three exports fail", || {
        sent.merge(visit(server.address, 1));
        (failures(&server) >= 3).then_some(())
    });
    rotel.start_again();
    sent.merge(visit(server.address, 5));
    arrived(&rotel, &sent);

    let ended = server.stop();
    assert!(ended.status.success());
    let (exported, failed) = ended.exports.unwrap();
    assert!(exported > 0 && failed >= 3, "{exported} exported, {failed} failed");
    assert_eq!(failures(&server), failed);
    // And nothing else was said about it.
    assert_eq!(server.process.stderr.with(&[" WARN ", "otlp"]).len(), failed);
    assert_eq!(server.process.stderr.with(&[" ERROR "]), [""; 0]);
}
