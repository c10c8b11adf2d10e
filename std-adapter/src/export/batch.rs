//! What one export delivers.

/// The encoded metrics of one export: one request, or several where one would be too large for the receiver.
///
/// All of them are in one buffer, which is used again for the next export.
///
/// ```
/// let mut batch = picometer_std::export::Batch::new();
/// batch.push(|bytes| {
///     bytes.extend(b"one data point");
///     1
/// });
/// let request = batch.requests().next().unwrap();
/// assert_eq!((request.bytes, request.data_points), (&b"one data point"[..], 1));
/// ```
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    requests: Vec<End>,
}

#[derive(Debug, Clone, Copy)]
struct End {
    /// Where the next request begins.
    at: usize,
    data_points: u64,
}

/// One request of a [`Batch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request<'a> {
    /// As it is sent.
    pub bytes: &'a [u8],
    /// How many data points it holds.
    pub data_points: u64,
}

impl Batch {
    /// A batch without requests.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a request: what `encode` appends to the buffer. It returns how many data points that holds, 0 where nobody
    /// counts them. When it appends nothing there is no request.
    pub fn push(&mut self, encode: impl FnOnce(&mut Vec<u8>) -> u64) {
        let begin = self.bytes.len();
        let data_points = encode(&mut self.bytes);
        let at = self.bytes.len();
        if at > begin {
            self.requests.push(End { at, data_points });
        }
    }

    /// The requests, in the order in which they were added.
    pub fn requests(&self) -> impl ExactSizeIterator<Item = Request<'_>> {
        let mut begin = 0;
        self.requests.iter().map(move |end| {
            let bytes = self.bytes.get(begin..end.at).unwrap_or_default();
            begin = end.at;
            Request { bytes, data_points: end.data_points }
        })
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.requests.clear();
    }
}
