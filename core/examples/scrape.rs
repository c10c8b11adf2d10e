//! Writes 1,000 histograms of 14 bounds with three labels as Prometheus text. Its instructions are counted by
//! `valgrind --tool=callgrind --toggle-collect='*scrape::write*' target/release/examples/scrape`.

use picometer::encode::Buffer;
use picometer::encode::text::TextEncoder;
use picometer::instrument::HttpSeconds;
use picometer::label::{HttpMethod, HttpStatus};
use picometer::{Family, Histogram, Label, LabelSet, Learned, MetricSet};

#[derive(Label, Clone, Copy)]
#[label(capacity = 200, max_len = 47)]
struct Route(Learned);

#[derive(LabelSet, Clone, Copy)]
#[label_set(max_series = 1000)]
struct Request {
    #[label(name = "http.request.method")]
    method: HttpMethod,
    #[label(name = "http.route")]
    route: Route,
    #[label(name = "http.response.status_code")]
    status: HttpStatus,
}

#[derive(MetricSet)]
#[metric_set(scope = "example.scrape")]
struct Http {
    /// Time from the first byte read to the last byte written.
    #[metric(name = "http.server.request.duration", unit = "s")]
    duration: Family<Request, Histogram<HttpSeconds>>,
}

static HTTP: Http = Http::new();

fn main() {
    for series in 0..1000_u32 {
        let route = Route::learn(&format!("/v1/routes/{}/of/this/example", series / 5));
        let status = HttpStatus::new(200 + series % 5);
        let duration = HTTP.duration.with(Request { method: HttpMethod::Get, route, status });
        for step in 0..50 {
            duration.record(u64::from(series + 1) * step * 1_000_003);
        }
    }
    let mut bytes = vec![0; 4 << 20];
    let written = write(&mut bytes);
    println!("{written} bytes");
}

#[inline(never)]
fn write(bytes: &mut [u8]) -> usize {
    let mut out = Buffer::new(bytes);
    HTTP.visit(&mut TextEncoder::new(&mut out)).expect("a buffer that is long enough");
    out.written().len()
}
