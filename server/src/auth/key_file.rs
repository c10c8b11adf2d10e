//! The key that signs tokens when none is configured: random, kept in a file that only its owner can read.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::plain_file;

const KEY_BYTES: usize = 32;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "{path} can be read by others (its mode is {mode:03o}): run `chmod 600` on it, and consider deleting it, since the key may be known"
    )]
    Exposed { path: PathBuf, mode: u32 },
    #[error(
        "{0} does not hold a key of 64 hexadecimal digits: restore it, or delete it to have a new one made, which logs everybody out"
    )]
    Malformed(PathBuf),
    #[error("cannot use the key file {path}")]
    Io { path: PathBuf, source: io::Error },
}

/// The key in the file; makes the file when there is none.
///
/// # Errors
///
/// When the file cannot be read or made, holds no key, or can be read by others.
pub fn load_or_create(path: &Path) -> Result<[u8; KEY_BYTES], Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    if !plain_file::exists(path).map_err(failed)? {
        create(path).map_err(failed)?;
    }
    read(File::open(path).map_err(failed)?, path)
}

/// The key in the file; makes none when there is no file, and tries whether it could.
///
/// # Errors
///
/// As those of [`load_or_create`].
pub(crate) fn load_or_try(path: &Path) -> Result<Option<[u8; KEY_BYTES]>, Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    if plain_file::exists(path).map_err(failed)? {
        return read(File::open(path).map_err(failed)?, path).map(Some);
    }
    let folder = tempfile::tempdir_in(plain_file::folder(path)).map_err(failed)?;
    create(&folder.path().join("key")).map_err(failed)?;
    Ok(None)
}

fn read(file: File, path: &Path) -> Result<[u8; KEY_BYTES], Error> {
    let failed = |source| Error::Io { path: path.to_owned(), source };
    // Of the file that is open, not of the name: the name could be given to another file in between.
    let mode = file.metadata().map_err(failed)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Error::Exposed { path: path.to_owned(), mode });
    }
    let mut text = String::new();
    file.take(256).read_to_string(&mut text).map_err(failed)?;
    from_hex(text.trim_end()).ok_or_else(|| Error::Malformed(path.to_owned()))
}

/// Writes a new key under another name and links it into place, so that the file is either whole or not there. When
/// another process was first, its key stays.
fn create(path: &Path) -> io::Result<()> {
    let mut random = [0; KEY_BYTES + 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let (key, name) = random.split_at(KEY_BYTES);

    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{}", hex(name)));
    let draft = PathBuf::from(draft);

    let written = write(&draft, &hex(key)).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    });
    let removed = fs::remove_file(&draft);
    written.and(removed)
}

fn write(path: &Path, key: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{key}")?;
    file.sync_all()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(text: &str) -> Option<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    // from_str_radix would take a sign.
    if text.len() != 2 * KEY_BYTES || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn is_made_once_and_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("aiq.db.jwt");
        let key = load_or_create(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(load_or_create(&path).unwrap(), key);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "the draft is gone");
    }

    #[test]
    fn is_refused_when_others_can_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("aiq.db.jwt");
        load_or_create(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = load_or_create(&path).unwrap_err().to_string();
        assert!(error.contains("640") && error.contains("chmod 600"), "{error}");
    }

    #[test]
    fn is_refused_when_it_holds_no_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("aiq.db.jwt");
        write(&path, &"+f".repeat(32)).unwrap();
        assert!(matches!(load_or_create(&path), Err(Error::Malformed(_))));
    }

    #[test]
    fn processes_that_start_together_agree() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("aiq.db.jwt");
        let keys: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| load_or_create(&path).unwrap())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    }
}
