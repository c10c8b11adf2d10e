//! Anybody may ask for readiness, and as often as they like.

use std::{thread, time::Instant};

use super::{
    operator::Operator,
    target::{GROWTH_KIB, Target},
};
use crate::client::Client;

const CLIENTS: usize = 16;
const QUESTIONS: usize = 200;

/// How many transactions were committed.
fn commits(target: &Target) -> u64 {
    let url = format!("http://{}/v1/metrics", target.process.address);
    let text = ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap();
    let counted =
        |line: &&str| line.starts_with("db_query_duration_seconds_count{") && line.contains("operation=\"COMMIT\"");
    text.lines().find(counted).map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

#[test]
fn a_flood_of_health_checks_writes_once_a_second() {
    let target = Target::start(&[]);
    let operator = Operator::watch(target.process.address);
    let before = commits(&target);
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let client = Client::new(target.process.address);
                (0..QUESTIONS).for_each(|_| drop(client.get("/health").expect(200)));
            });
        }
    });
    let written = commits(&target) - before;
    assert!(written <= start.elapsed().as_secs() + 2, "{written} commits in {:?}", start.elapsed());
    assert!(target.grown_kib() < GROWTH_KIB, "{} KiB", target.grown_kib());
    operator.was_answered();
}
