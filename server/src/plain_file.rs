//! Files that are opened by name: opening a FIFO waits for ever, and a device does what it likes.

use std::{
    fs::{self, FileType},
    io,
    os::unix::fs::FileTypeExt,
    path::Path,
};

/// Whether the file is there.
///
/// # Errors
///
/// When something other than a file is there, or when the system does not tell.
pub(crate) fn exists(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(true),
        Ok(metadata) => {
            Err(io::Error::other(format!("{} is {}, not a file", path.display(), kind(metadata.file_type()))))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Err(_) if path.is_symlink() => {
            Err(io::Error::other(format!("{} is a link that leads nowhere", path.display())))
        }
        Err(_) => Ok(false),
    }
}

/// The folder that the file is in.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn kind(file_type: FileType) -> &'static str {
    if file_type.is_dir() {
        "a folder"
    } else if file_type.is_fifo() {
        "a FIFO"
    } else if file_type.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}
