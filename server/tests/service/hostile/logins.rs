//! Wrong logins: each takes a password hash, which takes memory and time.

use std::sync::Barrier;

use aiq_backend::auth::password::LONGEST_QUEUE;
use serde_json::json;

use super::{
    operator::Operator,
    target::{GROWTH_KIB, Target},
};
use crate::client::{Client, text};

/// The buffers for hashes are there from the start. What is left is for connections and threads, in KiB.
const TIGHT_KIB: usize = 16 * 1024;
const _: () = assert!(TIGHT_KIB < GROWTH_KIB);
const LOGINS_OF_ONE: usize = 100;
const MANY: usize = 200;

/// 401 when the password was checked, 503 when too many were waiting.
fn wrong_login(client: &Client) -> u16 {
    let login = json!({ "email": "nobody@example.com", "password": "not this one" });
    let answer = client.post("/auth/login", &login);
    let status = answer.status;
    match status {
        401 => drop(answer.detail(401)),
        503 => {
            let seconds: u32 = text(&answer.headers["retry-after"].to_str().unwrap().into()).parse().unwrap();
            assert!((1..=60).contains(&seconds));
            let body = answer.expect(503);
            assert!(body["detail"].is_string() && body.get("error_id").is_none(), "{body}");
        }
        other => panic!("{other}: {}", answer.body),
    }
    status
}

#[test]
fn wrong_logins_of_one_client_take_no_memory() {
    let target = Target::start(&[]);
    let operator = Operator::watch(target.process.address);
    let client = Client::new(target.process.address);
    for _ in 0..LOGINS_OF_ONE {
        assert_eq!(wrong_login(&client), 401);
    }
    operator.was_answered();
    let grown = target.grown_kib();
    assert!(grown < TIGHT_KIB, "{grown} KiB");
}

#[test]
fn wrong_logins_of_many_clients_take_no_memory_and_those_beyond_the_queue_are_refused() {
    let target = Target::start(&[]);
    let operator = Operator::watch(target.process.address);
    let together = Barrier::new(MANY);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let login = || {
            let client = Client::new(target.process.address);
            client.get("/ping").expect(200);
            together.wait();
            [wrong_login(&client), wrong_login(&client)]
        };
        let threads: Vec<_> = (0..MANY).map(|_| scope.spawn(login)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    operator.was_answered();
    let grown = target.grown_kib();
    assert!(grown < TIGHT_KIB, "{grown} KiB");

    let refused = statuses.iter().filter(|status| **status == 503).count();
    assert!(refused < statuses.len());
    // A machine with very many processors hashes for all of them.
    let places = std::thread::available_parallelism().unwrap().get() + LONGEST_QUEUE;
    if places >= MANY {
        return;
    }
    assert!(refused > 0);
    let metrics = target.metrics();
    let refusals = metrics.lines().filter(|line| line.starts_with("requests_refused_total{"));
    let counted: Vec<_> = refusals.filter(|line| !line.ends_with(" 0")).collect();
    assert_eq!(counted.len(), 1, "{counted:#?}");
    assert!(counted[0].ends_with(&format!("reason=\"password_queue\"}} {refused}")), "{refused}: {counted:?}");
    assert!(!metrics.contains("\napp_errors_total{"), "{metrics}");
}
