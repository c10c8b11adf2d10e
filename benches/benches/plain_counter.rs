//! What does one increment cost, beside the bare atomic and a peer?

use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{Criterion, criterion_group, criterion_main};
use picometer::Counter;

fn plain_counter(criterion: &mut Criterion) {
    static BARE: AtomicU64 = AtomicU64::new(0);
    static OURS: Counter = Counter::new();
    let peer = prometheus::IntCounter::new("requests", "Requests.").expect("a valid name");

    let mut group = criterion.benchmark_group("plain_counter");
    group.bench_function("bare atomic", |bencher| bencher.iter(|| BARE.fetch_add(1, Ordering::Relaxed)));
    group.bench_function("picometer", |bencher| bencher.iter(|| OURS.inc()));
    group.bench_function("prometheus", |bencher| bencher.iter(|| peer.inc()));
    group.finish();
}

criterion_group!(benches, plain_counter);
criterion_main!(benches);
