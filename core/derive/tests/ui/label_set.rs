//! The labels of a set differ, for Prometheus too, and have names that it takes.

use picometer::LabelSet;

#[derive(LabelSet, Clone, Copy)]
struct SameAfterTranslation {
    #[label(name = "http.route")]
    dotted: bool,
    http_route: bool,
}

#[derive(LabelSet, Clone, Copy)]
struct Reserved {
    le: bool,
}

#[derive(LabelSet, Clone, Copy)]
struct ReservedForTheScraper {
    #[label(name = "instance")]
    which: bool,
}

#[derive(LabelSet, Clone, Copy)]
struct Invalid {
    #[label(name = "a route")]
    route: bool,
}

#[derive(LabelSet, Clone, Copy)]
struct NoName {
    #[label(name = "")]
    route: bool,
}

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 0)]
struct NoSeries {
    ok: bool,
}

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 20_000_000)]
struct TooManySeries {
    ok: bool,
}

#[derive(LabelSet, Clone, Copy)]
struct Unnamed(bool);

#[derive(LabelSet, Clone, Copy)]
enum Enum {
    Variant,
}

const MANY: usize = 20_000_000;

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = MANY)]
struct TooManyByConstant {
    ok: bool,
}

fn main() {}
