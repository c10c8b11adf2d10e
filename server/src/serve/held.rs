//! Bodies that are counted for as long as the service holds them.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::body::Body as AnyBody;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};

use super::entry::Held;

/// An answer is handed over in pieces of this many bytes, the largest frame that HTTP/2 clients take unless they say
/// otherwise. Each piece that has been sent shows that the client reads.
const PIECE: usize = 16 * 1024;

/// The body of a request. What arrives is counted until the request is answered.
pub(super) struct Arriving {
    body: Incoming,
    held: Arc<Held>,
}

impl Arriving {
    pub(super) fn new(body: Incoming, held: Arc<Held>) -> Self {
        Self { body, held }
    }
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.held.received(data.len());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer. All of it is counted until its last piece has been sent, since the pieces share one buffer.
pub(super) struct Pieces {
    body: AnyBody,
    rest: Bytes,
    held: Arc<Held>,
}

impl Pieces {
    pub(super) fn new(body: AnyBody, held: Arc<Held>) -> Self {
        held.answered(body.size_hint().lower());
        Self { body, rest: Bytes::new(), held }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)).transpose()?.map(Frame::into_data) {
                Some(Ok(data)) => self.rest = data,
                Some(Err(other)) => return Poll::Ready(Some(Ok(other))),
                None => return Poll::Ready(None),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = Piece { bytes: self.rest.split_to(length), held: Arc::clone(&self.held) };
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_owner(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(body.lower() + rest);
        if let Some(upper) = body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

/// Is dropped when it has been sent, or when its connection is gone.
struct Piece {
    bytes: Bytes,
    held: Arc<Held>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.held.taken();
    }
}
