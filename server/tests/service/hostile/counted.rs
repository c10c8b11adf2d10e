//! Whatever the service does to protect itself is counted, and is no failure of it.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    time::Duration,
};

use tokio::runtime::Runtime;

use super::{http2::Connection, target::Target};

const POST: &str = "POST /v1/auth/register HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{";

impl Target {
    /// All samples whose name begins like this.
    fn samples(&self, name: &str) -> String {
        let answer = ureq::get(format!("http://{}/v1/metrics", self.process.address)).call().unwrap();
        let text = answer.into_body().read_to_string().unwrap();
        text.lines().filter(|line| line.starts_with(name)).map(|line| line.to_owned() + "\n").collect()
    }

    #[track_caller]
    fn counts(&self, name: &str, reason: &str) {
        let label = format!("reason=\"{reason}\"");
        // It is counted after the client has seen it.
        for _ in 0..100 {
            let samples = self.samples(name);
            if samples.lines().any(|line| line.contains(&label) && line.ends_with(" 1")) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("not one {reason}: {}", self.samples(name));
    }

    /// All that comes of it until the connection is closed.
    fn talk(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.process.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        // A reset is an end too.
        let _ = stream.read_to_string(&mut answer);
        answer
    }
}

#[test]
fn refusals_are_counted_by_reason() {
    let target = Target::start(&[("REQUEST_HEADER_TIMEOUT_SECONDS", "0.3")]);
    let large = format!("GET /v1/ping HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "a".repeat(20_000));
    for (request, status, reason) in [
        ("GET /v1/ping HTTP/1.1\r\nno colon\r\n\r\n", "HTTP/1.1 400", "parse"),
        (&large, "HTTP/1.1 431", "too_large"),
        ("GET /v1/ping HTTP/1.1\r\nhost:", "", "timeout"),
    ] {
        let answer = target.talk(request);
        assert!(answer.starts_with(status), "{answer}");
        target.counts("connections_closed_total", reason);
    }
    assert!(target.talk(POST).starts_with("HTTP/1.1 408"));
    target.counts("requests_refused_total", "body_timeout");
    // One that hangs up in the middle of a body.
    TcpStream::connect(target.process.address).unwrap().write_all(POST.as_bytes()).unwrap();
    assert_eq!(target.samples("app_errors"), "");
}

#[test]
fn frames_that_are_none_are_counted() {
    let target = Target::start(&[]);
    target.talk(&format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{}", "not a frame".repeat(10)));
    target.counts("connections_closed_total", "parse");
}

#[test]
fn idle_and_slow_connections_are_counted() {
    let target = Target::start(&[("REQUEST_HEADER_TIMEOUT_SECONDS", "0.5"), ("IDLE_TIMEOUT_SECONDS", "0.5")]);
    Runtime::new().unwrap().block_on(async {
        let mut slow = Connection::open(Ipv4Addr::LOCALHOST, target.process.address, 0).await.unwrap();
        let untaken = slow.get("metrics").await.unwrap();
        slow.driver.await.unwrap();
        drop(untaken);
        let mut idle = Connection::open(Ipv4Addr::LOCALHOST, target.process.address, 65_535).await.unwrap();
        drop(idle.get("ping").await.unwrap().await.unwrap());
        idle.driver.await.unwrap();
    });
    target.counts("connections_closed_total", "slow");
    target.counts("connections_closed_total", "idle");
}

#[test]
fn connections_at_the_limit_are_counted() {
    let target = Target::start(&[("MAX_CONNECTIONS", "2")]);
    let mut busy = [(); 2].map(|()| TcpStream::connect(target.process.address).unwrap());
    for stream in &mut busy {
        stream.write_all(POST.replace("host: x", "host: x\r\nexpect: 100-continue").as_bytes()).unwrap();
        stream.read_exact(&mut [0; 25]).unwrap();
    }
    let open = target.samples("connections_open");
    assert!(open.ends_with(" 3\n"), "{open}");
    let limit = target.samples("connections_limit");
    assert!(limit.ends_with(" 2\n"), "{limit}");
    let closed = target.samples("connections_closed_total");
    assert!(closed.contains(r#"reason="reserve""#), "{closed}");
}
