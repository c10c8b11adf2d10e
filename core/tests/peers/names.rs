//! Every two metrics whose names could meet: what the rule of names says of them, and how they are exposed.

use picometer::encode::Buffer;
use picometer::encode::openmetrics::OpenMetricsEncoder;
use picometer::encode::text::TextEncoder;
use picometer::instrument::{HttpSeconds, Instrument};
use picometer::visit::{Descriptor, Kind, Names, Visitor};
use picometer::{Counter, Gauge, Histogram, SignedExponentialHistogram, UpDownCounter};

/// What a name can end in.
const ENDS: [&str; 12] = [
    "",
    "_total",
    "_created",
    "_bucket",
    "_count",
    "_sum",
    "_info",
    "_totals",
    "_count_total",
    "_sum_created",
    "_x",
    "_created_total",
];

/// Two metrics, exposed together.
pub(crate) struct Pair {
    pub(crate) open_metrics: String,
    pub(crate) text: String,
    /// What the rule has against the two.
    pub(crate) clash: Option<String>,
    /// Whether it has anything against them, one by one or together.
    pub(crate) is_refused: bool,
}

pub(crate) fn pairs() -> Vec<Pair> {
    let kinds = [Metric::Counter, Metric::Gauge, Metric::Sum, Metric::Histogram, Metric::Signed];
    let all: Vec<_> = kinds.into_iter().flat_map(|metric| ENDS.map(|end| (metric, end))).collect();
    let pairs = all.iter().enumerate().flat_map(|(n, second)| all[..n].iter().map(move |first| (*first, *second)));
    // Names of one pair are not those of another, so that promtool can look at all at once.
    pairs.enumerate().map(|(n, (first, second))| pair(n, first, second)).collect()
}

#[derive(Debug, Clone, Copy)]
enum Metric {
    Counter,
    Gauge,
    Sum,
    Histogram,
    Signed,
}

impl Metric {
    fn kind(self) -> Kind {
        match self {
            Self::Counter => Counter::KIND,
            Self::Gauge => Gauge::KIND,
            Self::Sum => UpDownCounter::KIND,
            Self::Histogram => Histogram::<HttpSeconds>::KIND,
            Self::Signed => SignedExponentialHistogram::KIND,
        }
    }

    fn show<V: Visitor>(self, descriptor: &'static Descriptor, visitor: &mut V) -> Result<(), V::Error> {
        let gauge = Gauge::new();
        gauge.set(1);
        match self {
            Self::Counter => visitor.metric(descriptor, &Counter::new()),
            Self::Gauge => visitor.metric(descriptor, &gauge),
            Self::Sum => visitor.metric(descriptor, &UpDownCounter::new()),
            Self::Histogram => visitor.metric(descriptor, &Histogram::<HttpSeconds>::new()),
            Self::Signed => visitor.metric(descriptor, &SignedExponentialHistogram::new()),
        }
    }
}

fn pair(n: usize, first: (Metric, &str), second: (Metric, &str)) -> Pair {
    let descriptors = [("first", first.1), ("second", second.1)].map(|(name, end)| Descriptor {
        name,
        prometheus: format!("pair{n}{end}").leak(),
        help: "A metric.",
        unit: "",
        unit_words: "",
    });
    let descriptors: &'static [Descriptor] = Vec::from(descriptors).leak();
    let kinds = [first.0.kind(), second.0.kind()];
    let names = Names { scope: "pairs", descriptors, kinds: &kinds };
    let alone = |at: usize| Names { scope: "pairs", descriptors: &descriptors[at..=at], kinds: &kinds[at..=at] };
    let (metrics, mut bytes) = ([first.0, second.0], vec![0; 1 << 14]);

    let mut out = Buffer::new(&mut bytes);
    let mut encoder = OpenMetricsEncoder::new(&mut out);
    for (metric, descriptor) in metrics.iter().zip(descriptors) {
        metric.show(descriptor, &mut encoder).expect("room");
    }
    encoder.finish().expect("room");
    let open_metrics = String::from_utf8(out.written().to_vec()).expect("UTF-8");

    let mut out = Buffer::new(&mut bytes);
    let mut encoder = TextEncoder::new(&mut out);
    for (metric, descriptor) in metrics.iter().zip(descriptors) {
        metric.show(descriptor, &mut encoder).expect("room");
    }
    let text = String::from_utf8(out.written().to_vec()).expect("UTF-8");
    let clash = alone(1).clash(&alone(0)).map(|fault| fault.to_string());
    Pair { open_metrics, text, clash, is_refused: (0..2).any(|at| names.fault(at).is_some()) }
}
