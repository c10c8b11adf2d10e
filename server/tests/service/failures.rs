//! What the service answers when something other than the client fails, and when nothing is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aiq_backend::config::Seconds;

use crate::{
    client::{Client, registration, text},
    in_process::Server,
};

#[test]
fn the_service_says_how_it_is() {
    let server = Server::start();
    let health = server.client().get("/health").expect(200);
    assert_eq!(health["status"], "healthy");
    assert_eq!(health["service"], "aiq-backend");
    assert_eq!(health["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(health["database"], "connected");
    assert!(health["timestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(server.client().get("/ping").expect(200)["message"], "pong");
}

#[test]
fn unknown_paths_and_methods_are_answered_in_json() {
    let server = Server::start();
    server.client().get("/nothing/here").detail(404);
    let answer = server.client().get("/auth/login");
    assert_eq!(answer.headers["allow"], "POST");
    answer.detail(405);
    // GET begins a test; HEAD would begin one that nobody sees.
    let user = server.user();
    let answer = user.try_ask("HEAD", "/test/start", None).unwrap();
    assert_eq!((answer.status, answer.headers["allow"].to_str().unwrap()), (405, "GET,POST"));
    assert!(user.get("/test/active").expect(200).is_null());
}

#[test]
fn every_405_says_which_methods_are_allowed() {
    let server = Server::start();
    let document = server.client().get("/openapi.json").expect(200);
    let mut routes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    routes.insert("/metrics".to_owned(), ["GET".to_owned()].into());
    for (path, operations) in document["paths"].as_object().unwrap() {
        routes
            .insert(path.clone(), operations.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect());
    }
    for (path, mut allowed) in routes {
        if allowed.contains("GET") && path != "/test/start" {
            allowed.insert("HEAD".to_owned());
        }
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
            if !allowed.contains(method) {
                let answer = server.client().try_ask(method, &path.replace("{id}", "1"), None).unwrap();
                assert_eq!(answer.status, 405, "{method} {path}");
                let header = answer.headers.get("allow").unwrap_or_else(|| panic!("{method} {path}: no Allow"));
                let named: BTreeSet<String> = header.to_str().unwrap().split(',').map(str::to_owned).collect();
                assert_eq!(named, allowed, "{method} {path}");
            }
        }
    }
}

#[test]
fn large_bodies_are_refused() {
    let server = Server::start();
    let answer = server.client().post("/auth/register", &registration(&"a".repeat(70_000)));
    answer.detail(413);
}

#[test]
fn the_prefix_can_be_empty_or_longer() {
    for (prefix, path) in [("/", "/ping"), ("/api/v1/", "/api/v1/ping")] {
        let server = Server::with(|settings| settings.api_v1_prefix = prefix.parse().unwrap());
        let body: String =
            ureq::get(format!("http://{}{path}", server.address)).call().unwrap().body_mut().read_to_string().unwrap();
        assert!(body.contains("pong"));
    }
}

#[test]
fn an_internal_error_has_an_id_and_no_secrets() {
    let server = Server::start();
    server.database().execute_batch("ALTER TABLE users RENAME TO people").unwrap();
    let answer = server.client().post("/auth/register", &registration("ada@example.com")).expect(500);
    assert_eq!(answer["detail"], "Internal server error");
    assert_eq!(text(&answer["error_id"]).len(), 16);
}

#[test]
fn a_database_that_others_hold_is_answered_503() {
    let server = Server::with(|settings| settings.database_timeout_seconds = Seconds(Duration::from_millis(50)));
    let client = Client::registered(server.address);
    let other = server.database();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(client.post_nothing("/test/start").detail(503).contains("busy"));
    // Reading goes on meanwhile.
    client.get("/user/profile").expect(200);
    other.execute_batch("COMMIT").unwrap();
    client.post_nothing("/test/start").expect(200);
}
