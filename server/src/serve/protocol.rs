//! How hyper speaks HTTP, with a bound for everything that it would keep for a client.

use std::{error::Error as StdError, time::Duration};

use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto,
};

use crate::metrics::Closed;

/// Requests that one HTTP/2 connection may have open. RFC 9113 advises at least 100.
const STREAMS: u32 = 128;
/// The head of a request, in bytes: twice what common servers and proxies take of one line.
const HEAD: usize = 16 * 1024;
/// Header lines of a request over HTTP/1, which is hyper's own default. HTTP/2 counts bytes only.
const HEADERS: usize = 100;
/// Bytes of bodies that an HTTP/2 client may send before they are read, for a stream and for all of a connection: the
/// protocol's own default, below which a connection cannot be. No body of ordinary use is larger.
const WINDOW: u32 = 65_535;
/// Bytes of an answer that are handed to HTTP/2 ahead of what the client's window lets through.
const SEND_BUFFER: usize = 64 * 1024;
/// Streams that were reset and are remembered: those the client has reset before they were looked at (h2's default), and
/// those reset for the client's mistakes. More end the connection.
const RESETS_BEFORE_ACCEPT: usize = 20;
const RESETS_FOR_MISTAKES: usize = 128;
/// How often a silent HTTP/2 peer is asked whether it is still there.
const PING_INTERVAL: Duration = Duration::from_secs(20);

pub(super) fn builder(header_timeout: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_headers(HEADERS)
        .max_buf_size(HEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEAD as u32)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(RESETS_BEFORE_ACCEPT)
        .max_local_error_reset_streams(RESETS_FOR_MISTAKES)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(header_timeout);
    builder
}

/// Why a connection ended with this error, unless the client broke it off.
pub(super) fn reason(error: &(dyn StdError + 'static)) -> Option<Closed> {
    let error = error.downcast_ref::<hyper::Error>()?;
    if error.is_parse_too_large() {
        return Some(Closed::TooLarge);
    }
    if error.is_parse() {
        return Some(Closed::Parse);
    }
    if error.is_timeout() {
        return Some(Closed::Timeout);
    }
    let source = error.source()?;
    if let Some(error) = source.downcast_ref::<h2::Error>() {
        return error.is_library().then_some(Closed::Parse);
    }
    let error = source.downcast_ref::<std::io::Error>()?;
    (error.kind() == std::io::ErrorKind::TimedOut).then_some(Closed::Slow)
}
