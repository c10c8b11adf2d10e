//! Whole lines on a stream.

use std::{
    io::{self, ErrorKind, Write},
    thread,
    time::Duration,
};

/// Pause when a stream that does not block is full.
const PAUSE: Duration = Duration::from_millis(10);

/// Writes each line in one piece, so that it stays whole between the lines of other processes.
pub(super) struct Stream<W> {
    out: W,
    /// Whether the last line was begun and not ended.
    is_torn: bool,
}

impl<W: Write> Stream<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, is_torn: false }
    }

    /// Writes a line with its end, for as long as that takes.
    ///
    /// # Errors
    ///
    /// Those of the stream. What was written of the line then stays a line of its own.
    pub(super) fn put(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_torn {
            self.write_all(b"\n")?;
            self.is_torn = false;
        }
        self.write_all(line)
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        let mut left = line;
        while !left.is_empty() {
            match self.out.write(left) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => left = &left[written..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(PAUSE),
                Err(error) => {
                    self.is_torn |= left.len() < line.len();
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes three bytes at a time, and does what it is told in between.
    struct Narrow {
        taken: Vec<u8>,
        errors: Vec<(usize, ErrorKind)>,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(at) = self.errors.iter().position(|(after, _)| *after <= self.taken.len()) {
                return Err(self.errors.remove(at).1.into());
            }
            let taken = bytes.len().min(3);
            self.taken.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(errors: &[(usize, ErrorKind)]) -> (Vec<bool>, String) {
        let mut stream = Stream::new(Narrow { taken: Vec::new(), errors: errors.to_vec() });
        let outcomes = [&b"first\n"[..], b"second\n", b"third\n"].map(|line| stream.put(line).is_ok()).to_vec();
        (outcomes, String::from_utf8(stream.out.taken).unwrap())
    }

    #[test]
    fn lines_are_written_to_their_end() {
        let errors = [(0, ErrorKind::Interrupted), (3, ErrorKind::WouldBlock)];
        assert_eq!(written(&errors), (vec![true; 3], "first\nsecond\nthird\n".to_owned()));
    }

    #[test]
    fn a_torn_line_is_not_continued_by_the_next() {
        // In the middle of the second line, and again at the line end that closes it.
        let errors = [(9, ErrorKind::StorageFull), (9, ErrorKind::StorageFull)];
        assert_eq!(written(&errors), (vec![true, false, false], "first\nsec".to_owned()));
        assert_eq!(written(&errors[..1]), (vec![true, false, true], "first\nsec\nthird\n".to_owned()));
        // At the beginning of it, nothing is torn.
        assert_eq!(written(&[(6, ErrorKind::StorageFull)]), (vec![true, false, true], "first\nthird\n".to_owned()));
    }
}
