//! Somebody makes the service log much, and nobody reads it.

use std::{io::Write, net::TcpStream, time::Duration};

use rustix::process::Signal;

use super::{
    operator::Operator,
    target::{GROWTH_KIB, Target},
};
use crate::logging::{lines_lost, log_much};

#[test]
fn a_log_that_nobody_reads_holds_nothing_up() {
    let (target, log) = Target::unread(&[("RUST_LOG", "trace")]);
    let operator = Operator::watch(target.process.address);
    log_much(target.process.address, |address| lines_lost(address) > 0);
    // What stays unanswered is in the log as well.
    let mut streams: Vec<_> = (0..50).map(|_| TcpStream::connect(target.process.address).unwrap()).collect();
    for stream in &mut streams {
        stream.write_all(b"POST /v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{").unwrap();
    }
    log_much(target.process.address, |address| lines_lost(address) > 1000);
    operator.was_answered();
    assert!(target.grown_kib() < GROWTH_KIB, "{} KiB", target.grown_kib());
    drop(streams);
    target.process.signal(Signal::TERM);
    assert!(target.process.ends_within(Duration::from_secs(20)).success());
    drop(log);
}

#[test]
fn a_log_that_is_read_loses_nothing() {
    let target = Target::start(&[("RUST_LOG", "debug")]);
    let operator = Operator::watch(target.process.address);
    // A line for each, which together fit into the queue.
    for _ in 0..200 {
        TcpStream::connect(target.process.address).unwrap().write_all(b"no HTTP\r\n\r\n").unwrap();
    }
    operator.was_answered();
    assert_eq!(lines_lost(target.process.address), 0);
}
