//! Connections that are held open.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use hyper::body::Bytes;
use rustix::process::{Resource, getrlimit};
use tokio::{runtime::Runtime, task::JoinSet};

use super::{http2::Connection, operator::Operator, target::Target};

const PAUSE: Duration = Duration::from_millis(100);
const LOOKS: u32 = 20;
/// Addresses of the loopback network that the clients come from. None of them is the operator's.
const ADDRESSES: [Ipv4Addr; 5] = [
    Ipv4Addr::new(127, 0, 0, 2),
    Ipv4Addr::new(127, 0, 0, 3),
    Ipv4Addr::new(127, 0, 0, 4),
    Ipv4Addr::new(127, 0, 0, 5),
    Ipv4Addr::new(127, 0, 0, 6),
];

/// What the clients do with each connection before they only acknowledge pings.
#[derive(Clone, Copy)]
enum Then {
    /// Ask once and get an answer.
    Rest,
    /// Begin a body that they do not end.
    KeepBusy,
}

async fn hold(from: Ipv4Addr, address: SocketAddr, then: Then) {
    loop {
        if let Some(mut connection) = Connection::open(from, address, 65_535).await {
            match then {
                Then::Rest => match connection.get("ping").await {
                    Some(answer) => drop(answer.await),
                    None => continue,
                },
                Then::KeepBusy => {
                    let request = connection.post("auth/register", Bytes::from_static(b" ")).await;
                    let _ = connection.driver.await;
                    drop(request);
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            }
            let _ = connection.driver.await;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Holds this many connections from each of the addresses, and comes back when one is closed.
fn held_open(target: &Target, each: usize, then: Then) {
    let runtime = Runtime::new().unwrap();
    let address = target.process.address;
    let mut clients = JoinSet::new();
    for from in ADDRESSES {
        for _ in 0..each {
            clients.spawn_on(hold(from, address, then), runtime.handle());
        }
    }
    std::thread::sleep(PAUSE * 10);
    let operator = Operator::watch(address);
    target.stays_small(LOOKS, PAUSE);
    operator.was_answered();
}

#[test]
fn idle_connections_up_to_the_limit_shut_nobody_out() {
    held_open(&Target::start(&[("MAX_CONNECTIONS", "64")]), 13, Then::Rest);
}

#[test]
fn busy_connections_up_to_the_limit_do_not_shut_operators_out() {
    held_open(&Target::start(&[("MAX_CONNECTIONS", "64")]), 13, Then::KeepBusy);
}

#[test]
fn connections_up_to_the_default_limit_shut_nobody_out() {
    const NEEDED: u64 = 2_500;
    if getrlimit(Resource::Nofile).current.is_some_and(|current| current < NEEDED) {
        println!("skipped: it needs {NEEDED} file descriptors (ulimit -n)");
        return;
    }
    held_open(&Target::start(&[]), 210, Then::KeepBusy);
}
