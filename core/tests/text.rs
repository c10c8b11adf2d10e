//! Prometheus text and OpenMetrics, character by character.
#![cfg(not(loom))]

use picometer::encode::openmetrics::{self, OpenMetricsEncoder};
use picometer::encode::text::{self, TextEncoder};
use picometer::encode::{Buffer, Full};
use picometer::instrument::DbSeconds;
use picometer::label::{HttpStatus, NumberLabel};
use picometer::visit::{Descriptor, Visitor};
use picometer::{
    Counter, Family, FloatGauge, FloatHistogram, Gauge, Histogram, Label, LabelSet, Learned, MetricSet,
    SignedExponentialHistogram, UpDownCounter, buckets,
};

/// A set in text 0.0.4.
fn text<T: MetricSet>(set: &T) -> String {
    let mut bytes = vec![0; 1 << 16];
    let mut out = Buffer::new(&mut bytes);
    set.visit(&mut TextEncoder::new(&mut out)).unwrap();
    String::from_utf8(out.written().to_vec()).unwrap()
}

fn open_metrics<T: MetricSet>(set: &T) -> String {
    let mut bytes = vec![0; 1 << 16];
    let mut out = Buffer::new(&mut bytes);
    let mut encoder = OpenMetricsEncoder::new(&mut out);
    set.visit(&mut encoder).unwrap();
    encoder.finish().unwrap();
    String::from_utf8(out.written().to_vec()).unwrap()
}

fn samples(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with('#')).collect()
}

#[derive(Label, Clone, Copy)]
#[label(capacity = 16, max_len = 255)]
struct Name(Learned);

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 16)]
struct Named {
    #[label(name = "the.name")]
    name: Name,
}

#[derive(MetricSet)]
#[metric_set(scope = "test.names")]
struct Names {
    /// A "quoted" back\slash and é.
    #[metric(name = "named", unit = "{thing}")]
    named: Family<Named, Counter>,
}

#[test]
fn every_special_character_of_a_label_value_is_escaped() {
    static NAMES: Names = Names::new();
    for (value, escaped) in [
        ("", ""),
        ("\\", "\\\\"),
        ("\"", "\\\""),
        ("\n", "\\n"),
        ("\\n", "\\\\n"),
        ("\\\\\"\"\n\n", "\\\\\\\\\\\"\\\"\\n\\n"),
        ("a\\b\"c\nd", "a\\\\b\\\"c\\nd"),
        ("{a=\"b\",} 1 # {}", "{a=\\\"b\\\",} 1 # {}"),
        ("é ß 漢 🦀 \u{feff}\u{85}\u{2028}", "é ß 漢 🦀 \u{feff}\u{85}\u{2028}"),
        ("\0\t\r\x1b\x7f", "\0\t\r\x1b\x7f"),
    ] {
        NAMES.named.with(Named { name: Name::learn(value) }).inc();
        let sample = format!("named_total{{the_name=\"{escaped}\"}} 1\n");
        // Not by lines: a carriage return is no line end here.
        assert!(text(&NAMES).contains(&format!("\n{sample}")), "{value:?} in {:?}", text(&NAMES));
        assert!(open_metrics(&NAMES).contains(&format!("\n{sample}")), "{value:?}");
    }
}

#[test]
fn help_escapes_quotes_in_openmetrics_alone() {
    // A doc comment has no line ends when it gets here; a descriptor made by hand may.
    static HELPED: Descriptor =
        Descriptor {
            name: "h", prometheus: "h", help: "A \"quoted\" back\\slash,\né, \\n.", unit: "", unit_words: ""
        };
    let mut bytes = [0; 256];
    let mut out = Buffer::new(&mut bytes);
    TextEncoder::new(&mut out).metric(&HELPED, &Counter::new()).unwrap();
    let text = std::str::from_utf8(out.written()).unwrap();
    assert_eq!(text, "# HELP h_total A \"quoted\" back\\\\slash,\\né, \\\\n.\n# TYPE h_total counter\nh_total 0\n");

    let mut out = Buffer::new(&mut bytes);
    OpenMetricsEncoder::new(&mut out).metric(&HELPED, &Counter::new()).unwrap();
    let text = std::str::from_utf8(out.written()).unwrap();
    assert_eq!(text, "# TYPE h counter\n# HELP h A \\\"quoted\\\" back\\\\slash,\\né, \\\\n.\nh_total 0\n");
}

