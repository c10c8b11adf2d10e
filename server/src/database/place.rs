//! Whether the files that are open are still those at their paths.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{Access, access},
    io::Errno,
};

use super::{beside, unusable::Unusable};

/// Which file it is, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(path: &Path) -> io::Result<Self> {
        let metadata = fs::metadata(path)?;
        Ok(Self { device: metadata.dev(), inode: metadata.ino() })
    }
}

/// The database's file, and the log and its index beside it, which exist as long as a connection is open.
#[derive(Debug)]
pub(super) struct Place {
    /// The database itself comes first.
    files: Vec<(PathBuf, Identity)>,
}

impl Place {
    /// The database's file alone, before it is opened.
    pub(super) fn of_file(path: &Path) -> io::Result<Self> {
        Ok(Self { files: vec![(path.to_owned(), Identity::of(path)?)] })
    }

    /// With the files beside it, which opening has made. SQLite follows links before it names them.
    pub(super) fn opened(mut self) -> io::Result<Self> {
        let [(path, _), ..] = &self.files[..] else { return Ok(self) };
        let path = fs::canonicalize(path)?;
        for suffix in ["-wal", "-shm"] {
            let file = beside(&path, suffix);
            let identity = Identity::of(&file)?;
            self.files.push((file, identity));
        }
        Ok(self)
    }

    /// Says whether a commit is written to the files at the paths, and not to others that nobody can find any more.
    /// Makes four system calls, which take a few microseconds. Files can still be deleted right after it.
    pub(super) fn check(&self) -> Result<(), Unusable> {
        // SQLite wrote its first page when it opened the database.
        if self.files.first().and_then(|(path, _)| fs::metadata(path).ok()).is_some_and(|metadata| metadata.len() == 0)
        {
            return Err(Unusable::Truncated);
        }
        for (path, opened) in &self.files {
            match Identity::of(path) {
                Ok(found) if found == *opened => {}
                Ok(_) => return Err(Unusable::Replaced),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Unusable::Missing),
                Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Err(Unusable::Missing),
                Err(_) => return Err(Unusable::Io),
            }
        }
        self.files.first().map_or(Ok(()), |(path, _)| require_writable(path))
    }

    /// Renames the log and its index, if they are those that were opened and the database at its path is not. SQLite would
    /// take them for the log of whatever database is put there, and corrupt it. Returns the new name of the log.
    pub(super) fn set_aside_log(&self) -> io::Result<Option<PathBuf>> {
        let [(database, opened), beside_it @ ..] = &self.files[..] else { return Ok(None) };
        if Identity::of(database).is_ok_and(|found| found == *opened) {
            return Ok(None);
        }
        let mut log = None;
        for (path, identity) in beside_it {
            if Identity::of(path).is_ok_and(|found| found == *identity) {
                let aside = beside(path, &format!(".of-{}", opened.inode));
                fs::rename(path, &aside)?;
                log.get_or_insert(aside);
            }
        }
        Ok(log)
    }
}

/// Connections that are open go on when the file becomes read-only, but only into the log. One that is opened then can
/// begin to write, and fails later.
pub(super) fn require_writable(path: &Path) -> Result<(), Unusable> {
    access(path, Access::WRITE_OK).map_err(|error| match error {
        Errno::ACCESS | Errno::PERM | Errno::ROFS => Unusable::ReadOnly,
        Errno::NOENT | Errno::NOTDIR => Unusable::Missing,
        _ => Unusable::Io,
    })
}
