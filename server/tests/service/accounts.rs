use aiq_backend::auth::token::{Claims, TokenType, Tokens};
use serde_json::json;

use crate::{
    client::{PASSWORD, registration, text, unused_email},
    in_process::{JWT_SECRET, Server},
};

#[test]
fn registering_answers_with_tokens_and_the_user() {
    let server = Server::start();
    let answer = server.client().post("/auth/register", &registration("Ada.Byron@Example.COM")).expect(201);
    assert_eq!(answer["token_type"], "bearer");
    assert_eq!(answer["user"]["email"], "ada.byron@example.com");
    assert_eq!(answer["user"]["first_name"], "Ada");
    assert!(answer["user"].get("password_hash").is_none() && answer["user"].get("token_generation").is_none());

    let profile = server.client().with_token(&text(&answer["access_token"])).get("/user/profile").expect(200);
    assert_eq!(profile, answer["user"]);
}

#[test]
fn an_address_registers_once_whatever_its_case() {
    let server = Server::start();
    server.client().post("/auth/register", &registration("ada@example.com")).expect(201);
    let again = server.client().post("/auth/register", &registration("ADA@example.com"));
    assert_eq!(again.detail(409), "Email already registered");
}

#[test]
fn one_of_many_at_the_same_moment_gets_the_address() {
    let server = Server::start();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let ask = || server.client().post("/auth/register", &registration("ada@example.com")).status;
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
}

#[test]
fn everything_wrong_with_a_registration_is_told_at_once() {
    let server = Server::start();
    let bad = json!({ "email": "nobody", "password": "short", "first_name": " ", "last_name": "x".repeat(101) });
    let issues = server.client().post("/auth/register", &bad).issues();
    assert_eq!(issues, ["body.email", "body.password", "body.first_name", "body.last_name"]);

    let missing = json!({ "email": "ada@example.com", "password": PASSWORD, "first_name": "Ada" });
    assert_eq!(server.client().post("/auth/register", &missing).issues(), ["body.last_name"]);

    let wrong_type = json!({ "email": 7, "password": PASSWORD, "first_name": "Ada", "last_name": "Byron" });
    assert_eq!(server.client().post("/auth/register", &wrong_type).issues(), ["body.email"]);

    let two = format!("{} {{}}", registration("ada@example.com"));
    for bad in ["", "{", "[]", "7", "\u{0}", &two] {
        assert_eq!(server.client().post_raw("/auth/register", bad).issues(), ["body"], "{bad:?}");
    }
}

#[test]
fn passwords_of_all_allowed_lengths_are_taken() {
    let server = Server::start();
    for (length, status) in [(7, 422), (8, 201), (128, 201), (129, 422)] {
        let mut registration = registration(&unused_email());
        // Characters, not bytes, are counted.
        registration["password"] = "é".repeat(length).into();
        assert_eq!(server.client().post("/auth/register", &registration).status, status, "{length}");
    }
}

#[test]
fn logging_in_takes_the_right_password() {
    let server = Server::start();
    server.client().post("/auth/register", &registration("ada@example.com")).expect(201);
    let login = |email: &str, password: &str| {
        server.client().post("/auth/login", &json!({ "email": email, "password": password }))
    };

    let answer = login("Ada@Example.com", PASSWORD).expect(200);
    assert!(answer["user"]["last_login_at"].is_string());
    server.client().with_token(&text(&answer["access_token"])).get("/user/profile").expect(200);

    let wrong = login("ada@example.com", "wrong password");
    assert_eq!(wrong.headers["www-authenticate"], "Bearer");
    let wrong = wrong.detail(401);
    assert_eq!(login("nobody@example.com", PASSWORD).detail(401), wrong, "does not tell which addresses exist");
    assert_eq!(server.client().post("/auth/login", &json!({})).issues(), ["body.email"]);
}

