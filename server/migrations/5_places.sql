-- Questions of one type and difficulty are numbered from zero, so that one of them can be drawn by its number.
ALTER TABLE questions ADD COLUMN place INTEGER;

UPDATE questions SET place = shuffled.place
FROM (SELECT id, row_number() OVER (PARTITION BY question_type, difficulty ORDER BY random()) - 1 AS place FROM questions)
    AS shuffled
WHERE shuffled.id = questions.id;

CREATE UNIQUE INDEX questions_by_place ON questions (question_type, difficulty, place);

CREATE TRIGGER question_gets_a_place AFTER INSERT ON questions BEGIN
    UPDATE questions SET place = (
        SELECT coalesce(max(place) + 1, 0) FROM questions
        WHERE question_type = new.question_type AND difficulty = new.difficulty
    )
    WHERE id = new.id;
END;

-- Which questions a user was ever served: what session_questions says, to be found with one look-up for each question.
CREATE TABLE seen_questions (
    user_id     INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    question_id INTEGER NOT NULL REFERENCES questions (id),
    PRIMARY KEY (user_id, question_id)
) STRICT, WITHOUT ROWID;

INSERT INTO seen_questions (user_id, question_id)
SELECT DISTINCT t.user_id, s.question_id
FROM session_questions s JOIN test_sessions t ON t.id = s.session_id;
