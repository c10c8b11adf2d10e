//! Memory for password hashes, and the queue in front of it.
//!
//! A hash takes so much memory that the allocator would not give it back in time for the next one. So there are as many
//! buffers as hashes run at once, and they are lent. They are made at the start: a machine that lacks the memory is told
//! so then, and logins cannot make the service grow.

use std::{
    mem,
    num::NonZero,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
};

use argon2::Block;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Error;
use crate::metrics::{Refused, record_request_refused};

/// Requests that may wait for a buffer. With two processors, and hashes of 50 ms, the last of them waits for 1.6 s: an
/// honest user still waits for that, and a longer queue would only hold up more people for longer.
pub const LONGEST_QUEUE: usize = 64;
/// The most memory that a setting can ask for one hash, in KiB.
pub const MOST_KIB: u32 = 1_048_576;

/// Lends buffers, first come, first served. Clones share them.
#[derive(Clone)]
pub(super) struct Lender {
    /// Places for those who have a buffer and those who wait for one.
    places: Arc<Semaphore>,
    /// One permit for each buffer.
    permits: Arc<Semaphore>,
    /// The buffers that are not lent. There is one for whoever has a permit.
    free: Arc<Mutex<Vec<Vec<Block>>>>,
}

impl Lender {
    /// Makes a buffer of `kib` for each processor: more hashes at a time would not be faster.
    pub(super) fn new(kib: u32) -> Result<Self, Error> {
        let at_once = std::thread::available_parallelism().map_or(1, NonZero::get);
        let free: Vec<_> = (0..at_once).map(|_| blocks(kib)).collect::<Result<_, _>>()?;
        Ok(Self {
            places: Arc::new(Semaphore::new(at_once + LONGEST_QUEUE)),
            permits: Arc::new(Semaphore::new(at_once)),
            free: Arc::new(Mutex::new(free)),
        })
    }

    /// Waits for a buffer, which comes back when what is returned is dropped. Who gives up waiting leaves the queue.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`], at once, when [`LONGEST_QUEUE`] others wait already.
    pub(super) async fn lend(&self) -> Result<Lent, Error> {
        // Neither semaphore is ever closed.
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| {
            record_request_refused(Refused::PasswordQueue);
            Error::Busy
        })?;
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Error::Busy)?;
        let blocks = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        Ok(Lent { blocks, home: Arc::clone(&self.free), _permits: [permit, place] })
    }
}

/// A buffer of its own for one hash at a time.
pub(super) struct Lent {
    blocks: Vec<Block>,
    home: Arc<Mutex<Vec<Vec<Block>>>>,
    /// Given back after the buffer is, since fields are dropped after `drop` has run.
    _permits: [OwnedSemaphorePermit; 2],
}

impl Lent {
    /// Has at least `kib` from now on. A stored hash may have been made when hashes took more memory than they do today:
    /// then the buffer is replaced by a larger one and stays as large. So all buffers together take no more than the
    /// largest hash ever stored does, times the number of buffers, and never more than [`MOST_KIB`] each.
    pub(super) fn grow(&mut self, kib: u32) -> Result<(), Error> {
        if kib > MOST_KIB {
            return Err(Error::TooLarge(kib));
        }
        if self.blocks.len() < kib as usize {
            // The old one goes first, so that there are never both.
            self.blocks = Vec::new();
            self.blocks = blocks(kib)?;
        }
        Ok(())
    }
}

impl Deref for Lent {
    type Target = [Block];

    fn deref(&self) -> &[Block] {
        &self.blocks
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut [Block] {
        &mut self.blocks
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.home.lock().unwrap_or_else(PoisonError::into_inner).push(mem::take(&mut self.blocks));
    }
}

/// A block is a KiB.
fn blocks(kib: u32) -> Result<Vec<Block>, Error> {
    let mut blocks = Vec::new();
    blocks.try_reserve_exact(kib as usize).map_err(|_| Error::NoMemory(kib))?;
    blocks.resize(kib as usize, Block::new());
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, task::Poll};

    use futures_util::poll;

    use super::*;

    #[tokio::test]
    async fn buffers_come_back_to_be_lent_again() {
        let lender = Lender::new(8).unwrap();
        let at_once = lender.permits.available_permits();
        let mut addresses = Vec::new();
        for _ in 0..2 {
            let mut lent = Vec::new();
            for _ in 0..at_once {
                lent.push(lender.lend().await.unwrap());
            }
            let mut these: Vec<_> = lent.iter().map(|lent| lent.as_ptr()).collect();
            these.sort_unstable();
            these.dedup();
            assert_eq!(these.len(), at_once);
            addresses.push(these);
        }
        assert_eq!(addresses[0], addresses[1]);
    }

    #[tokio::test]
    async fn the_queue_has_an_end_and_who_gives_up_leaves_it() {
        let lender = Lender::new(8).unwrap();
        let mut lent = Vec::new();
        for _ in 0..lender.permits.available_permits() {
            lent.push(lender.lend().await.unwrap());
        }
        let mut waiting: Vec<_> = (0..LONGEST_QUEUE).map(|_| Box::pin(lender.lend())).collect();
        for waiting in &mut waiting {
            assert!(poll!(waiting).is_pending());
        }
        assert!(matches!(lender.lend().await, Err(Error::Busy)));
        waiting.pop();
        let mut last = pin!(lender.lend());
        assert!(poll!(&mut last).is_pending());
        // The first who came is served first.
        lent.pop();
        assert!(matches!(poll!(&mut waiting[0]), Poll::Ready(Ok(_))));
    }

    #[tokio::test]
    async fn a_buffer_stays_as_large_as_it_had_to_become() {
        let lender = Lender::new(8).unwrap();
        let mut lent = lender.lend().await.unwrap();
        lent.grow(32).unwrap();
        lent.grow(16).unwrap();
        assert_eq!(lent.len(), 32);
        assert!(matches!(lent.grow(MOST_KIB + 1), Err(Error::TooLarge(_))));
        drop(lent);
        assert!(lender.free.lock().unwrap().iter().any(|blocks| blocks.len() == 32));
    }
}
