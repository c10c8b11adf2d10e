use serde_json::json;

use crate::{
    client::Client,
    in_process::{SERVICE_KEY, Server},
};

fn administrator(server: &Server) -> Client {
    server.client().with_service_key(SERVICE_KEY)
}

fn bank_size(server: &Server) -> u32 {
    server.database().query_row("SELECT count(*) FROM questions", [], |row| row.get(0)).unwrap()
}

#[test]
fn generated_questions_land_in_the_bank() {
    let server = Server::start();
    let before = bank_size(&server);
    let order = json!({ "count": 5, "types": ["math", "logic"], "difficulties": ["hard"] });
    let run = administrator(&server).post("/admin/generation-runs", &order).expect(201);
    let expected = json!([
        { "type": "logic", "difficulty": "hard", "count": 5 },
        { "type": "math", "difficulty": "hard", "count": 5 },
    ]);
    assert_eq!(run["generated"], expected);
    assert_eq!(bank_size(&server), before + 10);
}

#[test]
fn without_a_body_ten_of_each_kind_are_generated() {
    let server = Server::start();
    let before = bank_size(&server);
    let run = administrator(&server).post_nothing("/admin/generation-runs").expect(201);
    let generated = run["generated"].as_array().unwrap();
    assert_eq!(generated.len(), 18);
    let added: u64 = generated.iter().map(|cell| cell["count"].as_u64().unwrap()).sum();
    assert_eq!(u64::from(bank_size(&server) - before), added);
    assert!(added > 150, "{run}");
}

#[test]
fn the_service_key_is_required() {
    let server = Server::start();
    let path = "/admin/generation-runs";
    server.user().post_nothing(path).detail(401);
    server.client().with_service_key("open barley").post_nothing(path).detail(401);

    let server = Server::with(|settings| settings.service_key = None);
    let detail = administrator(&server).post_nothing(path).detail(503);
    assert!(detail.contains("SERVICE_KEY"), "{detail}");
}

#[test]
fn orders_are_checked() {
    let server = Server::start();
    let issues = |order| administrator(&server).post("/admin/generation-runs", &order).issues();
    assert_eq!(issues(json!({ "count": 0 })), ["body.count"]);
    assert_eq!(issues(json!({ "count": 101 })), ["body.count"]);
    assert_eq!(issues(json!({ "types": ["chess"] })), ["body.types.0"]);
    assert_eq!(issues(json!({ "difficulties": "hard" })), ["body.difficulties"]);
    assert_eq!(issues(json!({ "type": "math" })), ["body.type"]);
}
