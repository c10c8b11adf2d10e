//! States in which the service can serve, and in which it cannot.

use std::{
    any::Any,
    fs::{self, Permissions},
    net::TcpListener,
    os::unix::{
        fs::{PermissionsExt, symlink},
        net::UnixListener,
    },
    path::Path,
    process::Command,
};

use rusqlite::Connection;
use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::process::{Process, command_after};

/// The surroundings of a start.
pub(super) struct State {
    pub(super) name: &'static str,
    /// Words of what `check` says; none when it says yes.
    pub(super) says: Option<&'static str>,
    pub(super) make: fn(&Path) -> Setup,
}

/// How to start in a state, and what is held meanwhile.
#[derive(Default)]
pub(super) struct Setup {
    variables: Vec<(&'static str, String)>,
    shell: &'static str,
    _held: Option<Box<dyn Any>>,
}

impl Setup {
    pub(super) fn command(&self, directory: &Path) -> Command {
        let mut command = command_after(self.shell, directory);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Lets the folder be removed.
    pub(super) fn unmake(self, directory: &Path) {
        fs::set_permissions(directory, Permissions::from_mode(0o700)).unwrap();
    }

    fn with(variable: &'static str, value: impl Into<String>) -> Self {
        Self { variables: vec![(variable, value.into())], ..Self::default() }
    }

    fn after(shell: &'static str) -> Self {
        Self { shell, ..Self::default() }
    }

    fn holding(held: impl Any) -> Self {
        Self { _held: Some(Box::new(held)), ..Self::with("DATABASE_TIMEOUT_SECONDS", "0.2") }
    }
}

/// Makes a database as the service does.
fn used(directory: &Path) -> Connection {
    Process::start(directory).kill();
    let database = Connection::open(directory.join("aiq.db")).unwrap();
    // Takes what is in the log, which is then deleted when this is closed.
    database.execute_batch("PRAGMA wal_checkpoint").unwrap();
    database
}

fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

const fn good(name: &'static str, make: fn(&Path) -> Setup) -> State {
    State { name, says: None, make }
}

const fn bad(name: &'static str, says: &'static str, make: fn(&Path) -> Setup) -> State {
    State { name, says: Some(says), make }
}

pub(super) const ALL: &[State] = &[
    good("an empty folder", |_| Setup::default()),
    good("a database in use before", |directory| {
        drop(used(directory));
        Setup::default()
    }),
    good("an empty file", |directory| {
        fs::write(directory.join("aiq.db"), "").unwrap();
        Setup::default()
    }),
    good("a link to a database", |directory| {
        drop(used(directory));
        fs::rename(directory.join("aiq.db"), directory.join("real.db")).unwrap();
        symlink("real.db", directory.join("aiq.db")).unwrap();
        Setup::default()
    }),
    good("few file descriptors that can be raised", |_| Setup::after("ulimit -S -n 100")),
    bad("few file descriptors", "MAX_CONNECTIONS", |_| Setup::after("ulimit -n 100")),
    bad("a read-only file", "read-only", |directory| {
        drop(used(directory));
        set_mode(&directory.join("aiq.db"), 0o400);
        Setup::default()
    }),
    bad("a read-only folder", "folder", |directory| {
        drop(used(directory));
        set_mode(directory, 0o500);
        Setup::default()
    }),
    bad("a read-only folder without a database", "cannot make the database file", |directory| {
        set_mode(directory, 0o500);
        Setup::with("JWT_SECRET_KEY", "x".repeat(32))
    }),
    bad("no folder", "No such file", |_| Setup::with("DATABASE_URL", "sqlite://no/such/aiq.db")),
    bad("no room", "no room", |directory| {
        drop(used(directory));
        Setup::after("ulimit -f 0")
    }),
    bad("no room for a database", "no room", |_| Setup::after("ulimit -f 0")),
    bad("a locked database", "locked", |directory| {
        let database = used(directory);
        database.execute_batch("BEGIN IMMEDIATE").unwrap();
        Setup::holding(database)
    }),
    bad("a folder in its place", "is a folder", |directory| {
        fs::create_dir(directory.join("aiq.db")).unwrap();
        Setup::default()
    }),
    bad("a FIFO in its place", "is a FIFO", |directory| {
        fifo(&directory.join("aiq.db"));
        Setup::default()
    }),
    bad("a socket in its place", "is a socket", |directory| {
        Setup::holding(UnixListener::bind(directory.join("aiq.db")).unwrap())
    }),
    bad("a device in its place", "is a device", |_| Setup::with("DATABASE_URL", "sqlite:///dev/null")),
    bad("a link to nothing", "leads nowhere", |directory| {
        symlink("nowhere", directory.join("aiq.db")).unwrap();
        Setup::default()
    }),
    bad("a file that is no database", "not a database", |directory| {
        fs::write(directory.join("aiq.db"), "a diary".repeat(1000)).unwrap();
        Setup::default()
    }),
    bad("a newer database", "run a newer one", |directory| {
        used(directory).pragma_update(None, "user_version", 99).unwrap();
        Setup::default()
    }),
    bad("a database of another program", "already exists", |directory| {
        Connection::open(directory.join("aiq.db")).unwrap().execute_batch("CREATE TABLE users (id)").unwrap();
        Setup::default()
    }),
    bad("an address in use", "in use", |_| {
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = other.local_addr().unwrap().port().to_string();
        Setup { variables: vec![("PORT", port)], ..Setup::holding(other) }
    }),
    bad("an address of another machine", "HOST", |_| Setup::with("HOST", "192.0.2.1")),
    bad("a host that does not exist", "HOST", |_| Setup::with("HOST", "nowhere.invalid")),
    bad("a short key", "at least 32", |_| Setup::with("JWT_SECRET_KEY", "short")),
    bad("a key file that others can read", "chmod 600", |directory| {
        fs::write(directory.join("aiq.db.jwt"), "0".repeat(64)).unwrap();
        set_mode(&directory.join("aiq.db.jwt"), 0o644);
        Setup::default()
    }),
    bad("a key file without a key", "64 hexadecimal digits", |directory| {
        fs::write(directory.join("aiq.db.jwt"), "").unwrap();
        set_mode(&directory.join("aiq.db.jwt"), 0o600);
        Setup::default()
    }),
    bad("a FIFO as the key file", "is a FIFO", |directory| {
        fifo(&directory.join("aiq.db.jwt"));
        Setup::default()
    }),
    bad("a folder in which no key file can be made", "cannot use the key file", |directory| {
        // The log stays where it is, so that the database needs no new file.
        Process::start(directory).kill();
        fs::remove_file(directory.join("aiq.db.jwt")).unwrap();
        set_mode(directory, 0o500);
        Setup::default()
    }),
    bad("a link to no key file", "leads nowhere", |directory| {
        symlink("nowhere", directory.join("aiq.db.jwt")).unwrap();
        Setup::default()
    }),
    bad("a folder as the key file", "is a folder", |directory| {
        fs::create_dir(directory.join("aiq.db.jwt")).unwrap();
        Setup::default()
    }),
    bad("no memory for hashes", "PASSWORD_HASH_MEMORY_KIB", |_| Setup {
        shell: "ulimit -v 1000000",
        ..Setup::with("PASSWORD_HASH_MEMORY_KIB", "1048576")
    }),
];
