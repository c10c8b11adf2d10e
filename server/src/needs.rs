//! What the service needs of the system. Where it starts it takes them, and `check` takes them too and lets go, by the
//! same functions.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::TcpListener;

use crate::{
    auth::password::{self, Passwords},
    config::Settings,
    serve::RESERVE,
};

/// SQLite opens the database and its log; the index of the log is open once.
const DESCRIPTORS_PER_CONNECTION: u64 = 3;
/// Standard streams, the listener, the runtime, the connection of readiness, what pushes metrics, and the reserve of
/// connections for operators.
const OTHER_DESCRIPTORS: u64 = 64 + RESERVE as u64;

/// What the system does not give.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "MAX_CONNECTIONS and DATABASE_POOL_SIZE need {needed} file descriptors, and the system allows {allowed}: raise the limit (ulimit -n, LimitNOFILE=), or lower MAX_CONNECTIONS"
    )]
    FileDescriptors { needed: u64, allowed: u64 },
    #[error("cannot raise the limit on file descriptors")]
    RaiseLimit(#[source] io::Error),
    #[error(
        "{address} is in use, perhaps by a running instance of this service: stop it, or choose another port with --port (PORT)"
    )]
    AddressInUse { address: String },
    #[error("cannot listen on {address}: look at HOST and PORT")]
    Listen { address: String, source: io::Error },
    #[error("cannot hash a password with PASSWORD_HASH_MEMORY_KIB={kib}")]
    Passwords { kib: u32, source: password::Error },
}

/// Raises the limit on open files as far as the system lets it, if the settings need more. Returns how many they need.
///
/// # Errors
///
/// When the limit stays below that. The service can be served then, but not to so many.
pub(crate) fn file_descriptors(settings: &Settings) -> Result<u64, Error> {
    let pool = u64::from(settings.database_pool_size) * DESCRIPTORS_PER_CONNECTION;
    let needed = u64::from(settings.max_connections) + pool + OTHER_DESCRIPTORS;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|current| current < needed) {
        setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
            .map_err(|error| Error::RaiseLimit(error.into()))?;
    }
    match maximum {
        Some(allowed) if allowed < needed => Err(Error::FileDescriptors { needed, allowed }),
        _ => Ok(needed),
    }
}

/// Listens where the settings say.
///
/// # Errors
///
/// When the address is in use, belongs to another machine, may not be used, or when the host name is not known.
pub(crate) async fn listen(settings: &Settings) -> Result<TcpListener, Error> {
    TcpListener::bind((settings.host.as_str(), settings.port)).await.map_err(|source| {
        let address = format!("{}:{}", settings.host, settings.port);
        match source.kind() {
            io::ErrorKind::AddrInUse => Error::AddressInUse { address },
            _ => Error::Listen { address, source },
        }
    })
}

/// Hashes a first password, for which there must be memory.
///
/// # Errors
///
/// When it cannot be hashed.
pub(crate) fn passwords(settings: &Settings) -> Result<Passwords, Error> {
    let kib = settings.password_hash_memory_kib;
    Passwords::new(kib).map_err(|source| Error::Passwords { kib, source })
}