#[test]
fn heads_differ_between_the_formats() {
    #[derive(MetricSet)]
    #[metric_set(scope = "test.heads")]
    struct Heads {
        /// Sent.
        #[metric(name = "sent.total", unit = "By")]
        sent: Counter,
        /// Rate.
        #[metric(name = "disk.io", unit = "By/s")]
        rate: UpDownCounter,
        /// The unit is all of the name.
        #[metric(name = "seconds", unit = "s")]
        seconds: UpDownCounter,
        /// The unit is not in the name.
        #[metric(name = "uptime", unit = "s", prometheus = "uptime")]
        uptime: UpDownCounter,
        /// No counter, whatever it is called.
        #[metric(name = "held.total", unit = "By")]
        held: UpDownCounter,
        /// Never set.
        #[metric(name = "silent", unit = "Cel")]
        silent: Gauge,
        /// Never set.
        #[metric(name = "silent.float", unit = "Cel")]
        silent_float: FloatGauge,
    }
    let heads = Heads::new();
    assert_eq!(
        text(&heads),
        "# HELP sent_bytes_total Sent.\n# TYPE sent_bytes_total counter\nsent_bytes_total 0\n\
         # HELP disk_io_bytes_per_second Rate.\n# TYPE disk_io_bytes_per_second gauge\ndisk_io_bytes_per_second 0\n\
         # HELP seconds The unit is all of the name.\n# TYPE seconds gauge\nseconds 0\n\
         # HELP uptime The unit is not in the name.\n# TYPE uptime gauge\nuptime 0\n\
         # HELP held_total_bytes No counter, whatever it is called.\n# TYPE held_total_bytes gauge\n\
         held_total_bytes 0\n",
    );
    assert_eq!(
        open_metrics(&heads),
        "# TYPE sent_bytes counter\n# UNIT sent_bytes bytes\n# HELP sent_bytes Sent.\nsent_bytes_total 0\n\
         # TYPE disk_io_bytes_per_second gauge\n# UNIT disk_io_bytes_per_second bytes_per_second\n\
         # HELP disk_io_bytes_per_second Rate.\ndisk_io_bytes_per_second 0\n\
         # TYPE seconds gauge\n# HELP seconds The unit is all of the name.\nseconds 0\n\
         # TYPE uptime gauge\n# HELP uptime The unit is not in the name.\nuptime 0\n\
         # TYPE held_total_bytes gauge\n# UNIT held_total_bytes bytes\n# HELP held_total_bytes No counter, whatever it is called.\n\
         held_total_bytes 0\n# EOF\n",
    );
    heads.silent.set(-3);
    heads.silent_float.set(0.5);
    assert_eq!(samples(&text(&heads)).split_off(5), ["silent_celsius -3", "silent_float_celsius 0.5"]);
}

