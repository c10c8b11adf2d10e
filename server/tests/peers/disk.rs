//! The database on a disk that fills up, or becomes read-only.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::Command,
};

use tempfile::TempDir;

use crate::{
    client::{Client, registration, unused_email},
    installed::{is_inside, own_mounts},
    process::command,
    running::eventually,
    server::{SCRAPED, Server},
};

/// A disk of its own, with the database on it.
struct Disk {
    server: Server,
    directory: TempDir,
}

impl Disk {
    fn mount() -> Self {
        let directory = tempfile::tempdir().unwrap();
        mount(&["-t", "tmpfs", "-o", "size=4m,mode=700", "none"], directory.path());
        let server = Server::start(&[&SCRAPED[..], &[("DATABASE_URL", &*url(directory.path()))]].concat());
        let disk = Self { server, directory };
        disk.is_ready();
        disk
    }

    fn client(&self) -> Client {
        Client::new(self.server.address)
    }

    #[track_caller]
    fn health_becomes(&self, status: u16, database: &str) {
        eventually(database, || {
            let answer = self.client().get("/health");
            (answer.status == status && answer.body["database"] == database).then_some(())
        });
    }

    #[track_caller]
    fn is_ready(&self) {
        self.health_becomes(200, "connected");
        self.client().post("/auth/register", &registration(&unused_email())).expect(201);
    }

    /// Neither readiness nor `check` says yes, and nobody is registered.
    #[track_caller]
    fn is_not_ready(&self, database: &str, checked: &str) {
        self.health_becomes(503, database);
        self.client().get("/ping").expect(200);
        self.server.scrape();
        self.client().post("/auth/register", &registration(&unused_email())).expect(503);
        let mut check = command(self.directory.path());
        let output = check.arg("check").env("DATABASE_URL", url(self.directory.path())).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let failed = text.lines().find(|line| line.starts_with("database") && line.contains("FAILED")).unwrap();
        assert!(output.status.code() == Some(1) && failed.contains(checked), "{text}");
    }
}

fn url(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("aiq.db").display())
}

#[track_caller]
fn mount(options: &[&str], folder: &Path) {
    let output = Command::new("mount").args(options).arg(folder).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

pub(crate) fn a_full_disk_is_not_ready_until_it_has_room() {
    if !is_inside(own_mounts(), "a_full_disk_is_not_ready_until_it_has_room") {
        return;
    }
    let disk = Disk::mount();
    let filler = disk.directory.path().join("filler");
    let mut file = File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    disk.is_not_ready("full", "no room");
    fs::remove_file(&filler).unwrap();
    drop(file);
    disk.is_ready();
}

pub(crate) fn a_read_only_disk_is_not_ready_until_it_can_be_written() {
    if !is_inside(own_mounts(), "a_read_only_disk_is_not_ready_until_it_can_be_written") {
        return;
    }
    let disk = Disk::mount();
    let folder = disk.directory.path();
    // The same files, seen read-only by whoever looks at the path from now on.
    mount(&["--bind", folder.to_str().unwrap()], folder);
    mount(&["-o", "remount,bind,ro"], folder);
    disk.is_not_ready("read_only", "read-only");
    assert!(Command::new("umount").arg(folder).status().unwrap().success());
    disk.is_ready();
}
