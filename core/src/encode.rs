//! Encoders: visitors that write what they see to a [`Sink`], without allocating.

mod gather;
mod lines;
mod number;
pub mod openmetrics;
pub mod otlp;
pub mod text;

/// Where an encoder writes: a socket, a serial line, a buffer.
///
/// Encoders gather what they write. A sink never gets an empty slice, and two consecutive ones of a metric hold more than
/// 256 bytes in total (128 without 64-bit atomics). What was gathered is handed over at the end of a metric.
///
/// Any `FnMut(&[u8]) -> Result<(), E>` is one, so a growing buffer is `|bytes: &[u8]| Ok(vec.extend_from_slice(bytes))`.
pub trait Sink {
    /// What goes wrong.
    type Error;

    /// Writes all of `bytes`.
    ///
    /// # Errors
    /// Whatever keeps the bytes from being written; the encoder stops and hands it on. It writes none of them again.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
}

impl<E, F: FnMut(&[u8]) -> Result<(), E>> Sink for F {
    type Error = E;

    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), E> {
        self(bytes)
    }
}

/// A buffer of fixed size.
///
/// ```
/// use picometer::encode::{Buffer, Sink};
///
/// let mut bytes = [0; 4];
/// let mut buffer = Buffer::new(&mut bytes);
/// buffer.write(b"abc").unwrap();
/// assert!(buffer.write(b"de").is_err());
/// assert_eq!(buffer.written(), b"abc");
/// ```
#[derive(Debug)]
pub struct Buffer<'a> {
    bytes: &'a mut [u8],
    len: usize,
}

/// The buffer has no room for what was to be written, and holds all that came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl core::fmt::Display for Full {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the buffer is full: give it more bytes")
    }
}

impl core::error::Error for Full {}

impl<'a> Buffer<'a> {
    /// Writes to the front of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, len: 0 }
    }

    /// What was written.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl Sink for Buffer<'_> {
    type Error = Full;

    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let end = self.len.checked_add(bytes.len()).ok_or(Full)?;
        let room = self.bytes.get_mut(self.len..end).ok_or(Full)?;
        // A copy of slices would look at their lengths again, and panic if they differed.
        for (place, byte) in room.iter_mut().zip(bytes) {
            *place = *byte;
        }
        self.len = end;
        Ok(())
    }
}
