-- How many places each type and difficulty has. It only grows, so a place is given once, also when questions are deleted.
CREATE TABLE cells (
    question_type TEXT    NOT NULL,
    difficulty    TEXT    NOT NULL,
    places        INTEGER NOT NULL,
    PRIMARY KEY (question_type, difficulty)
) STRICT, WITHOUT ROWID;

-- Questions may have been deleted: what follows needs places without gaps.
DROP INDEX questions_by_place;
UPDATE questions SET place = numbered.place
FROM (SELECT id, row_number() OVER (PARTITION BY question_type, difficulty ORDER BY place) - 1 AS place FROM questions)
    AS numbered
WHERE numbered.id = questions.id;
CREATE UNIQUE INDEX questions_by_place ON questions (question_type, difficulty, place);

INSERT INTO cells (question_type, difficulty, places)
SELECT question_type, difficulty, count(*) FROM questions GROUP BY question_type, difficulty;

DROP TRIGGER question_gets_a_place;
CREATE TRIGGER question_gets_a_place AFTER INSERT ON questions BEGIN
    INSERT INTO cells (question_type, difficulty, places) VALUES (new.question_type, new.difficulty, 1)
    ON CONFLICT (question_type, difficulty) DO UPDATE SET places = places + 1;
    UPDATE questions SET place = (
        SELECT places - 1 FROM cells WHERE question_type = new.question_type AND difficulty = new.difficulty
    )
    WHERE id = new.id;
END;

-- The places of a cell in the order in which one user gets their questions. The first ones are taken.
CREATE TABLE shuffles (
    id            INTEGER PRIMARY KEY,
    user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    question_type TEXT    NOT NULL,
    difficulty    TEXT    NOT NULL,
    taken         INTEGER NOT NULL,
    UNIQUE (user_id, question_type, difficulty)
) STRICT;

-- What is at the positions that are not taken yet. A position that is not here holds the place of its own number.
CREATE TABLE moved_places (
    shuffle_id INTEGER NOT NULL REFERENCES shuffles (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    place      INTEGER NOT NULL,
    PRIMARY KEY (shuffle_id, position)
) STRICT, WITHOUT ROWID;

INSERT INTO shuffles (user_id, question_type, difficulty, taken)
SELECT seen.user_id, questions.question_type, questions.difficulty, count(*)
FROM seen_questions seen JOIN questions ON questions.id = seen.question_id
GROUP BY seen.user_id, questions.question_type, questions.difficulty;

-- Places that were seen and are not among the first change with those that are among the first and were not seen. There
-- are as many of the one as of the other.
WITH seen_late AS (
    SELECT shuffles.id, questions.place, row_number() OVER (PARTITION BY shuffles.id ORDER BY questions.place) AS nth
    FROM seen_questions seen
    JOIN questions ON questions.id = seen.question_id
    JOIN shuffles ON shuffles.user_id = seen.user_id
        AND shuffles.question_type = questions.question_type AND shuffles.difficulty = questions.difficulty
    WHERE questions.place >= shuffles.taken
),
unseen_early AS (
    SELECT shuffles.id, questions.place, row_number() OVER (PARTITION BY shuffles.id ORDER BY questions.place) AS nth
    FROM shuffles
    JOIN questions ON questions.question_type = shuffles.question_type AND questions.difficulty = shuffles.difficulty
        AND questions.place < shuffles.taken
    WHERE NOT EXISTS (
        SELECT 1 FROM seen_questions seen WHERE seen.user_id = shuffles.user_id AND seen.question_id = questions.id
    )
)
INSERT INTO moved_places (shuffle_id, position, place)
SELECT id, seen_late.place, unseen_early.place FROM seen_late JOIN unseen_early USING (id, nth);

DROP TABLE seen_questions;
