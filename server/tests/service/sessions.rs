use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    client::{first_options, text},
    in_process::Server,
};

#[test]
fn starting_serves_balanced_questions_without_their_answers() {
    let server = Server::start();
    let started = server.user().post_nothing("/test/start?question_count=36").expect(200);
    assert_eq!(started["total_questions"], 36);
    assert_eq!(started["session"]["status"], "in_progress");
    assert_eq!(started["session"]["question_count"], 36);
    assert!(started.get("current_theta").is_none());

    let mut cells = BTreeMap::new();
    for question in started["questions"].as_array().unwrap() {
        assert!(question["answer_options"].as_array().unwrap().len() >= 4);
        let keys: Vec<&str> = question.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(!keys.contains(&"correct_answer"), "{keys:?}");
        *cells.entry((text(&question["question_type"]), text(&question["difficulty_level"]))).or_insert(0) += 1;
    }
    assert_eq!(cells.len(), 18);
    assert!(cells.values().all(|count| *count == 2), "{cells:?}");
}

#[test]
fn a_test_has_twenty_five_questions_unless_told_and_get_starts_one_too() {
    let server = Server::start();
    let started = server.user().get("/test/start").expect(200);
    assert_eq!(started["questions"].as_array().unwrap().len(), 25);
}

#[test]
fn starting_checks_its_query_and_its_user() {
    let server = Server::start();
    let client = server.user();
    for (query, at) in [
        ("question_count=0", "query.question_count"),
        ("question_count=101", "query.question_count"),
        ("question_count=many", "query.question_count"),
        ("question_count=-1", "query.question_count"),
        ("adaptive=perhaps", "query.adaptive"),
    ] {
        assert_eq!(client.post_nothing(&format!("/test/start?{query}")).issues(), [at], "{query}");
    }
    server.client().post_nothing("/test/start").detail(401);
}

#[test]
fn a_second_test_waits_for_the_first() {
    let server = Server::start();
    let client = server.user();
    let id = client.start_test(2)["session"]["id"].clone();
    let detail = client.post_nothing("/test/start").detail(400);
    assert!(detail.contains(&id.to_string()), "{detail}");
    client.post_nothing(&format!("/test/{id}/abandon")).expect(200);
    client.start_test(2);
}

#[test]
fn of_many_starts_at_the_same_moment_one_succeeds() {
    let server = Server::start();
    for _ in 0..10 {
        let client = server.user();
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..8).map(|_| scope.spawn(|| client.post_nothing("/test/start?question_count=2").status)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 400, 409].contains(status)), "{statuses:?}");
    }
    let sessions = |table: &str| -> u32 {
        server.database().query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((sessions("test_sessions"), sessions("session_questions")), (10, 20));
}

#[test]
fn a_question_drawn_twice_at_the_same_moment_is_served_once() {
    let server = Server::start();
    server.database().execute("DELETE FROM questions WHERE id > 1", []).unwrap();
    let client = server.user();
    let other = server.database();
    // The start draws the question, and waits for its turn to write.
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let status = std::thread::scope(|scope| {
        let start = scope.spawn(|| client.post_nothing("/test/start").status);
        std::thread::sleep(Duration::from_millis(300));
        // Meanwhile another test serves it and ends.
        other
            .execute_batch(
                "INSERT INTO test_sessions (user_id, status, adaptive, question_count, started_at)
                 SELECT id, 'abandoned', 0, 1, 0 FROM users;
                 INSERT INTO shuffles (user_id, question_type, difficulty, taken)
                 SELECT users.id, question_type, difficulty, places FROM users, cells;
                 COMMIT",
            )
            .unwrap();
        start.join().unwrap()
    });
    // 404 if it has drawn only now, after the other test.
    assert!([404, 409].contains(&status), "{status}");
    assert_eq!(client.get("/test/active").expect(200), Value::Null);
}

#[test]
fn a_start_that_is_refused_does_not_wait_for_its_turn_to_write() {
    let server = Server::start();
    let (busy, done) = (server.user(), server.user());
    busy.start_test(2);
    let other = server.database();
    let seen = "INSERT INTO shuffles (user_id, question_type, difficulty, taken)
        SELECT max(users.id), question_type, difficulty, places FROM users, cells GROUP BY question_type, difficulty";
    other.execute_batch(seen).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // They have drawn, or looked for a test in progress, while nobody else can write.
    for path in ["/test/start", "/test/start?adaptive=true"] {
        busy.post_nothing(path).detail(400);
        done.post_nothing(path).detail(404);
    }
    other.execute_batch("COMMIT").unwrap();
}

