-- All times are milliseconds since 1970.
CREATE TABLE test_sessions (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id             INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    status              TEXT    NOT NULL CHECK (status IN ('in_progress', 'completed', 'abandoned')),
    adaptive            INTEGER NOT NULL CHECK (adaptive IN (0, 1)),
    question_count      INTEGER NOT NULL,
    time_limit_exceeded INTEGER NOT NULL DEFAULT 0 CHECK (time_limit_exceeded IN (0, 1)),
    started_at          INTEGER NOT NULL,
    ended_at            INTEGER
) STRICT;

-- The one rule that no race may break: a user has at most one active session.
CREATE UNIQUE INDEX test_sessions_one_active ON test_sessions (user_id) WHERE status = 'in_progress';
CREATE INDEX test_sessions_of_user ON test_sessions (user_id, started_at);

-- Which questions were served, in their order.
CREATE TABLE session_questions (
    session_id  INTEGER NOT NULL REFERENCES test_sessions (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    question_id INTEGER NOT NULL REFERENCES questions (id),
    served_at   INTEGER NOT NULL,
    PRIMARY KEY (session_id, position),
    UNIQUE (session_id, question_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE responses (
    session_id         INTEGER NOT NULL,
    question_id        INTEGER NOT NULL,
    user_answer        TEXT    NOT NULL,
    is_correct         INTEGER NOT NULL CHECK (is_correct IN (0, 1)),
    time_spent_seconds INTEGER,
    answered_at        INTEGER NOT NULL,
    PRIMARY KEY (session_id, question_id),
    FOREIGN KEY (session_id, question_id) REFERENCES session_questions (session_id, question_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE results (
    id                      INTEGER PRIMARY KEY AUTOINCREMENT,
    session_id              INTEGER NOT NULL UNIQUE REFERENCES test_sessions (id) ON DELETE CASCADE,
    iq_score                REAL    NOT NULL,
    standard_error          REAL    NOT NULL,
    percentile_rank         REAL    NOT NULL,
    total_questions         INTEGER NOT NULL,
    correct_answers         INTEGER NOT NULL,
    completion_time_seconds INTEGER NOT NULL,
    completed_at            INTEGER NOT NULL
) STRICT;
