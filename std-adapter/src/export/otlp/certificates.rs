//! Which certificates of authorities the environment names.

use std::{env, ffi::OsString};

use rustls_native_certs::{CertificateResult, load_certs_from_paths};

use crate::export::{ExportError, error::Kind};

const FILE: &str = "SSL_CERT_FILE";
const FOLDERS: &str = "SSL_CERT_DIR";

/// Whether the environment names certificates, which no others may replace.
///
/// # Errors
///
/// The first variable that is set names no certificate that can be read: where that is `SSL_CERT_FILE`, those in
/// `SSL_CERT_DIR` do not stand in, because that is set on some machines by default.
pub(super) fn are_chosen() -> Result<bool, ExportError> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    let (variable, found) = match (set(FILE), set(FOLDERS)) {
        (Some(file), _) => (FILE, load_certs_from_paths(Some(file.as_ref()), None)),
        (None, Some(folders)) => (FOLDERS, in_folders(&folders)),
        (None, None) => return Ok(false),
    };
    if !found.certs.is_empty() {
        return Ok(true);
    }
    let reason = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
    let message = format!("{variable} names no certificate that can be read{reason}");
    Err(ExportError::of(Kind::Config, message))
}

fn in_folders(folders: &OsString) -> CertificateResult {
    let mut all = CertificateResult::default();
    for folder in env::split_paths(folders).filter(|folder| !folder.as_os_str().is_empty()) {
        let found = load_certs_from_paths(None, Some(&folder));
        all.certs.extend(found.certs);
        all.errors.extend(found.errors);
    }
    all
}
