//! The layers that values are counted in.

use crate::atomic::{AtomicU32, Ordering};
use crate::cell::Total;
use crate::visit::Layer;

/// The scale of the finest layer: 32 buckets an octave, 5 octaves.
pub(super) const FINEST: i8 = 5;

/// The scale of the next: 8 buckets an octave, 20 octaves.
const MIDDLE: i8 = 3;

/// As many as a data point of OpenTelemetry has by default, so that one layer can be exported as it is.
const CELLS: usize = crate::visit::MAX_BUCKETS;
const WIDTH: i32 = CELLS as i32;

/// The two layers whose windows the values put in their places. 2,576 bytes.
#[derive(Debug)]
pub(super) struct Cascade {
    fine: Window,
    middle: Window,
}

impl Cascade {
    pub(super) const fn new() -> Self {
        Self { fine: Window::new(), middle: Window::new() }
    }

    /// Counts a value by its index at the finest scale; false if it lies in neither window.
    #[inline]
    pub(super) fn add(&self, index: i32) -> bool {
        match self.fine.find(index, || <Window>::around(index)) {
            Ok(cell) => cell.add(1),
            Err(fine_low) => return self.add_middle(index >> (FINEST - MIDDLE), fine_low >> (FINEST - MIDDLE)),
        }
        true
    }

    fn add_middle(&self, index: i32, fine_low: i32) -> bool {
        let cell = self.middle.find(index, || middle_low(index, fine_low)).ok();
        cell.map(|cell| cell.add(1)).is_some()
    }

    /// Whether a value came.
    pub(super) fn is_touched(&self) -> bool {
        self.fine.is_touched()
    }

    pub(super) fn layers(&self) -> [Layer<'_>; 2] {
        [self.fine.layer(FINEST), self.middle.layer(MIDDLE)]
    }
}

/// Where the middle window goes: around the fine one and the value that lies outside it, or around the value alone if
/// the two are too far apart, since then it is as likely that the first value of all was the odd one.
const fn middle_low(index: i32, fine_low: i32) -> i32 {
    let fine_last = fine_low + (WIDTH >> (FINEST - MIDDLE)) - 1;
    let first = if index < fine_low { index } else { fine_low };
    let last = if index > fine_last { index } else { fine_last };
    if last - first < WIDTH { (first + last + 1) / 2 - WIDTH / 2 } else { <Window>::around(index) }
}

/// Consecutive buckets, at whatever scale, whose place the first value decides by one compare-exchange.
#[derive(Debug)]
pub(super) struct Window<const N: usize = CELLS> {
    /// The index of the first bucket, and [`BIAS`]; zero before there is a value.
    low: AtomicU32,
    cells: [Total; N],
}

/// Above what the lowest index is below zero: that of the smallest float is -34,369, and half a window lies before it.
const BIAS: i32 = 1 << 17;

impl<const N: usize> Window<N> {
    pub(super) const fn new() -> Self {
        Self { low: AtomicU32::new(0), cells: [const { Total::new() }; N] }
    }

    /// Where it goes to have a bucket in its middle.
    pub(super) const fn around(index: i32) -> i32 {
        index - N as i32 / 2
    }

    /// The cell of a bucket; where the window begins, if the bucket lies outside. Without a place it gets the one that
    /// `place` gives, unless another thread was first.
    #[inline]
    pub(super) fn find(&self, index: i32, place: impl FnOnce() -> i32) -> Result<&Total, i32> {
        let low = match self.low() {
            Some(low) => low,
            None => self.anchor(place()),
        };
        at(&self.cells, index, low).ok_or(low)
    }

    /// Whether a value came.
    pub(super) fn is_touched(&self) -> bool {
        self.low().is_some()
    }

    // The place is all there is to agree on, and a cell means nothing without it: no order with other memory is needed.
    #[inline]
    fn low(&self) -> Option<i32> {
        match self.low.load(Ordering::Relaxed) {
            0 => None,
            held => Some(held.cast_signed() - BIAS),
        }
    }

    /// Puts the window at `low` unless another thread did; returns where it is.
    #[cold]
    fn anchor(&self, low: i32) -> i32 {
        let new = (low + BIAS).cast_unsigned();
        match self.low.compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => low,
            Err(held) => held.cast_signed() - BIAS,
        }
    }

    /// Without cells before there is a value.
    pub(super) fn layer(&self, scale: i8) -> Layer<'_> {
        match self.low() {
            Some(low) => Layer { scale, low, cells: &self.cells },
            None => Layer { scale, low: 0, cells: &[] },
        }
    }
}

/// Buckets that are where they are from the start.
#[derive(Debug)]
pub(super) struct Fixed<const N: usize>([Total; N]);

impl<const N: usize> Fixed<N> {
    pub(super) const fn new() -> Self {
        Self([const { Total::new() }; N])
    }

    /// The cell of a bucket, the first being `low`.
    #[inline]
    pub(super) fn find(&self, index: i32, low: i32) -> Option<&Total> {
        at(&self.0, index, low)
    }

    pub(super) fn layer(&self, scale: i8, low: i32) -> Layer<'_> {
        Layer { scale, low, cells: &self.0 }
    }
}

#[inline]
fn at(cells: &[Total], index: i32, low: i32) -> Option<&Total> {
    // Below `low` it wraps to far above the last cell.
    cells.get(index.wrapping_sub(low).cast_unsigned() as usize)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_middle_window_holds_the_fine_one_and_the_newcomer() {
        // The fine window is 40 buckets of the middle layer.
        for (index, fine_low, low) in
            [(139, 0, -10), (40, 0, -60), (159, 0, 0), (-1, 0, -61), (-120, 0, -120), (160, 0, 80), (-121, 0, -201)]
        {
            assert_eq!(middle_low(index, fine_low), low, "{index} with {fine_low}");
        }
    }
}

#[cfg(all(test, loom))]
mod interleavings {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    /// The indices in use, each as often as it was counted.
    fn seen(window: &Window<4>) -> std::vec::Vec<i32> {
        let layer = window.layer(0);
        let cells = (layer.low..).zip(layer.cells);
        cells.flat_map(|(index, cell)| (0..cell.load()).map(move |_| index)).collect()
    }

    /// Two first values put the window in two places: it is in one of them, for both, and a reader agrees.
    #[test]
    fn two_threads_put_a_window_in_its_place() {
        for far in [2, 1_000] {
            loom::model(move || {
                let window = Arc::new(Window::<4>::new());
                let _ = (window.low(), window.cells.each_ref().map(Total::load)); // creates loom's atomics
                let add = |window: &Window<4>, index: i32| {
                    let cell = window.find(index, || Window::<4>::around(index));
                    cell.map(|cell| cell.add(1)).is_ok()
                };
                let other = {
                    let window = Arc::clone(&window);
                    thread::spawn(move || add(&window, far))
                };
                let here = add(&window, 1);
                let now = seen(&window);
                assert!(now.iter().all(|index| [1, far].contains(index)), "{now:?}");
                let there = other.join().unwrap();
                let expected: std::vec::Vec<i32> =
                    [(here, 1), (there, far)].iter().filter(|(is_in, _)| *is_in).map(|(_, index)| *index).collect();
                assert!(!expected.is_empty(), "the value that put it there is in it");
                assert_eq!(seen(&window), expected);
            });
        }
    }
}
