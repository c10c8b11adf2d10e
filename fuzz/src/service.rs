//! The service in this process, asked anything.

use std::convert::Infallible;
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use aiq_backend::config::{Seconds, Settings};
use aiq_backend::{AppState, router, telemetry};
use arbitrary::Arbitrary;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode, header};
use http_body_util::BodyExt;
use picometer::MetricSet;
use picometer::visit::{Descriptor, Metric, Number, Point, Scope, Visitor};
use picometer_std::Telemetry;
use picometer_std::config::TelemetryConfig;
use picometer_std::instrument::http::HTTP;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::core::{Labels, labels, series};

const SERVICE_KEY: &str = "open sesame";

/// A database grows with what is asked; after so many inputs a new one is begun.
const INPUTS_PER_DATABASE: usize = 1_000;

/// How often questions are generated in one database. It takes a hundred times as long as any other request, and makes
/// others slow.
const GENERATIONS_PER_DATABASE: usize = 8;

const GENERATE: &str = "/v1/admin/generation-runs";

const METHODS: [&str; 9] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "get", "PROPFIND"];

/// Every route, with the method that it is for.
const ROUTES: [(&str, &str); 21] = [
    ("GET", "/v1/health"),
    ("GET", "/v1/ping"),
    ("GET", "/v1/metrics"),
    ("GET", "/v1/openapi.json"),
    ("POST", "/v1/auth/register"),
    ("POST", "/v1/auth/login"),
    ("POST", "/v1/auth/refresh"),
    ("POST", "/v1/auth/logout"),
    ("GET", "/v1/user/profile"),
    ("PUT", "/v1/user/profile"),
    ("DELETE", "/v1/user/delete-account"),
    ("GET", "/v1/questions/unseen"),
    ("POST", "/v1/test/start"),
    ("POST", "/v1/test/next"),
    ("POST", "/v1/test/submit"),
    ("GET", "/v1/test/active"),
    ("GET", "/v1/test/history"),
    ("GET", "/v1/test/session/{id}"),
    ("GET", "/v1/test/results/{id}"),
    ("POST", "/v1/test/{id}/abandon"),
    ("POST", GENERATE),
];

/// One request.
#[derive(Arbitrary, Debug)]
pub struct Call {
    route: u8,
    /// Zero to 239: the method of the route.
    method: u8,
    /// Instead of the route.
    path: Option<Vec<u8>>,
    id: Id,
    query: Vec<(Field, Scalar)>,
    credentials: Credentials,
    body: Sent,
}

#[derive(Arbitrary, Debug)]
enum Id {
    /// Of the session that was started last.
    Last,
    Small(u8),
    Any(i64),
    Text(String),
}

#[derive(Arbitrary, Debug)]
enum Credentials {
    /// Those of a user, made with the first request that needs one.
    User,
    None,
    ServiceKey,
    Refresh,
    Bearer(String),
    Raw(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
enum Sent {
    Nothing,
    /// What the endpoint wants, with some fields replaced.
    Good(Vec<(Field, Scalar)>),
    Fields(Vec<(Field, Scalar)>),
    Bytes(Vec<u8>),
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Field {
    Email,
    Password,
    FirstName,
    LastName,
    RefreshToken,
    SessionId,
    QuestionId,
    UserAnswer,
    TimeSpentSeconds,
    TimeLimitExceeded,
    Responses,
    Count,
    Types,
    Difficulties,
    QuestionCount,
    Adaptive,
    Limit,
    Offset,
    Other,
}

impl Field {
    fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Password => "password",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::RefreshToken => "refresh_token",
            Self::SessionId => "session_id",
            Self::QuestionId => "question_id",
            Self::UserAnswer => "user_answer",
            Self::TimeSpentSeconds => "time_spent_seconds",
            Self::TimeLimitExceeded => "time_limit_exceeded",
            Self::Responses => "responses",
            Self::Count => "count",
            Self::Types => "types",
            Self::Difficulties => "difficulties",
            Self::QuestionCount => "question_count",
            Self::Adaptive => "adaptive",
            Self::Limit => "limit",
            Self::Offset => "offset",
            Self::Other => "other",
        }
    }
}

#[derive(Arbitrary, Debug)]
enum Scalar {
    Small(u8),
    Whole(i64),
    Fraction(f64),
    Truth(bool),
    Text(String),
    Null,
    Empty,
    List(Vec<String>),
    Answers(Vec<(u8, String, u32)>),
}

impl Scalar {
    fn json(&self) -> Value {
        match self {
            Self::Small(n) => json!(n),
            Self::Whole(n) => json!(n),
            Self::Fraction(n) => json!(n),
            Self::Truth(truth) => json!(truth),
            Self::Text(text) => json!(text),
            Self::Null => Value::Null,
            Self::Empty => json!({}),
            Self::List(list) => json!(list),
            Self::Answers(answers) => answers
                .iter()
                .map(|(id, answer, seconds)| {
                    json!({ "question_id": id, "user_answer": answer, "time_spent_seconds": seconds })
                })
                .collect(),
        }
    }