#[test]
fn numbers_at_the_ends_of_their_range_are_exact() {
    #[derive(MetricSet)]
    #[metric_set(scope = "test.numbers")]
    struct Numbers {
        /// A counter.
        #[metric(name = "counter")]
        counter: Counter,
        /// A sum.
        #[metric(name = "sum")]
        sum: UpDownCounter,
        /// A gauge.
        #[metric(name = "gauge")]
        gauge: Gauge,
        /// A float.
        #[metric(name = "float")]
        float: FloatGauge,
    }
    static NUMBERS: Numbers = Numbers::new();
    // The most that a single amount makes of it.
    NUMBERS.counter.add(u64::MAX);
    NUMBERS.sum.add(i64::MIN);
    NUMBERS.gauge.set(i64::MIN);
    for (value, expected) in [
        (-1.5, "-1.5"),
        (-0.0, "-0.0"),
        (0.1 + 0.2, "0.30000000000000004"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e308"),
        (f64::NAN, "NaN"),
        (-f64::NAN, "NaN"),
        (f64::INFINITY, "+Inf"),
        (f64::NEG_INFINITY, "-Inf"),
    ] {
        NUMBERS.float.set(value);
        let expected = [
            "counter_total 17293822569102704640",
            "sum -9223372036854775808",
            "gauge -9223372036854775808",
            &format!("float {expected}"),
        ];
        assert_eq!(samples(&text(&NUMBERS)), expected);
        assert_eq!(samples(&open_metrics(&NUMBERS)), expected);
    }
}

buckets! {
    /// Bounds that look like integers, and one that has an exponent in Go.
    Sizes = whole [0, 1, 10, 1_000_000];
    /// Fractions.
    Shares = thousandths [0.005, 0.5, 1.0];
}

#[test]
fn bounds_are_floats_in_openmetrics_alone() {
    #[derive(MetricSet)]
    #[metric_set(scope = "test.bounds")]
    struct Bounds {
        /// Sizes.
        #[metric(name = "size", unit = "By")]
        size: Histogram<Sizes>,
        /// Shares.
        #[metric(name = "share", unit = "1")]
        share: Histogram<Shares>,
    }
    let bounds = Bounds::new();
    for size in [0, 1, 2, 999_999, 17_293_822_569_102_704_640 - 1_000_002] {
        bounds.size.record(size);
    }
    bounds.share.record(505);
    let rest = [
        "size_bytes_sum 17293822569102704640",
        "size_bytes_count 5",
        "share_bucket{le=\"0.005\"} 0",
        "share_bucket{le=\"0.5\"} 0",
        "share_bucket{le=\"1\"} 1",
        "share_bucket{le=\"+Inf\"} 1",
        "share_sum 0.505",
        "share_count 1",
    ];
    let text = text(&bounds);
    let [first, last] = [&samples(&text)[..5], &samples(&text)[5..]];
    assert_eq!(
        first,
        [
            "size_bytes_bucket{le=\"0\"} 1",
            "size_bytes_bucket{le=\"1\"} 2",
            "size_bytes_bucket{le=\"10\"} 3",
            "size_bytes_bucket{le=\"1e+06\"} 4",
            "size_bytes_bucket{le=\"+Inf\"} 5",
        ]
    );
    assert_eq!(last, rest);
    let text = open_metrics(&bounds);
    let [first, last] = [&samples(&text)[..5], &samples(&text)[5..]];
    assert_eq!(
        first,
        [
            "size_bytes_bucket{le=\"0.0\"} 1",
            "size_bytes_bucket{le=\"1.0\"} 2",
            "size_bytes_bucket{le=\"10.0\"} 3",
            "size_bytes_bucket{le=\"1e+06\"} 4",
            "size_bytes_bucket{le=\"+Inf\"} 5",
        ]
    );
    assert_eq!(last, rest.map(|line| line.replace("le=\"1\"", "le=\"1.0\"")));
}

buckets! {
    /// Bounds of every length that a canonical number has, as floats.
    Floats = floats [0.0, 1e-10, 1.5e-5, 0.0001, 0.1, 1.0, 10.0, 100000.0, 1e6, 1234567.0, 1e16, 1.1e23];
    /// Those of them that are whole.
    Wholes = whole [0, 1, 10, 100_000, 1_000_000, 1_234_567, 10_000_000_000_000_000];
}

/// The values of `le` in an exposition.
fn bounds_of(text: &str) -> Vec<String> {
    let bounds = samples(text).into_iter().filter_map(|line| line.split_once("le=\"")?.1.split_once('"'));
    bounds.map(|(bound, _)| bound.to_owned()).collect()
}

#[test]
fn bounds_are_canonical_numbers_however_they_are_declared() {
    #[derive(MetricSet)]
    #[metric_set(scope = "test.canonical")]
    struct Canonical {
        /// Floats.
        #[metric(name = "floats")]
        floats: FloatHistogram<Floats>,
    }
    #[derive(MetricSet)]
    #[metric_set(scope = "test.canonical")]
    struct CanonicalWhole {
        /// Whole numbers.
        #[metric(name = "wholes")]
        wholes: Histogram<Wholes>,
    }
    let (floats, wholes) = (Canonical::new(), CanonicalWhole::new());
    // OpenMetrics 1.0, "Considerations: Canonical Numbers".
    let canonical = [
        "0.0",
        "1e-10",
        "1.5e-05",
        "0.0001",
        "0.1",
        "1.0",
        "10.0",
        "100000.0",
        "1e+06",
        "1.234567e+06",
        "1e+16",
        "1.1e+23",
        "+Inf",
    ];
    assert_eq!(bounds_of(&open_metrics(&floats)), canonical);
    assert_eq!(
        bounds_of(&open_metrics(&wholes)),
        ["0.0", "1.0", "10.0", "100000.0", "1e+06", "1.234567e+06", "1e+16", "+Inf"]
    );
    // What Prometheus' own client writes: the same without what makes a float of a whole number.
    assert_eq!(bounds_of(&text(&floats)), canonical.map(|bound| bound.trim_end_matches(".0")));
    assert_eq!(bounds_of(&text(&wholes)), ["0", "1", "10", "100000", "1e+06", "1.234567e+06", "1e+16", "+Inf"]);
}

#[test]
fn a_histogram_with_values_below_zero_has_no_sum() {
    #[derive(MetricSet)]
    #[metric_set(scope = "test.signed")]
    struct Signed {
        /// How far off.
        #[metric(name = "offset", unit = "s")]
        offset: SignedExponentialHistogram,
    }
    let signed = Signed::new();
    signed.offset.record(-3.0);
    signed.offset.record(1.0);
    let shown = text(&signed);
    assert!(!shown.contains("offset_seconds_sum"), "{shown}");
    assert!(shown.ends_with("offset_seconds_bucket{le=\"+Inf\"} 2\noffset_seconds_count 2\n"), "{shown}");
    let shown = open_metrics(&signed);
    assert!(!shown.contains("offset_seconds_sum") && !shown.contains("offset_seconds_count"), "{shown}");
}

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 2)]
struct Mixed {
    name: Option<Name>,
    status: Option<HttpStatus>,
    ok: bool,
}

