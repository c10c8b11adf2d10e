//! Lines on their way to a stream that may never take them.

use std::{
    io::Write,
    mem,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::stream::Stream;

/// The most that lines may come to while they wait, line ends included. As much again may be on its way to the stream.
const MAX_BYTES: usize = 1024 * 1024;
/// A longer line is cut. As much goes into a pipe in one piece (`PIPE_BUF` of Linux), so lines on one are always whole.
const MAX_LINE: usize = 4096;

/// A queue of lines, bounded in bytes and so in lines. Whoever adds one waits for nobody who writes.
pub(super) struct Lines {
    state: Mutex<State>,
    changed: Condvar,
    /// Told how many lines were lost, each time that happens.
    on_lost: fn(u64),
}

struct State {
    /// Whole lines, the oldest first.
    waiting: Vec<u8>,
    /// Whether lines were taken and not all of them are written.
    is_writing: bool,
    /// Lines lost since that was last said.
    lost: u64,
}

impl Lines {
    pub(super) const fn new(on_lost: fn(u64)) -> Self {
        let state = State { waiting: Vec::new(), is_writing: false, lost: 0 };
        Self { state: Mutex::new(state), changed: Condvar::new(), on_lost }
    }

    /// Adds a line, or several. Those for which there is no room are lost.
    pub(super) fn push(&self, text: &[u8]) {
        let mut lost = 0;
        let mut state = self.lock();
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let room = MAX_BYTES - state.waiting.len();
            // A line behind one that was lost is lost too, even if it is short: gaps are where it says so.
            if state.lost > 0 || room < MAX_LINE {
                state.lost += 1;
                lost += 1;
            } else {
                append(&mut state.waiting, line.strip_suffix(b"\n").unwrap_or(line));
            }
        }
        drop(state);
        self.changed.notify_all();
        if lost > 0 {
            (self.on_lost)(lost);
        }
    }

    /// Writes lines as they come, for ever, and how many were lost where they are missing.
    pub(super) fn write_to(&self, out: impl Write) -> ! {
        let mut stream = Stream::new(out);
        // Lost, and not said yet.
        let mut owed = 0;
        loop {
            let (lines, lost) = self.take();
            for line in lines.split_inclusive(|byte| *byte == b'\n') {
                if stream.put(line).is_err() {
                    (self.on_lost)(1);
                    owed += 1;
                }
            }
            owed += lost;
            let notice = || format!("aiq-backend: {owed} lines were lost because nobody read them\n");
            if owed > 0 && stream.put(notice().as_bytes()).is_ok() {
                owed = 0;
            }
            self.lock().is_writing = false;
            self.changed.notify_all();
        }
    }

    /// Waits until every line so far is written or lost, and no longer than the limit.
    pub(super) fn flush(&self, limit: Duration) {
        let is_busy = |state: &mut State| state.is_writing || !state.waiting.is_empty();
        let _ = self.changed.wait_timeout_while(self.lock(), limit, is_busy);
    }

    /// All lines that wait, once there are some, and how many were lost behind them.
    fn take(&self) -> (Vec<u8>, u64) {
        let state = self.changed.wait_while(self.lock(), |state| state.waiting.is_empty());
        let mut state = state.unwrap_or_else(PoisonError::into_inner);
        state.is_writing = true;
        (mem::take(&mut state.waiting), mem::take(&mut state.lost))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock panics halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds the line and its end, at most [`MAX_LINE`] bytes together.
fn append(lines: &mut Vec<u8>, line: &[u8]) {
    const CUT: &[u8] = " [cut]".as_bytes();
    if line.len() < MAX_LINE {
        lines.extend_from_slice(line);
    } else {
        let is_boundary = |at: &usize| line[*at] & 0b1100_0000 != 0b1000_0000; // no byte inside a character of UTF-8
        let end = (0..MAX_LINE - CUT.len()).rev().find(is_boundary).unwrap_or_default();
        lines.extend_from_slice(&line[..end]);
        lines.extend_from_slice(CUT);
    }
    lines.push(b'\n');
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, BufRead, BufReader},
        sync::atomic::{AtomicU64, Ordering::Relaxed},
        thread,
    };

    use super::*;

    #[test]
    fn what_does_not_fit_is_counted_and_said_where_it_is_missing() {
        static LOST: AtomicU64 = AtomicU64::new(0);
        static LINES: Lines = Lines::new(|lost| {
            LOST.fetch_add(lost, Relaxed);
        });
        // Numbers of 1,000 digits.
        let line = |number: usize| format!("{number:01000}");
        for number in 0..3000 {
            LINES.push(line(number).as_bytes());
        }
        let lost = LOST.load(Relaxed) as usize;
        let kept = 3000 - lost;
        assert!((1040..=MAX_BYTES / 1001).contains(&kept), "{kept}");

        let (reader, writer) = io::pipe().unwrap();
        thread::spawn(|| LINES.write_to(writer));
        let mut read = BufReader::new(reader).lines().map(Result::unwrap);
        for number in 0..kept {
            assert_eq!(read.next().unwrap(), line(number));
        }
        assert_eq!(read.next().unwrap(), format!("aiq-backend: {lost} lines were lost because nobody read them"));
        LINES.push(b"after");
        assert_eq!(read.next().unwrap(), "after");
    }

    #[test]
    fn what_cannot_be_written_is_counted() {
        static LOST: AtomicU64 = AtomicU64::new(0);
        static LINES: Lines = Lines::new(|lost| {
            LOST.fetch_add(lost, Relaxed);
        });
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        thread::spawn(|| LINES.write_to(writer));
        LINES.push(b"one\ntwo\n");
        LINES.push(b"three\n");
        LINES.flush(Duration::from_secs(60));
        assert_eq!(LOST.load(Relaxed), 3);
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        for length in [MAX_LINE - 1, MAX_LINE, MAX_LINE + 1, 3 * MAX_LINE] {
            for beginning in ["", "a", "ab"] {
                let line = format!("{beginning}{}", "€".repeat(length / 3));
                let mut lines = Vec::new();
                append(&mut lines, line.as_bytes());
                let text = String::from_utf8(lines).unwrap();
                assert!(text.len() <= MAX_LINE && text.ends_with('\n'), "{}", text.len());
                assert_eq!(text.trim_end() == line, line.len() < MAX_LINE);
                assert!(text.len() > MAX_LINE - 10 || line.len() < MAX_LINE, "{}", text.len());
            }
        }
    }

    #[test]
    fn flushing_a_stream_that_takes_nothing_ends() {
        static LINES: Lines = Lines::new(|_| ());
        let (_reader, writer) = io::pipe().unwrap();
        thread::spawn(|| LINES.write_to(writer));
        // More than a pipe takes.
        for _ in 0..500 {
            LINES.push(&[b'x'; 1000]);
        }
        LINES.flush(Duration::from_millis(20));
        assert!(!LINES.lock().waiting.is_empty() || LINES.lock().is_writing);
    }
}
