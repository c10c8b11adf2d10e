//! The service in this process, asked anything.

mod answer;
mod call;
mod counted;
mod template;

use std::sync::{Mutex, PoisonError};

use aiq_backend::auth::token::TokenType;
use aiq_backend::router;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use answer::Answer;
pub use call::Call;
use call::{Credentials, Field, GENERATE, Id, METHODS, ROUTES, START, Scalar, Sent, percent_encoded};
use counted::Counted;
use template::{SERVICE_KEY, TEMPLATE, Template, USERS};

/// After how many inputs questions may be generated again. It takes a hundred times as long as any other request.
const GENERATION_REST: usize = 1_000;

static SERVICE: Mutex<Option<Service>> = Mutex::new(None);

/// Sends the requests one after the other and checks each answer, and that each is counted once.
pub fn check(calls: &[Call]) {
    let mut service = SERVICE.lock().unwrap_or_else(PoisonError::into_inner);
    if service.is_none() {
        Service::on(&TEMPLATE, TEMPLATE.copy()).answers_well();
    }
    if service.as_ref().is_none_or(Service::is_worn) {
        let rested = service.as_ref().map_or(GENERATION_REST, |worn| worn.rested);
        *service = Some(Service { rested, ..Service::on(&TEMPLATE, TEMPLATE.copy()) });
    }
    if let Some(service) = service.as_mut() {
        service.inputs += 1;
        service.rested += 1;
        // A user and a session of an earlier input must not matter to this one.
        service.client = Client::default();
        calls.iter().take(12).for_each(|call| service.call(call));
    }
}

/// The service, and who asks it.
struct Service {
    router: Router,
    runtime: Runtime,
    directory: TempDir,
    inputs: usize,
    /// How many inputs there were since questions were generated.
    rested: usize,
    client: Client,
    counted: Counted,
}

/// What a client remembers.
#[derive(Default)]
struct Client {
    email: String,
    access: String,
    refresh: String,
    session: i64,
    /// The question of the session that is to be answered first.
    question: i64,
}

impl Client {
    fn learn(&mut self, status: StatusCode, answer: Answer) {
        if let (StatusCode::OK, Some(session)) = (status, answer.session) {
            self.session = session.id;
            let mut questions = answer.questions.into_iter().flatten().chain(answer.next_question);
            self.question = questions.next().map_or(self.question, |question| question.id);
        }
        if let (Some(access), Some(refresh), Some(user)) = (answer.access_token, answer.refresh_token, answer.user) {
            (self.email, self.access, self.refresh) = (user.email, access, refresh);
        }
    }
}

impl Service {
    /// On the database in this directory; without one it is made.
    fn on(template: &Template, directory: TempDir) -> Self {
        // Without what waits for sockets: there are none, and its wake-ups cost more.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let state = template.open(&directory, &runtime);
        let mut counted = Counted::default();
        counted.changes();
        Self {
            router: router(state),
            runtime,
            directory,
            inputs: 0,
            rested: GENERATION_REST,
            client: Client::default(),
            counted,
        }
    }

    /// Drawing from many questions takes long, so that a database in which some were generated has had its day.
    fn is_worn(&self) -> bool {
        self.inputs >= USERS || self.rested == 0
    }

    /// Closes the database and leaves its directory.
    fn stop(self) -> TempDir {
        let Self { router, runtime, directory, .. } = self;
        drop((router, runtime));
        directory
    }