    fn query(&self) -> String {
        match self {
            Self::Text(text) => percent_encoded(text),
            other => percent_encoded(&other.json().to_string()),
        }
    }
}

fn percent_encoded(text: &str) -> String {
    let encoded = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02x}") }
    };
    text.bytes().map(encoded).collect()
}

/// The service, and what a client remembers.
struct Service {
    router: Router,
    runtime: Runtime,
    directory: TempDir,
    inputs: usize,
    generations: usize,
    access: String,
    refresh: String,
    session: i64,
    counted: Counted,
}

/// What one service after the other uses.
struct Lasting {
    config: TelemetryConfig,
    telemetry: Arc<Telemetry>,
    /// A database without users, which is faster to copy than to make.
    empty: TempDir,
}

static LASTING: LazyLock<Lasting> = LazyLock::new(|| {
    let (config, warnings) = TelemetryConfig::from_lookup("fuzz", |name| match name {
        "OTEL_EXPORTER" => Some("none".into()),
        "OTEL_ENABLED" | "OTEL_METRICS_ENABLED" | "PROMETHEUS_METRICS_ENABLED" => Some("true".into()),
        _ => None,
    });
    assert!(warnings.is_empty());
    let telemetry = telemetry::start(&config).expect("telemetry");
    let lasting = Lasting { config, telemetry, empty: directory() };
    drop(lasting.open(&lasting.empty, &runtime()));
    lasting
});

impl Lasting {
    fn open(&self, directory: &TempDir, runtime: &Runtime) -> AppState {
        let hooks = telemetry::hooks(&self.config);
        runtime.block_on(AppState::open(&settings(directory), hooks, self.telemetry.clone())).expect("a database")
    }
}

/// In memory where there is such a place: nothing here need outlive the machine.
fn directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    let directory = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    directory.expect("a directory")
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

static SERVICE: Mutex<Option<Service>> = Mutex::new(None);

/// Sends the requests one after the other and checks each answer, and that each is counted once.
pub fn check(calls: &[Call]) {
    let mut service = SERVICE.lock().unwrap_or_else(PoisonError::into_inner);
    if service.as_ref().is_none_or(Service::is_worn) {
        *service = Some(Service::start());
    }
    if let Some(service) = service.as_mut() {
        service.inputs += 1;
        // A user and a session of an earlier input must not matter to this one.
        (service.access, service.refresh, service.session) = Default::default();
        calls.iter().take(12).for_each(|call| service.call(call));
    }
}

impl Service {
    fn start() -> Self {
        let (directory, runtime) = (directory(), runtime());
        for file in fs::read_dir(LASTING.empty.path()).expect("the empty database") {
            let file = file.expect("a file of it");
            fs::copy(file.path(), directory.path().join(file.file_name())).expect("a copy");
        }
        let state = LASTING.open(&directory, &runtime);
        let mut counted = Counted::default();
        counted.changes();
        let mut service = Self {
            router: router(state),
            runtime,
            directory,
            inputs: 0,
            generations: 0,
            access: String::new(),
            refresh: String::new(),
            session: 0,
            counted,
        };
        let order = json!({ "count": 2 }).to_string();
        let request = Request::post(GENERATE).header("x-service-key", SERVICE_KEY);
        let (status, _) = service.ask(request.body(Body::from(order)).expect("a request"), GENERATE);
        assert_eq!(status, StatusCode::CREATED);
        service
    }

    fn is_worn(&self) -> bool {
        self.inputs >= INPUTS_PER_DATABASE
    }

