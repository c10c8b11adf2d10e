//! The document must say what the service does.

mod statuses;

use serde_json::{Value, json};

use crate::{
    client::{Client, PASSWORD, first_options, registration},
    in_process::{SERVICE_KEY, Server},
};

/// Says where a value is not as its schema says. Knows as much of JSON Schema as the document uses, and holds objects to
/// be complete: a property that the schema does not name is a fault of the document.
fn faults(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.strip_prefix('#').unwrap()).unwrap_or_else(|| panic!("{reference}"));
        return faults(document, target, value, at);
    }
    let mut found = Vec::new();
    if let Some(choices) = schema["anyOf"].as_array() {
        let tried: Vec<_> = choices.iter().map(|choice| faults(document, choice, value, at)).collect();
        if !tried.iter().any(Vec::is_empty) {
            found.extend(tried.concat());
        }
    }
    if let Some(names) = schema["enum"].as_array().filter(|names| !names.contains(value)) {
        found.push(format!("{at}: {value} is not in {names:?}"));
    }
    if let Some(constant) = schema.get("const").filter(|constant| *constant != value) {
        found.push(format!("{at}: {value} is not {constant}"));
    }
    found.extend(type_fault(schema, value, at));
    if let Some(text) = value.as_str() {
        let length = text.chars().count() as u64;
        let [least, most] = ["minLength", "maxLength"].map(|bound| schema[bound].as_u64());
        if least.is_some_and(|least| length < least) || most.is_some_and(|most| length > most) {
            found.push(format!("{at} has {length} characters"));
        }
        // The only pattern that the document has.
        match schema["pattern"].as_str() {
            None => {}
            Some(r"\S") if text.trim().is_empty() => found.push(format!("{at} is blank")),
            pattern => assert_eq!(pattern, Some(r"\S")),
        }
    }
    if let Some(items) = value.as_array() {
        if schema["minItems"].as_u64().is_some_and(|least| (items.len() as u64) < least) {
            found.push(format!("{at} has {} items", items.len()));
        }
        for (index, item) in items.iter().enumerate().filter(|_| schema.get("items").is_some()) {
            found.extend(faults(document, &schema["items"], item, &format!("{at}[{index}]")));
        }
    }
    if let Some(object) = value.as_object() {
        let properties = schema["properties"].as_object();
        for (name, property) in object {
            match properties.and_then(|properties| properties.get(name)) {
                Some(schema) => found.extend(faults(document, schema, property, &format!("{at}.{name}"))),
                // A condition on an object that is described elsewhere has no type.
                None if properties.is_some() && schema.get("type").is_some() => {
                    found.push(format!("{at}.{name} is not in the schema"));
                }
                None => {}
            }
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            if !object.contains_key(name.as_str().unwrap()) {
                found.push(format!("{at}.{name} is missing"));
            }
        }
    }
    found
}

fn type_fault(schema: &Value, value: &Value, at: &str) -> Option<String> {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.as_f64().is_some_and(|number| number.fract() != 0.0) => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let allowed = |name: &Value| name == kind || (name == "number" && kind == "integer");
    let fits = match schema.get("type")? {
        Value::Array(names) => names.iter().any(allowed),
        name => allowed(name),
    };
    (!fits).then(|| format!("{at}: {value} is not {}", schema["type"]))
}

struct Checker<'a> {
    document: &'a Value,
    checked: Vec<(String, String)>,
}

impl Checker<'_> {
    /// Asks, and holds question and answer against the document. `path` is the template; `#` stands for the id.
    fn ask(&mut self, client: &Client, method: &str, path: &str, id: &Value, body: Option<Value>) -> Value {
        let (template, query) = path.split_once('?').unwrap_or((path, ""));
        let operation = &self.document["paths"][template][method];
        assert!(operation.is_object(), "{method} {template} is not in the document");
        let at = format!("{method} {template}");
        if let Some(body) = &body {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            assert_eq!(faults(self.document, schema, body, "body"), [""; 0], "{at}");
        }
        let path = format!("{}?{query}", template.replace("{id}", &id.to_string()));
        let body = body.map(|body| body.to_string()).or((method == "post" || method == "put").then(String::new));
        let answer = client.try_ask(&method.to_uppercase(), &path, body).unwrap();
        let response = &operation["responses"][answer.status.to_string()];
        assert!(response.is_object(), "{at}: {} is not in the document: {}", answer.status, answer.body);
        if answer.body.is_null() && response.get("content").is_none() {
            self.checked.push((template.to_owned(), method.to_owned()));
            return answer.body;
        }
        let schema = &response["content"]["application/json"]["schema"];
        assert_eq!(faults(self.document, schema, &answer.body, "answer"), [""; 0], "{at}");
        if answer.status < 400 {
            self.checked.push((template.to_owned(), method.to_owned()));
        }
        answer.body
    }
}