#[test]
fn the_database_itself_refuses_a_second_active_session() {
    let server = Server::start();
    server.user().start_test(2);
    let error = server
        .database()
        .execute(
            "INSERT INTO test_sessions (user_id, status, adaptive, question_count, started_at)
             SELECT user_id, status, adaptive, question_count, started_at FROM test_sessions",
            [],
        )
        .unwrap_err();
    assert!(error.to_string().contains("UNIQUE"), "{error}");
}

#[test]
fn all_correct_scores_high_and_all_wrong_low() {
    let server = Server::start();
    let mut scores = Vec::new();
    for correct in [true, false] {
        let client = server.user();
        let started = client.start_test(18);
        let mut submission = first_options(&started);
        for response in submission["responses"].as_array_mut().unwrap() {
            let answer: String = server
                .database()
                .query_row(
                    "SELECT correct_answer FROM questions WHERE id = ?1",
                    [response["question_id"].as_i64()],
                    |row| row.get(0),
                )
                .unwrap();
            // Spaces around an answer do not matter.
            response["user_answer"] = if correct { format!(" {answer} ") } else { "no idea".to_owned() }.into();
            response["time_spent_seconds"] = 7.into();
        }
        let submitted = client.post("/test/submit", &submission).expect(200);
        let result = &submitted["result"];
        assert_eq!(submitted["responses_count"], 18);
        assert_eq!(submitted["session"]["status"], "completed");
        assert!(submitted["session"]["completed_at"].is_string());
        assert_eq!(result["correct_answers"], if correct { 18 } else { 0 });
        assert_eq!(result["accuracy_percentage"], if correct { 100.0 } else { 0.0 });
        scores.push(result["iq_score"].as_f64().unwrap());
        assert_eq!(client.get(&format!("/test/results/{}", result["id"])).expect(200), *result);
    }
    assert!(scores[0] > 120.0 && scores[1] < 80.0, "{scores:?}");
}

#[test]
fn unanswered_questions_count_as_wrong_when_time_runs_out() {
    let server = Server::start();
    let client = server.user();
    let started = client.start_test(4);
    let empty = json!({ "session_id": started["session"]["id"], "responses": [] });
    assert_eq!(client.post("/test/submit", &empty).issues(), ["body.responses"]);
    let late = json!({ "session_id": started["session"]["id"], "responses": [], "time_limit_exceeded": true });
    let submitted = client.post("/test/submit", &late).expect(200);
    assert_eq!(submitted["session"]["time_limit_exceeded"], true);
    assert_eq!(submitted["result"]["total_questions"], 4);
    assert_eq!(submitted["result"]["correct_answers"], 0);
}

#[test]
fn a_submission_must_fit_its_session() {
    let server = Server::start();
    let client = server.user();
    let started = client.start_test(2);
    let submission = first_options(&started);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut submission = submission.clone();
        change(&mut submission);
        client.post("/test/submit", &submission)
    };

    changed(&|s| s["session_id"] = 999.into()).detail(404);
    changed(&|s| s["responses"][0]["question_id"] = 9999.into()).detail(400);
    changed(&|s| s["responses"][0] = s["responses"][1].clone()).detail(400);
    assert_eq!(changed(&|s| s["responses"][1]["user_answer"] = " ".into()).issues(), ["body.responses.1.user_answer"]);
    assert_eq!(
        changed(&|s| s["responses"][0]["time_spent_seconds"] = 86_401.into()).issues(),
        ["body.responses.0.time_spent_seconds"]
    );
    assert_eq!(
        changed(&|s| s["responses"][0]["question_id"] = "one".into()).issues(),
        ["body.responses.0.question_id"]
    );
    assert_eq!(changed(&|s| s["session_id"] = Value::Null).issues(), ["body.session_id"]);
    server.user().post("/test/submit", &submission).detail(404);
    server.client().post("/test/submit", &submission).detail(401);

    // Nothing of what was refused has been kept.
    client.post("/test/submit", &submission).expect(200);
    assert!(client.post("/test/submit", &submission).detail(400).contains("completed"));
}

