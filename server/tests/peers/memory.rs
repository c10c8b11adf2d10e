//! What strangers cannot make the server keep.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
};

use crate::{
    exposition::{self, Metrics, Value},
    server::{SCRAPED, Server},
};

const WARM_UP: usize = 2_000;
const REQUESTS: usize = 20_000;
const ALLOWED_KIB: usize = 4 * 1024;

pub(crate) fn unknown_paths_take_no_memory() {
    let server = Server::start(&SCRAPED);
    let mut connection = Connection::to(server.address);
    for number in 0..WARM_UP {
        connection.ask_for_nothing(number);
    }
    // The first scrape counts itself in the second.
    server.scrape();
    let before = exposition::parse(&server.scrape());
    let resident = resident_kib(&server);

    for number in WARM_UP..REQUESTS {
        connection.ask_for_nothing(number);
    }
    let grown = resident_kib(&server).saturating_sub(resident);
    let after = exposition::parse(&server.scrape());
    assert!(grown < ALLOWED_KIB, "{grown} KiB");
    assert!(before.keys().eq(after.keys()), "{:?}", exposition::difference(&before, &after));
    assert_eq!(by_route(&before), [("_unmatched", Value::Number(WARM_UP as f64))]);
    assert_eq!(by_route(&after), [("_unmatched", Value::Number(REQUESTS as f64))]);
}

/// The counts of requests by route, those for metrics left out.
fn by_route(metrics: &Metrics) -> Vec<(&str, Value)> {
    let requests = metrics.iter().filter(|(series, _)| series.name == "http_server_requests_total");
    let routes = requests.map(|(series, value)| (&*series.labels["route"], value.clone()));
    routes.filter(|(route, _)| *route != "/v1/metrics").collect()
}

/// The memory of a process that is not swapped out.
fn resident_kib(server: &Server) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// One connection, kept for all requests.
struct Connection(BufReader<TcpStream>);

impl Connection {
    fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    /// Asks for a path that nobody has asked for. It is long, so that a server that kept it would grow.
    fn ask_for_nothing(&mut self, number: usize) {
        let request = format!("GET /{number:0>512} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        assert!(line.starts_with("HTTP/1.1 404"), "{line}");
        let mut length = 0;
        while line != "\r\n" {
            line.clear();
            self.0.read_line(&mut line).unwrap();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
        }
        self.0.read_exact(&mut vec![0; length]).unwrap();
    }
}
