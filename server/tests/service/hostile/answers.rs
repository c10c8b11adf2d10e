//! Answers that nobody takes.

use std::{net::Ipv4Addr, time::Duration};

use tokio::{runtime::Runtime, task::JoinSet};

use super::{http2::Connection, operator::Operator, target::Target};

/// Requests that a connection may have open.
const STREAMS: usize = 128;
/// How often memory is looked at, and how often in all.
const LOOKS: u32 = 24;
const PAUSE: Duration = Duration::from_millis(250);

#[test]
fn scrapes_that_nobody_reads_have_a_bound_together() {
    leave_unread(40, STREAMS, "metrics", 0);
}

#[test]
fn scrapes_on_many_connections_have_a_bound_together() {
    leave_unread(250, 20, "metrics", 0);
}

#[test]
fn scrapes_from_many_addresses_have_a_bound_together() {
    leave_unread(300, STREAMS, "metrics", 0);
}

#[test]
fn small_answers_that_nobody_reads_have_a_bound_together() {
    leave_unread(120, STREAMS, "ping", 0);
}

#[test]
fn requests_with_long_heads_have_a_bound_together() {
    leave_unread(40, STREAMS, "metrics", 12_000);
}

/// Asks so often on each of this many connections, with so long a header, and reads nothing.
fn leave_unread(connections: usize, streams: usize, path: &'static str, header: usize) {
    let target = Target::start(&[]);
    let operator = Operator::watch(target.process.address);
    let runtime = Runtime::new().unwrap();
    let address = target.process.address;
    let mut attackers = JoinSet::new();
    for number in 0..connections {
        // Below the share of each address.
        let source = Ipv4Addr::new(127, 0, 0, 1 + (number / 150) as u8);
        attackers.spawn_on(
            async move {
                // One that is dropped comes back.
                loop {
                    let mut asked = Vec::new();
                    if let Some(mut connection) = Connection::open(source, address, 0).await {
                        while asked.len() < streams
                            && let Some(answer) = connection.get_with(path, header).await
                        {
                            asked.push(answer);
                        }
                        let _ = connection.driver.await;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            },
            runtime.handle(),
        );
    }
    target.stays_small(LOOKS, PAUSE);
    operator.was_answered();
}