#[derive(MetricSet)]
#[metric_set(scope = "test.mixed")]
struct Mixes {
    /// Counted.
    #[metric(name = "mixed")]
    mixed: Family<Mixed, Counter>,
    /// Timed.
    #[metric(name = "mixed.duration", unit = "s")]
    duration: Family<Mixed, Histogram<DbSeconds>>,
    /// Nothing.
    #[metric(name = "mixed.nothing")]
    nothing: Family<Mixed, Counter>,
}

#[test]
fn optional_labels_are_left_out_and_what_does_not_fit_is_one_series() {
    let mixes = Mixes::new();
    for (name, status, ok) in [(None, None, false), (Some("a"), Some(404), true), (None, Some(1), true)] {
        let labels = Mixed { name: name.map(Name::learn), status: status.map(NumberLabel::new), ok };
        mixes.mixed.with(labels).add(2);
        mixes.duration.with(labels).record(5_000_000);
    }
    let text = text(&mixes);
    let all = samples(&text);
    assert_eq!(
        all[..3],
        [
            "mixed_total{ok=\"false\"} 2",
            "mixed_total{name=\"a\",status=\"404\",ok=\"true\"} 2",
            "mixed_total{otel_metric_overflow=\"true\"} 2",
        ]
    );
    assert_eq!(all.len(), 3 + 3 * 12);
    assert_eq!(all[4], "mixed_duration_seconds_bucket{ok=\"false\",le=\"0.005\"} 1");
    assert_eq!(all[26], "mixed_duration_seconds_count{name=\"a\",status=\"404\",ok=\"true\"} 1");
    assert_eq!(all[37], "mixed_duration_seconds_sum{otel_metric_overflow=\"true\"} 0.005");
    assert!(!text.contains("nothing"), "a family without series is left out");
}

