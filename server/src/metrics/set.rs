//! What is counted, and under which names and labels.

use picometer::label::NumberLabel;
use picometer::{Counter, Family, Histogram, LabelSet, MetricSet, UpDownCounter, buckets};
use picometer_std::instrument::http::Route;

use super::ErrorType;
use crate::question::{Difficulty, QuestionType};

/// Clients choose these numbers; the API takes no others, and what is beyond is -1.
pub(super) type QuestionCount = NumberLabel<1, 100>;
pub(super) type QuestionsAnswered = NumberLabel<0, 100>;

buckets! {
    /// People sit at a test for minutes.
    pub(super) TestSeconds = seconds [
        30.0, 60.0, 120.0, 180.0, 300.0, 420.0, 600.0, 900.0, 1200.0, 1800.0, 2700.0, 3600.0, 7200.0, 86400.0,
    ];
    /// The scale of IQ scores, in steps of two thirds of a standard deviation.
    pub(super) IqScore = thousandths [40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0, 110.0, 120.0, 130.0, 140.0, 150.0, 160.0];
}

#[derive(LabelSet, Clone, Copy)]
pub(super) struct Test {
    #[label(name = "test.adaptive")]
    pub(super) adaptive: bool,
    #[label(name = "test.question_count")]
    pub(super) question_count: QuestionCount,
}

#[derive(LabelSet, Clone, Copy)]
pub(super) struct Abandoned {
    #[label(name = "test.adaptive")]
    pub(super) adaptive: bool,
    #[label(name = "test.questions_answered")]
    pub(super) questions_answered: QuestionsAnswered,
}

#[derive(LabelSet, Clone, Copy)]
pub(super) struct Adaptive {
    #[label(name = "test.adaptive")]
    pub(super) adaptive: bool,
}

#[derive(LabelSet, Clone, Copy)]
pub(super) struct Generated {
    #[label(name = "question.type")]
    pub(super) question_type: QuestionType,
    #[label(name = "question.difficulty")]
    pub(super) difficulty: Difficulty,
}

#[derive(LabelSet, Clone, Copy)]
pub(super) struct Failed {
    #[label(name = "error.type")]
    pub(super) error_type: ErrorType,
    #[label(name = "http.route")]
    pub(super) route: Option<Route>,
}

#[derive(LabelSet, Clone, Copy)]
pub(super) struct Login {
    #[label(name = "auth.success")]
    pub(super) success: bool,
}

/// The business metrics of the service.
#[derive(MetricSet)]
#[metric_set(scope = "aiq.application")]
pub struct Aiq {
    /// Test sessions in progress.
    #[metric(name = "test.sessions.active", unit = "{session}")]
    pub(super) sessions_active: UpDownCounter,
    /// Test sessions begun.
    #[metric(name = "test.sessions.started", unit = "{session}")]
    pub(super) sessions_started: Family<Test, Counter>,
    /// Test sessions that ended with a result.
    #[metric(name = "test.sessions.completed", unit = "{session}")]
    pub(super) sessions_completed: Family<Test, Counter>,
    /// Time from the start of a test session to its result.
    #[metric(name = "test.sessions.duration", unit = "s")]
    pub(super) sessions_duration: Family<Test, Histogram<TestSeconds>>,
    /// Test sessions that ended without a result.
    #[metric(name = "test.sessions.abandoned", unit = "{session}")]
    pub(super) sessions_abandoned: Family<Abandoned, Counter>,
    /// Questions shown to somebody taking a test.
    #[metric(name = "questions.served", unit = "{question}")]
    pub(super) questions_served: Family<Adaptive, Counter>,
    /// Questions added to the bank.
    #[metric(name = "questions.generated", unit = "{question}")]
    pub(super) questions_generated: Family<Generated, Counter>,
    /// Users registered.
    #[metric(name = "users.registrations", unit = "{user}")]
    pub(super) registrations: Counter,
    /// Failures of the service.
    #[metric(name = "app.errors", unit = "{error}")]
    pub(super) errors: Family<Failed, Counter>,
    /// IQ scores of completed tests.
    #[metric(name = "test.iq_score", unit = "1")]
    pub(super) iq_score: Family<Adaptive, Histogram<IqScore>>,
    /// Attempts to log in.
    #[metric(name = "auth.login", unit = "{attempt}")]
    pub(super) logins: Family<Login, Counter>,
    /// Lines of the log that were lost because nobody read them.
    #[metric(name = "log.lines.lost", unit = "{line}")]
    pub(super) log_lines_lost: Counter,
}

/// The business metrics of this process.
pub static AIQ: Aiq = Aiq::new();