    fn call(&mut self, call: &Call) {
        let (method, template) = ROUTES[usize::from(call.route) % ROUTES.len()];
        if template == GENERATE && matches!(call.credentials, Credentials::ServiceKey) {
            if self.generations == GENERATIONS_PER_DATABASE {
                return;
            }
            self.generations += 1;
        }
        let method = call.method.checked_sub(240).and_then(|at| METHODS.get(usize::from(at))).unwrap_or(&method);
        let id = match &call.id {
            Id::Last => self.session.to_string(),
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
                if self.access.is_empty() {
                    self.register();
                }
                request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.access));
            }
            Credentials::Refresh => request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.refresh)),
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
            Sent::Good(fields) => self.body(self.wanted(template), fields),
        };
        // What is no request never gets here: hyper has answered it.
        let Ok(request) = request.body(Body::from(body)) else { return };
        let route = if call.path.is_some() { None } else { Some(template) };
        let (status, answer) = self.ask(request, route.unwrap_or_default());
        if let (StatusCode::OK, Some(id)) = (status, answer["session"]["id"].as_i64()) {
            self.session = id;
        }
        if let Some(token) = answer["access_token"].as_str() {
            token.clone_into(&mut self.access);
        }
    }

    fn register(&mut self) {
        let email = format!("user{}@example.org", self.inputs);
        let body =
            json!({ "email": email, "password": "long enough", "first_name": "A", "last_name": "B" }).to_string();
        let request = Request::post("/v1/auth/register").body(Body::from(body)).expect("a request");
        let (status, answer) = self.ask(request, "/v1/auth/register");
        // An earlier input may have taken the address.
        if status == StatusCode::CREATED {
            answer["access_token"].as_str().expect("a token").clone_into(&mut self.access);
            answer["refresh_token"].as_str().expect("a token").clone_into(&mut self.refresh);
        }
    }

    /// What this endpoint wants to be sent.
    fn wanted(&self, route: &str) -> Value {
        let answer = json!({ "question_id": 1, "user_answer": "4", "time_spent_seconds": 3 });
        match route {
            "/v1/auth/register" | "/v1/auth/login" | "/v1/user/profile" => {
                let email = format!("user{}@example.org", self.inputs);
                json!({ "email": email, "password": "long enough", "first_name": "A", "last_name": "B" })
            }
            "/v1/auth/refresh" => json!({ "refresh_token": self.refresh }),
            "/v1/test/next" => json!({ "session_id": self.session, "question_id": 1, "user_answer": "4" }),
            "/v1/test/submit" => json!({ "session_id": self.session, "responses": [answer] }),
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
    fn ask(&mut self, request: Request<Body>, route: &str) -> (StatusCode, Value) {
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
        let [(_, counted_method), (_, counted_route), (_, status)] = labels.as_slice() else { panic!("{labels:?}") };
        let known = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"].contains(&method.as_str());
        assert_eq!(counted_method, if known { method.as_str() } else { "_OTHER" });
        assert_eq!(status, parts.status.as_str(), "{}", what());
        // A path can be so long, or have so many segments, that no route is what it looks like.
        assert!(
            route.is_empty() || counted_route == route || counted_route == "_unmatched",
            "{counted_route} is not {route}"
        );

        assert!(!parts.status.is_server_error(), "{}", what());
        let document: Value = serde_json::from_slice(&body).unwrap_or_default();
        if parts.status.is_client_error() && method.as_str() != "HEAD" {
            assert_eq!(
                parts.headers.get(header::CONTENT_TYPE),
                Some(&HeaderValue::from_static("application/json")),
                "{}",
                what()
            );
            assert!(!document["detail"].is_null(), "{}", what());
        }
        if parts.status == StatusCode::UNAUTHORIZED {
            assert!(parts.headers.contains_key(header::WWW_AUTHENTICATE), "{}", what());
        }
        (parts.status, document)
    }
}

/// How often each series of the requests, and of their durations, was counted.
#[derive(Default)]
struct Counted([Vec<u64>; 2]);

/// The series that were counted since, each with how often.
type Changes = Vec<(Labels, u64)>;

impl Counted {
    /// Counts again. It also holds that no request is under way.
    fn changes(&mut self) -> [Changes; 2] {
        struct Counts<'a>(&'a mut Counted, [Changes; 2]);

        impl Visitor for Counts<'_> {
            type Error = Infallible;

            fn scope(&mut self, _: &'static Scope) -> Result<(), Infallible> {
                Ok(())
            }

            fn metric<M: Metric>(&mut self, descriptor: &'static Descriptor, metric: &M) -> Result<(), Infallible> {
                let Self(Counted([requests, durations]), [new_requests, new_durations]) = self;
                let (counted, changes) = match descriptor.name {
                    "http.server.requests" => (requests, new_requests),
                    "http.server.request.duration" => (durations, new_durations),
                    "http.server.active_requests" => {
                        assert!(series(metric).values().all(|active| *active == 0), "requests under way");
                        return Ok(());
                    }
                    other => panic!("{other}"),
                };
                counted.resize(M::POSITIONS, 0);
                for (position, before) in counted.iter_mut().enumerate().filter(|(at, _)| metric.is_live(*at)) {
                    let now = metric.point(position, |point| match point {
                        Point::Number(Number::Unsigned(value)) => value,
                        Point::Histogram(point) => point.count,
                        other => panic!("{other:?}"),
                    });
                    let now = now.expect("a live series has a point");
                    if now != *before {
                        changes.push((labels(metric, position), now - *before));
                        *before = now;
                    }
                }
                Ok(())
            }
        }

        let mut counts = Counts(self, Default::default());
        let Ok(()) = HTTP.visit(&mut counts);
        counts.1
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // The database closes before its folder goes.
        self.router = Router::new();
        let _ = self.directory.path();
    }
}

fn settings(directory: &TempDir) -> Settings {
    let minute = Seconds(Duration::from_secs(60));
    Settings {
        host: "127.0.0.1".into(),
        port: 0,
        api_v1_prefix: "/v1".parse().expect("a prefix"),
        database_url: aiq_backend::config::DatabaseUrl::of(directory.path().join("aiq.db")),
        database_pool_size: 1,
        database_timeout_seconds: minute,
        jwt_secret_key: Some("0123456789abcdef0123456789abcdef".parse().expect("a secret")),
        service_key: Some(SERVICE_KEY.parse().expect("a secret")),
        password_hash_memory_kib: 8,
        max_connections: 1,
        request_body_limit: 16 * 1024,
        request_header_timeout_seconds: minute,
        request_timeout_seconds: minute,
        shutdown_grace_seconds: minute,
    }
}
