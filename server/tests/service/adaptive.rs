use std::collections::HashSet;

use serde_json::{Value, json};

use crate::{
    client::{Client, text},
    in_process::Server,
};

fn correct_answer(server: &Server, question: &Value) -> String {
    let query = "SELECT correct_answer FROM questions WHERE id = ?1";
    server.database().query_row(query, [question["id"].as_i64()], |row| row.get(0)).unwrap()
}

fn step(session: &Value, question: &Value, answer: &str) -> Value {
    json!({ "session_id": session["id"], "question_id": question["id"], "user_answer": answer, "time_spent_seconds": 3 })
}

fn start(client: &Client, question_count: u32) -> Value {
    client.post_nothing(&format!("/test/start?question_count={question_count}&adaptive=true")).expect(200)
}

#[test]
fn questions_get_harder_for_those_who_answer_them() {
    let server = Server::start();
    let client = server.user();
    let started = start(&client, 8);
    assert_eq!(started["questions"].as_array().unwrap().len(), 1);
    assert_eq!(started["total_questions"], 8);
    assert_eq!(started["current_theta"].as_f64().map(f64::round), Some(0.0));

    let mut question = started["questions"][0].clone();
    let mut ids = HashSet::new();
    let (mut difficulties, mut errors) = (Vec::new(), Vec::new());
    let last = loop {
        assert!(ids.insert(question["id"].as_i64()));
        difficulties.push(text(&question["difficulty_level"]));
        let answer = correct_answer(&server, &question);
        let stepped = client.post("/test/next", &step(&started["session"], &question, &answer)).expect(200);
        errors.push(stepped["current_se"].as_f64().unwrap());
        if stepped["test_complete"] == true {
            break stepped;
        }
        assert_eq!(stepped["result"], Value::Null);
        question = stepped["next_question"].clone();
    };
    assert_eq!(difficulties.len(), 8);
    assert_eq!(difficulties.first().map(String::as_str), Some("medium"));
    assert_eq!(difficulties.last().map(String::as_str), Some("hard"));
    assert!(errors.last() < errors.first(), "{errors:?}");
    assert_eq!(last["next_question"], Value::Null);
    assert_eq!(last["session"]["status"], "completed");
    assert_eq!(last["result"]["total_questions"], 8);
    assert_eq!(last["result"]["correct_answers"], 8);
    assert!(last["result"]["iq_score"].as_f64() > Some(110.0));
}

#[test]
fn questions_get_easier_for_those_who_do_not() {
    let server = Server::start();
    let client = server.user();
    let started = start(&client, 20);
    let mut question = started["questions"][0].clone();
    for _ in 0..6 {
        let stepped = client.post("/test/next", &step(&started["session"], &question, "no idea")).expect(200);
        question = stepped["next_question"].clone();
    }
    assert_eq!(question["difficulty_level"], "easy");
    let abandoned = client.post_nothing(&format!("/test/{}/abandon", started["session"]["id"])).expect(200);
    assert_eq!(abandoned["responses_saved"], 6);
}

#[test]
fn steps_must_fit_the_session() {
    let server = Server::start();
    let client = server.user();
    let started = start(&client, 2);
    let (session, question) = (&started["session"], &started["questions"][0]);
    let good = step(session, question, "x");

    server.user().post("/test/next", &good).detail(404);
    server.client().post("/test/next", &good).detail(401);
    client.post("/test/next", &step(session, &json!({ "id": 9999 }), "x")).detail(400);
    assert_eq!(client.post("/test/next", &step(session, question, " ")).issues(), ["body.user_answer"]);
    client.post("/test/submit", &json!({ "session_id": session["id"], "responses": [good] })).detail(400);

    client.post("/test/next", &good).expect(200);
    client.post("/test/next", &good).detail(409);
}

#[test]
fn a_fixed_test_has_no_steps() {
    let server = Server::start();
    let client = server.user();
    let started = client.start_test(2);
    client.post("/test/next", &step(&started["session"], &started["questions"][0], "x")).detail(400);
}

#[test]
fn a_bank_that_runs_out_ends_the_test() {
    let server = Server::start();
    server.database().execute("DELETE FROM questions WHERE id > 2", []).unwrap();
    let client = server.user();
    let started = start(&client, 5);
    let stepped = client.post("/test/next", &step(&started["session"], &started["questions"][0], "x")).expect(200);
    let stepped = client.post("/test/next", &step(&started["session"], &stepped["next_question"], "x")).expect(200);
    assert_eq!(stepped["test_complete"], true);
    assert_eq!(stepped["result"]["total_questions"], 2);
    client.post_nothing("/test/start?adaptive=true").detail(404);
    assert_eq!(client.get("/test/active").expect(200), Value::Null);
}