    fn call(&mut self, call: &Call) {
        let (method, template) = ROUTES[usize::from(call.route) % ROUTES.len()];
        let method = call.method.checked_sub(240).and_then(|at| METHODS.get(usize::from(at))).unwrap_or(&method);
        let id = match &call.id {
            Id::Last if template.contains("{id}") => self.session("question_count=2").0.to_string(),
            Id::Last => String::new(),
            Id::Small(id) => id.to_string(),
            Id::Any(id) => id.to_string(),
            Id::Text(text) => percent_encoded(text),
        };
        let mut target = match &call.path {
            Some(path) => crate::text(path),
            None => template.replace("{id}", &id),
        };
        if !call.query.is_empty() {
            let pairs: Vec<_> =
                call.query.iter().map(|(field, value)| format!("{}={}", field.name(), value.query())).collect();
            target = format!("{target}?{}", pairs.join("&"));
        }
        let mut request = Request::builder().method(*method).uri(&target);
        match &call.credentials {
            Credentials::User => {
                request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.user().access))
            }
            Credentials::Refresh => {
                request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.user().refresh));
            }
            Credentials::ServiceKey => request = request.header("x-service-key", SERVICE_KEY),
            Credentials::Bearer(token) => request = request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            Credentials::Raw(bytes) => {
                if let Ok(value) = HeaderValue::from_bytes(bytes) {
                    request = request.header(header::AUTHORIZATION, value.clone()).header("x-service-key", value);
                }
            }
            Credentials::None => {}
        }
        let body = match &call.body {
            Sent::Nothing => Vec::new(),
            Sent::Bytes(bytes) => bytes.clone(),
            Sent::Fields(fields) => self.body(json!({}), fields),
            Sent::Good(fields) => {
                let wanted = self.wanted(template);
                self.body(wanted, fields)
            }
        };
        let body = if template == GENERATE && self.rested < GENERATION_REST { refused(body) } else { body };
        // What is no request never gets here: hyper has answered it.
        let Ok(request) = request.body(Body::from(body)) else { return };
        let route = if call.path.is_some() { None } else { Some(template) };
        let (status, answer) = self.ask(request, route.unwrap_or_default());
        if template == GENERATE && status == StatusCode::CREATED {
            self.rested = 0;
        }
        self.client.learn(status, answer);
    }

    /// The client, logged in: by what it was told itself, or as the user who is there for this input.
    fn user(&mut self) -> &Client {
        if self.client.access.is_empty() {
            self.client.email = address(self.inputs);
            self.client.access = TEMPLATE.token(self.inputs, TokenType::Access);
            self.client.refresh = TEMPLATE.token(self.inputs, TokenType::Refresh);
        }
        &self.client
    }

    /// The client's session and its question; one is started if there was none.
    fn session(&mut self, wanted: &str) -> (i64, i64) {
        if self.client.session == 0 {
            let access = format!("Bearer {}", self.user().access);
            let request = Request::post(format!("{START}?{wanted}")).header(header::AUTHORIZATION, access);
            let (status, answer) = self.ask(request.body(Body::empty()).expect("a request"), START);
            self.client.learn(status, answer);
        }
        (self.client.session, self.client.question)
    }

    /// Holds that what should be answered well is: otherwise the target would look at refusals alone.
    fn answers_well(&mut self) {
        self.inputs = 1;
        for route in ["/v1/test/next", "/v1/test/submit"] {
            let body = self.wanted(route).to_string();
            assert_ne!(self.client.session, 0, "no test begins");
            let access = format!("Bearer {}", self.client.access);
            let request = Request::post(route).header(header::AUTHORIZATION, access).body(Body::from(body));
            assert_eq!(self.ask(request.expect("a request"), route).0, StatusCode::OK, "{route}");
            // The next one is another user's.
            (self.inputs, self.client) = (2, Client::default());
        }
        let body = Body::from(self.wanted(GENERATE).to_string());
        let request = Request::post(GENERATE).header("x-service-key", SERVICE_KEY).body(body);
        assert_eq!(self.ask(request.expect("a request"), GENERATE).0, StatusCode::CREATED);
    }

    /// Makes the user of an input that is to come.
    fn register(&mut self, user: usize) {
        let body = registration(&address(user)).to_string();
        let request = Request::post("/v1/auth/register").body(Body::from(body)).expect("a request");
        let (status, answer) = self.ask(request, "/v1/auth/register");
        assert_eq!(status, StatusCode::CREATED);
        assert_eq!(answer.user.map(|made| made.id), i64::try_from(user).ok());
    }

    /// What this endpoint wants to be sent.
    fn wanted(&mut self, route: &str) -> Value {
        match route {
            "/v1/auth/register" | "/v1/user/profile" => registration(&format!("new{}@example.org", self.inputs)),
            "/v1/auth/login" => registration(&self.user().email),
            "/v1/auth/refresh" => json!({ "refresh_token": self.user().refresh }),
            "/v1/test/next" => {
                let (session, question) = self.session("adaptive=true&question_count=2");
                json!({ "session_id": session, "question_id": question, "user_answer": "4" })
            }
            "/v1/test/submit" => {
                let (session, question) = self.session("question_count=2");
                let answer = json!({ "question_id": question, "user_answer": "4", "time_spent_seconds": 3 });
                json!({ "session_id": session, "responses": [answer] })
            }
            GENERATE => json!({ "count": 1, "types": ["math"], "difficulties": ["easy"] }),
            _ => json!({}),
        }
    }

    fn body(&self, mut body: Value, fields: &[(Field, Scalar)]) -> Vec<u8> {
        if let Some(object) = body.as_object_mut() {
            let changes: Map<String, Value> =
                fields.iter().map(|(field, value)| (field.name().to_owned(), value.json())).collect();
            object.extend(changes);
        }
        body.to_string().into_bytes()
    }

    /// One request, its answer checked; `route` is empty where nobody knows the route.
    fn ask(&mut self, request: Request<Body>, route: &str) -> (StatusCode, Answer) {
        let (method, target) = (request.method().clone(), request.uri().clone());
        let answer = self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
            let (parts, body) = response.into_parts();
            (parts, body.collect().await.expect("a body").to_bytes())
        });
        let (parts, body) = answer;
        let what = || format!("{method} {target}: {} {}", parts.status, body.escape_ascii());

        let [requests, durations] = self.counted.changes();
        assert_eq!(requests, durations, "{}", what());
        let [(labels, 1)] = requests.as_slice() else { panic!("{}: counted {requests:?}", what()) };
        let [(_, counted_method), (_, counted_route), (_, status), error @ ..] = labels.as_slice() else {
            panic!("{labels:?}")
        };
        let known = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"].contains(&method.as_str());
        assert_eq!(counted_method, if known { method.as_str() } else { "_OTHER" });
        assert_eq!(status, parts.status.as_str(), "{}", what());
        assert_eq!(!error.is_empty(), parts.status.is_server_error(), "{}", what());
        // A path can be so long, or have so many segments, that no route is what it looks like; and an id can be a word
        // that makes it another route.
        let is_right = counted_route == route || counted_route == "_unmatched" || fits(counted_route, target.path());
        assert!(is_right, "{counted_route} is not {route}: {}", what());

        assert!(!parts.status.is_server_error(), "{}", what());
        let is_json = parts.headers.get(header::CONTENT_TYPE) == Some(&HeaderValue::from_static("application/json"));
        let mut document = Answer::default();
        if method != Method::HEAD {
            assert!(is_json || !parts.status.is_client_error(), "{}", what());
            if is_json {
                let answer: serde_json::Result<Option<Answer>> = serde_json::from_slice(&body);
                document = answer.unwrap_or_else(|error| panic!("{}: {error}", what())).unwrap_or_default();
            }
            assert!(document.detail.is_some() || !parts.status.is_client_error(), "{}", what());
        }
        if parts.status == StatusCode::UNAUTHORIZED {
            assert!(parts.headers.contains_key(header::WWW_AUTHENTICATE), "{}", what());
        }
        (parts.status, document)
    }
}

/// What takes the place of an order of questions while there are to be none.
fn refused(order: Vec<u8>) -> Vec<u8> {
    match serde_json::from_slice(&order) {
        Ok(Value::Object(mut order)) => {
            order.insert("count".into(), json!(0));
            Value::Object(order).to_string().into_bytes()
        }
        _ if order.is_empty() => json!({ "count": 0 }).to_string().into_bytes(),
        _ => order,
    }
}

/// Whether this route's template is one of this path.
fn fits(template: &str, path: &str) -> bool {
    let (segments, parts) = (template.split('/'), path.split('/'));
    segments.clone().count() == parts.clone().count()
        && segments.zip(parts).all(|(segment, part)| segment == part || segment.starts_with('{'))
}

fn address(user: usize) -> String {
    format!("user{user}@example.org")
}

fn registration(email: &str) -> Value {
    json!({ "email": email, "password": "long enough", "first_name": "A", "last_name": "B" })
}
