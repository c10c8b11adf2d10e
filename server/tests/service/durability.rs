//! What was answered is there after the process was killed.

use std::{
    net::SocketAddr,
    path::Path,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    time::Duration,
};

use aiq_backend::{
    config::DatabaseUrl,
    database::{self, Database, Hooks},
};
use serde_json::{Value, json};
use tokio::{sync::oneshot, time::timeout};

use crate::{
    client::{Client, PASSWORD, first_options, registration, text, unused_email},
    process::Process,
};

const ROUNDS: usize = 3;
const THREADS: usize = 6;
/// Submissions answered before the process is killed, in the middle of more.
const ANSWERED: usize = 40;

/// What the service said it had done.
#[derive(Default)]
struct Promises {
    registrations: Mutex<Vec<Value>>,
    /// Results, each with the access token of its owner.
    results: Mutex<Vec<(String, Value)>>,
}

#[test]
fn everything_answered_outlives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let promises = Promises::default();
    for _ in 0..ROUNDS {
        load_and_kill(directory.path(), &promises);
    }
    let process = Process::start(directory.path());
    let registrations = promises.registrations.into_inner().unwrap();
    let results = promises.results.into_inner().unwrap();
    assert!(registrations.len() >= ROUNDS * ANSWERED && results.len() >= ROUNDS * ANSWERED);

    for user in &registrations {
        let login = json!({ "email": user["email"], "password": PASSWORD });
        let answer = Client::new(process.address).post("/auth/login", &login).expect(200);
        assert_eq!(answer["user"]["id"], user["id"]);
    }
    for (token, result) in &results {
        // The key that signed the token is still the same, too.
        let client = Client::new(process.address).with_token(token);
        assert_eq!(client.get(&format!("/test/results/{}", result["id"])).expect(200), *result);
    }
    let database = rusqlite::Connection::open(directory.path().join("aiq.db")).unwrap();
    let check: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}

#[test]
fn work_that_its_caller_gave_up_is_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("aiq.db");
    let counted = Arc::new(AtomicBool::new(false));
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let url = DatabaseUrl::of(path);
        let database = Database::open(&url, 1, Duration::from_secs(30), Hooks::default()).unwrap();
        let (began, begins) = oneshot::channel();
        let (let_go, go_on) = mpsc::channel();
        let writing = tokio::spawn({
            let (database, counted) = (database.clone(), Arc::clone(&counted));
            async move {
                let work = move |_: &rusqlite::Transaction<'_>| {
                    began.send(()).unwrap();
                    go_on.recv().unwrap();
                    Ok::<_, database::Error>(())
                };
                database.write(work, move |()| counted.store(true, SeqCst)).await
            }
        });
        begins.await.unwrap();
        writing.abort();
        assert!(writing.await.unwrap_err().is_cancelled());
        let mut settled = pin!(database.settle(Duration::from_secs(30)));
        assert!(timeout(Duration::from_millis(50), &mut settled).await.is_err(), "the work still runs");
        let_go.send(()).unwrap();
        settled.await.unwrap();
        assert!(counted.load(SeqCst));
    });
}

fn load_and_kill(directory: &Path, promises: &Promises) {
    let process = Process::start(directory);
    let address = process.address;
    std::thread::scope(|scope| {
        let (answered, answers) = mpsc::channel();
        for _ in 0..THREADS {
            let answered = answered.clone();
            scope.spawn(move || {
                // An error means that the process is gone and nothing was promised.
                while let Ok(()) = take_a_test(address, promises) {
                    let _ = answered.send(());
                }
            });
        }
        assert_eq!(answers.iter().take(ANSWERED).count(), ANSWERED);
        process.kill();
    });
}

fn take_a_test(address: SocketAddr, promises: &Promises) -> Result<(), ureq::Error> {
    let client = Client::new(address);
    let ask = |client: &Client, path: &str, body: Value, status: u16| {
        client.try_ask("POST", path, Some(body.to_string())).map(|answer| answer.expect(status))
    };
    let registered = ask(&client, "/auth/register", registration(&unused_email()), 201)?;
    promises.registrations.lock().unwrap().push(registered["user"].clone());

    let token = text(&registered["access_token"]);
    let client = client.with_token(&token);
    let started = ask(&client, "/test/start?question_count=3", Value::Null, 200)?;
    let submitted = ask(&client, "/test/submit", first_options(&started), 200)?;
    promises.results.lock().unwrap().push((token, submitted["result"].clone()));
    Ok(())
}
