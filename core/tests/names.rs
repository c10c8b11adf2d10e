//! Names for Prometheus, as the compatibility rules and Prometheus' own translation make them.
#![cfg(not(loom))]

use picometer::instrument::HttpSeconds;
use picometer::{Counter, Gauge, Histogram, MetricSet, UpDownCounter};

#[derive(MetricSet)]
#[metric_set(scope = "test.names")]
struct Named {
    /// Ends in a character that Prometheus does not take.
    #[metric(name = "ends.", unit = "ns")]
    ends: Gauge,
    /// The same, without a unit.
    #[metric(name = "odd.-/")]
    odd: Gauge,
    /// `total` is a word of a gauge's name like any other.
    #[metric(name = "q.total", unit = "s")]
    gauge: Gauge,
    /// The same for a sum that may fall.
    #[metric(name = "held.total", unit = "By")]
    held: UpDownCounter,
    /// The unit stands before a counter's suffix.
    #[metric(name = "sent.total", unit = "By")]
    sent: Counter,
    /// A unit that has no word is written as it is.
    #[metric(name = "line", unit = "bit/s")]
    line: Gauge,
    /// The name has the unit already, and not at its end.
    #[metric(name = "disk.bytes.read", unit = "By")]
    read: Counter,
    /// Both parts of a unit are looked for.
    #[metric(name = "net.bytes", unit = "By/s")]
    net: Gauge,
    /// A word that only ends like a unit is not it.
    #[metric(name = "kilobytes", unit = "By")]
    kilobytes: Histogram<HttpSeconds>,
}

#[test]
fn names_are_those_of_prometheus_own_translation() {
    let names: Vec<_> = Named::DESCRIPTORS.iter().map(|descriptor| descriptor.prometheus).collect();
    assert_eq!(
        names,
        [
            "ends_nanoseconds",
            "odd",
            "q_total_seconds",
            "held_total_bytes",
            "sent_bytes_total",
            "line_bit_per_second",
            "disk_bytes_read",
            "net_bytes_per_second",
            "kilobytes_bytes",
        ]
    );
}