#[test]
fn every_operation_does_what_the_document_says() {
    let server = Server::start();
    let document = server.client().get("/openapi.json").expect(200);
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], "/v1");
    let mut checker = Checker { document: &document, checked: Vec::new() };
    let (none, nobody) = (Value::Null, server.client());

    for path in ["/health", "/ping", "/openapi.json"] {
        checker.ask(&nobody, "get", path, &none, None);
    }
    let new = checker.ask(&nobody, "post", "/auth/register", &none, Some(registration("ada@example.com")));
    checker.ask(&nobody, "post", "/auth/register", &none, Some(registration("ada@example.com")));
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    checker.ask(&nobody, "post", "/auth/login", &none, Some(login));
    let refresh = json!({ "refresh_token": new["refresh_token"] });
    checker.ask(&nobody, "post", "/auth/refresh", &none, Some(refresh));
    checker.ask(&nobody, "get", "/user/profile", &none, None);

    let user = nobody.with_token(new["access_token"].as_str().unwrap());
    checker.ask(&user, "get", "/user/profile", &none, None);
    checker.ask(&user, "put", "/user/profile", &none, Some(json!({ "first_name": "Augusta" })));
    checker.ask(&user, "get", "/questions/unseen?count=3", &none, None);
    checker.ask(&user, "get", "/questions/unseen?count=300", &none, None);

    checker.ask(&user, "get", "/test/active", &none, None);
    let started = checker.ask(&user, "post", "/test/start?question_count=2", &none, None);
    checker.ask(&user, "get", "/test/active", &none, None);
    checker.ask(&user, "get", "/test/session/{id}", &started["session"]["id"], None);
    let submitted = checker.ask(&user, "post", "/test/submit", &none, Some(first_options(&started)));
    checker.ask(&user, "get", "/test/results/{id}", &submitted["result"]["id"], None);
    checker.ask(&user, "get", "/test/results/{id}", &json!(999), None);
    checker.ask(&user, "get", "/test/results/{id}", &json!("x"), None);
    checker.ask(&user, "get", "/test/history?limit=1", &none, None);

    let mut stepped = checker.ask(&user, "get", "/test/start?question_count=2&adaptive=true", &none, None);
    let session = stepped["session"]["id"].clone();
    stepped["next_question"] = stepped["questions"][0].clone();
    while stepped["next_question"].is_object() {
        let question = &stepped["next_question"];
        let step = json!({ "session_id": session, "question_id": question["id"], "user_answer": "x" });
        stepped = checker.ask(&user, "post", "/test/next", &none, Some(step));
    }
    let id = checker.ask(&user, "post", "/test/start", &none, None)["session"]["id"].clone();
    checker.ask(&user, "post", "/test/{id}/abandon", &id, None);

    let administrator = nobody.with_service_key(SERVICE_KEY);
    let order = json!({ "count": 1, "types": ["math"], "difficulties": ["easy"] });
    checker.ask(&administrator, "post", "/admin/generation-runs", &none, Some(order));
    checker.ask(&user, "post", "/auth/logout", &none, None);
    let again = checker.ask(
        &nobody,
        "post",
        "/auth/login",
        &none,
        Some(json!({ "email": "ada@example.com", "password": PASSWORD })),
    );
    let user = nobody.with_token(again["access_token"].as_str().unwrap());
    checker.ask(&user, "delete", "/user/delete-account", &none, None);

    // And nothing in the document went unasked.
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            assert!(checker.checked.contains(&(path.clone(), method.clone())), "{method} {path}");
        }
    }
    assert!(document["paths"].get("/metrics").is_none());
}
