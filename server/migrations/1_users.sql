-- AUTOINCREMENT: the id of a deleted account is never given out again, so a token that outlives it opens nothing.
CREATE TABLE users (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    email            TEXT    NOT NULL UNIQUE,
    password_hash    TEXT    NOT NULL,
    first_name       TEXT    NOT NULL,
    last_name        TEXT    NOT NULL,
    -- Tokens of an earlier generation are refused; logging out starts a new one.
    token_generation INTEGER NOT NULL DEFAULT 0,
    created_at       INTEGER NOT NULL,
    last_login_at    INTEGER
) STRICT;
