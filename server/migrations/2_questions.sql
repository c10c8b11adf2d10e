CREATE TABLE questions (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    question_type  TEXT    NOT NULL CHECK (question_type IN ('pattern', 'logic', 'spatial', 'math', 'verbal', 'memory')),
    difficulty     TEXT    NOT NULL CHECK (difficulty IN ('easy', 'medium', 'hard')),
    -- Shown first and then hidden; empty for most.
    stimulus       TEXT    NOT NULL DEFAULT '',
    question_text  TEXT    NOT NULL,
    options        TEXT    NOT NULL CHECK (json_valid(options)),
    correct_answer TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    UNIQUE (question_type, stimulus, question_text)
) STRICT;
