//! All that the process logs, in memory. Tests tell their lines by the address of their receiver.

use std::{
    io,
    sync::{Mutex, Once},
};

static TEXT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static SUBSCRIBED: Once = Once::new();

struct Memory;

impl io::Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        TEXT.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Call before what logs.
pub(crate) fn keep() {
    SUBSCRIBED.call_once(|| {
        tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_ansi(false).with_writer(|| Memory).init();
    });
}

/// Our own lines of this level that contain `words`.
pub(crate) fn lines(level: &str, words: &str) -> Vec<String> {
    let text = TEXT.lock().unwrap();
    String::from_utf8_lossy(&text)
        .lines()
        .filter(|line| line.contains(&format!(" {level} picometer_std")) && line.contains(words))
        .map(str::to_owned)
        .collect()
}