#[test]
fn of_many_submissions_at_the_same_moment_one_counts() {
    let server = Server::start();
    let client = server.user();
    let submission = first_options(&client.start_test(2));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| client.post("/test/submit", &submission).status)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 7, "{statuses:?}");
}

#[test]
fn abandoning_ends_a_session_of_ones_own() {
    let server = Server::start();
    let client = server.user();
    let id = client.start_test(2)["session"]["id"].clone();
    let path = format!("/test/{id}/abandon");
    server.user().post_nothing(&path).detail(404);
    server.client().post_nothing(&path).detail(401);
    let abandoned = client.post_nothing(&path).expect(200);
    assert_eq!(abandoned["session"]["status"], "abandoned");
    assert_eq!(abandoned["responses_saved"], 0);
    assert!(client.post_nothing(&path).detail(400).contains("abandoned"));
    client.post_nothing("/test/999/abandon").detail(404);
    assert_eq!(client.post_nothing("/test/first/abandon").issues(), ["path.id"]);
}

#[test]
fn a_test_in_progress_can_be_taken_up_again() {
    let server = Server::start();
    let client = server.user();
    assert_eq!(client.get("/test/active").expect(200), Value::Null);
    let started = client.start_test(3);
    let active = client.get("/test/active").expect(200);
    assert_eq!(active["session"], started["session"]);
    assert_eq!(active["questions"], started["questions"]);

    let path = format!("/test/session/{}", started["session"]["id"]);
    assert_eq!(client.get(&path).expect(200), active);
    server.user().get(&path).detail(404);
    assert_eq!(client.get("/test/session/x").issues(), ["path.id"]);

    client.post("/test/submit", &first_options(&started)).expect(200);
    let session = client.get(&path).expect(200);
    assert_eq!((session["questions_answered"].clone(), session["questions"].clone()), (3.into(), Value::Null));
    assert_eq!(client.get("/test/active").expect(200), Value::Null);
}

#[test]
fn history_comes_in_pages_newest_first() {
    let server = Server::start();
    let client = server.user();
    let results: Vec<Value> = (0..3)
        .map(|_| client.post("/test/submit", &first_options(&client.start_test(2))).expect(200)["result"].clone())
        .collect();
    let page = client.get("/test/history?limit=2").expect(200);
    assert_eq!(page["results"], json!([results[2], results[1]]));
    assert_eq!((page["total_count"].clone(), page["has_more"].clone()), (3.into(), true.into()));
    let page = client.get("/test/history?limit=2&offset=2").expect(200);
    assert_eq!(page["results"], json!([results[0]]));
    assert_eq!(page["has_more"], false);

    assert_eq!(client.get("/test/history?limit=0").issues(), ["query.limit"]);
    assert_eq!(client.get("/test/history?offset=-1").issues(), ["query.offset"]);
    assert_eq!(server.user().get("/test/history").expect(200)["total_count"], 0);
    server.user().get(&format!("/test/results/{}", results[0]["id"])).detail(404);
}

#[test]
fn no_question_is_served_twice_until_none_is_left() {
    let server = Server::start();
    let client = server.user();
    let mut seen = HashSet::new();
    loop {
        let answer = client.post_nothing("/test/start?question_count=100");
        if answer.status == 404 {
            break;
        }
        let started = answer.expect(200);
        for question in started["questions"].as_array().unwrap() {
            assert!(seen.insert(question["id"].as_i64()), "served twice");
        }
        assert_eq!(started["total_questions"], started["questions"].as_array().unwrap().len());
        client.post_nothing(&format!("/test/{}/abandon", started["session"]["id"])).expect(200);
    }
    assert_eq!(seen.len(), 360);
    assert_eq!(client.get("/questions/unseen").expect(200)["total_count"], 0);
    // Nobody else is affected, and nothing is left behind by the start that failed.
    assert_eq!(client.get("/test/active").expect(200), Value::Null);
    server.user().start_test(100);
}

#[test]
fn looking_at_unseen_questions_leaves_them_unseen() {
    let server = Server::start();
    let client = server.user();
    for _ in 0..2 {
        let unseen = client.get("/questions/unseen?count=100").expect(200);
        assert_eq!((unseen["total_count"].clone(), unseen["requested_count"].clone()), (100.into(), 100.into()));
        assert!(unseen["questions"][0].get("correct_answer").is_none());
    }
    assert_eq!(client.get("/questions/unseen?count=101").issues(), ["query.count"]);
}
