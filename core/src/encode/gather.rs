//! What encoders write piece by piece, gathered, so that a sink is called seldom.

use crate::encode::Sink;

/// How many bytes are gathered, on the stack while a metric is written.
const LEN: usize = if cfg!(target_has_atomic = "64") { 256 } else { 128 };

/// Gathers what `write` writes, and hands it to `out` in slices of which none is empty and any two that follow each other
/// are longer together than 128 bytes (256 where the target has 64-bit atomics).
///
/// What was gathered when `out` failed is lost: an encoder that is used again does not write it a second time.
///
/// # Errors
/// That of `out`, and that of `write`.
pub(super) fn gathered<S: Sink>(
    out: &mut S,
    write: impl FnOnce(&mut Gathered<'_, S>) -> Result<(), S::Error>,
) -> Result<(), S::Error> {
    let mut gathered = Gathered { out, bytes: [0; LEN], len: 0 };
    write(&mut gathered)?;
    gathered.hand_over()
}

#[derive(Debug)]
pub(super) struct Gathered<'a, S> {
    out: &'a mut S,
    bytes: [u8; LEN],
    len: usize,
}

impl<S: Sink> Gathered<'_, S> {
    /// Writes what was gathered, if anything was.
    fn hand_over(&mut self) -> Result<(), S::Error> {
        let bytes = self.bytes.get(..self.len).unwrap_or_default();
        self.len = 0;
        if bytes.is_empty() { Ok(()) } else { self.out.write(bytes) }
    }

    /// Makes room for `bytes`; what is longer than all of it is written as it is.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        self.hand_over()?;
        if bytes.len() > LEN { self.out.write(bytes) } else { self.write(bytes) }
    }
}

impl<S: Sink> Sink for Gathered<'_, S> {
    type Error = S::Error;

    // Without 64-bit atomics a target is a small one: there flash counts.
    #[cfg_attr(target_has_atomic = "64", inline)]
    #[cfg_attr(not(target_has_atomic = "64"), inline(never))]
    fn write(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        let end = self.len.wrapping_add(bytes.len());
        let Some(room) = self.bytes.get_mut(self.len..end) else { return self.make_room(bytes) };
        for (place, byte) in room.iter_mut().zip(bytes) {
            *place = *byte;
        }
        self.len = end;
        Ok(())
    }
}