#[test]
fn labels_longer_than_what_is_written_once_are_whole() {
    let mixes = Mixes::new();
    // Escaped twice as long as its 255 bytes.
    let labels = Mixed { name: Some(Name::learn(&"\"".repeat(255))), status: None, ok: true };
    mixes.duration.with(labels).record(1);
    let text = text(&mixes);
    let name = format!("name=\"{}\",ok=\"true\"", "\\\"".repeat(255));
    for line in samples(&text) {
        assert!(line.contains(&name), "{line}");
    }
    assert_eq!(samples(&text).len(), 12);
    assert_eq!(samples(&text)[0], format!("mixed_duration_seconds_bucket{{{name},le=\"0.001\"}} 1"));
}

#[test]
fn scope_labels_and_the_target_come_first() {
    let mixes = Mixes::new();
    mixes.mixed.with(Mixed { name: None, status: None, ok: true }).inc();
    mixes.duration.with(Mixed { name: None, status: None, ok: true }).record(1);
    let attributes = [("service.name", "a \"b\"\\\n"), ("1st", ""), ("é", "é")];
    let scope = format!("otel_scope_name=\"test.mixed\",otel_scope_version=\"{}\"", env!("CARGO_PKG_VERSION"));
    let target = "target_info{service_name=\"a \\\"b\\\"\\\\\\n\",_1st=\"\",__=\"é\"} 1";
    let counted = format!("mixed_total{{{scope},ok=\"true\"}} 1");
    let timed = format!("mixed_duration_seconds_bucket{{{scope},ok=\"true\",le=\"0.001\"}} 1");

    let mut bytes = vec![0; 1 << 16];
    let mut out = Buffer::new(&mut bytes);
    let mut encoder = TextEncoder::new(&mut out).with_scope_labels();
    encoder.target_info(&attributes).unwrap();
    mixes.visit(&mut encoder).unwrap();
    let text = std::str::from_utf8(out.written()).unwrap();
    assert!(text.starts_with("# HELP target_info Attributes of the resource.\n# TYPE target_info gauge\n"), "{text}");
    assert_eq!(samples(text)[..3], [target, &counted, &timed]);

    let mut out = Buffer::new(&mut bytes);
    let mut encoder = OpenMetricsEncoder::new(&mut out).with_scope_labels();
    encoder.target_info(&attributes).unwrap();
    mixes.visit(&mut encoder).unwrap();
    encoder.finish().unwrap();
    let text = std::str::from_utf8(out.written()).unwrap();
    assert!(text.starts_with("# TYPE target info\n# HELP target Attributes of the resource.\n"), "{text}");
    assert_eq!(samples(text)[..3], [target, &counted, &timed]);
    assert!(text.ends_with("\n# EOF\n"));
}

#[test]
fn too_little_room_is_an_error_at_every_length() {
    let mixes = Mixes::new();
    mixes.mixed.with(Mixed { name: None, status: None, ok: true }).inc();
    mixes.duration.with(Mixed { name: None, status: None, ok: true }).record(1);
    let whole = open_metrics(&mixes);
    for len in 0..whole.len() {
        let mut bytes = vec![0; len];
        let mut out = Buffer::new(&mut bytes);
        let mut encoder = OpenMetricsEncoder::new(&mut out);
        assert_eq!(mixes.visit(&mut encoder).and_then(|()| encoder.finish()), Err(Full), "{len} bytes");
        assert!(whole.as_bytes().starts_with(out.written()));
    }
}

#[test]
fn content_types_are_those_that_scrapers_accept() {
    assert_eq!(text::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(openmetrics::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8");
}
