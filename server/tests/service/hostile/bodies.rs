//! Bodies that come slowly, and many that are large.

use std::{
    io::Write,
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

use hyper::body::Bytes;
use tokio::{runtime::Runtime, task::JoinSet};

use super::{http2::Connection, operator::Operator, target::Target};
use crate::client::Client;

/// How often memory is looked at, and how often in all.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(250);
/// Just below what a body may have.
static LARGE: [u8; 250 * 1024] = [b' '; 250 * 1024];

#[test]
fn large_bodies_that_do_not_end_have_a_bound_together() {
    const CONNECTIONS: usize = 25;
    const STREAMS: usize = 128;
    let target = Target::start(&[]);
    let operator = Operator::watch(target.process.address);
    let runtime = Runtime::new().unwrap();
    let address = target.process.address;
    let mut attackers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        attackers.spawn_on(
            async move {
                loop {
                    let mut asked = Vec::new();
                    if let Some(mut connection) = Connection::open(Ipv4Addr::LOCALHOST, address, 65_535).await {
                        while asked.len() < STREAMS
                            && let Some(request) = connection.post("auth/register", Bytes::from_static(&LARGE)).await
                        {
                            asked.push(request);
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

#[test]
fn bodies_that_come_slowly_shut_nobody_out() {
    const CONNECTIONS: usize = 300;
    let target = Target::start(&[]);
    let mut streams: Vec<_> = (0..CONNECTIONS).map(|_| TcpStream::connect(target.process.address).unwrap()).collect();
    let operator = Operator::watch(target.process.address);
    for stream in &mut streams {
        // One that is refused may be closed already.
        let _ = stream.write_all(b"POST /v1/auth/register HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    }
    for _ in 0..LOOKS {
        for stream in &mut streams {
            let _ = stream.write_all(b"1\r\n \r\n");
        }
        std::thread::sleep(PAUSE);
    }
    target.stays_small(1, PAUSE);
    operator.was_answered();
    drop(streams);
    Client::registered(target.process.address).get("/user/profile").expect(200);
}