#[test]
fn tokens_are_refreshed_by_body_or_header() {
    let server = Server::start();
    let answer = server.client().post("/auth/register", &registration("ada@example.com")).expect(201);
    let refresh = text(&answer["refresh_token"]);

    let by_body = server.client().post("/auth/refresh", &json!({ "refresh_token": refresh })).expect(200);
    let by_header = server.client().with_token(&refresh).post_nothing("/auth/refresh").expect(200);
    for answer in [by_body, by_header] {
        server.client().with_token(&text(&answer["access_token"])).get("/user/profile").expect(200);
    }
    server.client().post_nothing("/auth/refresh").detail(401);
}

#[test]
fn a_token_is_good_for_its_own_purpose_only() {
    let server = Server::start();
    let answer = server.client().post("/auth/register", &registration("ada@example.com")).expect(201);
    let (access, refresh) = (text(&answer["access_token"]), text(&answer["refresh_token"]));
    server.client().with_token(&refresh).get("/user/profile").detail(401);
    server.client().post("/auth/refresh", &json!({ "refresh_token": access })).detail(401);
}

#[test]
fn bad_tokens_are_refused() {
    let server = Server::start();
    let user = server.client().post("/auth/register", &registration("ada@example.com")).expect(201);
    let claims = Claims::new(user["user"]["id"].as_i64().unwrap(), 0, TokenType::Access);
    let sign = |secret: &str, claims: &Claims| Tokens::new(secret.as_bytes()).unwrap().sign(claims).unwrap();

    server.client().with_token(&sign(JWT_SECRET, &claims)).get("/user/profile").expect(200);
    let refused = [
        ("expired", sign(JWT_SECRET, &Claims { exp: claims.iat - 1, ..claims.clone() })),
        ("of nobody", sign(JWT_SECRET, &Claims { sub: 999, ..claims.clone() })),
        ("of another generation", sign(JWT_SECRET, &Claims { generation: 1, ..claims.clone() })),
        ("signed with another key", sign(&"x".repeat(32), &claims)),
        ("no token", "nonsense".to_owned()),
        ("nothing", String::new()),
    ];
    for (which, token) in refused {
        let answer = server.client().with_token(&token).get("/user/profile");
        assert_eq!(answer.status, 401, "{which}");
    }
    assert_eq!(server.client().get("/user/profile").detail(401), "Not authenticated");
}

#[test]
fn logging_out_ends_every_token() {
    let server = Server::start();
    let answer = server.client().post("/auth/register", &registration("ada@example.com")).expect(201);
    let client = server.client().with_token(&text(&answer["access_token"]));
    client.post_nothing("/auth/logout").expect(204);
    client.get("/user/profile").detail(401);
    let refresh = json!({ "refresh_token": answer["refresh_token"] });
    server.client().post("/auth/refresh", &refresh).detail(401);
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    server.client().post("/auth/login", &login).expect(200);
}

#[test]
fn names_can_be_changed_one_at_a_time() {
    let server = Server::start();
    let client = server.user();
    let user = client.put("/user/profile", &json!({ "first_name": "Augusta" })).expect(200);
    assert_eq!((text(&user["first_name"]), text(&user["last_name"])), ("Augusta".to_owned(), "Byron".to_owned()));
    assert_eq!(client.get("/user/profile").expect(200), user);
    assert_eq!(client.put("/user/profile", &json!({ "last_name": "" })).issues(), ["body.last_name"]);
    server.client().put("/user/profile", &json!({})).detail(401);
}

#[test]
fn a_deleted_account_takes_everything_along() {
    let server = Server::start();
    let client = server.user();
    client.start_test(100);
    let rows = || {
        ["users", "test_sessions", "session_questions", "shuffles", "moved_places"].map(|table| -> u32 {
            server.database().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
        })
    };
    assert!(!rows().contains(&0));
    client.delete("/user/delete-account").expect(204);
    client.get("/user/profile").detail(401);
    assert_eq!(rows(), [0; 5]);
    // The next user is not taken for the one who left.
    let other = server.user();
    assert!(other.get("/user/profile").expect(200)["id"].as_i64() > Some(1));
    client.get("/user/profile").detail(401);
}
