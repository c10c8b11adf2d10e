//! The look at SQL: comments, blanks and the case of keywords change nothing, and a name is found as it is written.

use picometer_std::instrument::sqlite::{NO_TABLE, Operation, Statement};

const KEYWORDS: [&str; 40] = [
    "SELECT",
    "FROM",
    "INSERT",
    "INTO",
    "UPDATE",
    "DELETE",
    "REPLACE",
    "CREATE",
    "TABLE",
    "INDEX",
    "TRIGGER",
    "VIEW",
    "IF",
    "NOT",
    "EXISTS",
    "ON",
    "OR",
    "WITH",
    "AS",
    "DROP",
    "ALTER",
    "TEMP",
    "UNIQUE",
    "SET",
    "WHERE",
    "BEGIN",
    "END",
    "VALUES",
    "PRAGMA",
    "VACUUM",
    "ANALYZE",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "RECURSIVE",
    "IGNORE",
    "UNION",
    "JOIN",
    "AFTER",
];
const OTHERS: [&str; 24] = [
    "(",
    ")",
    "(",
    ")",
    ",",
    ".",
    ";",
    "*",
    "=",
    "?1",
    ":from",
    "@into",
    "$update",
    "123",
    "1e5",
    "'it''s from x'",
    "x'00'",
    "users",
    "t1",
    "\"a b\"",
    "`c d`",
    "[e f]",
    "\"from\"",
    "-",
];

/// A word, what stands before it, and whether the case of its letters is changed.
pub type Word = (u8, u8, String, u8);

pub fn check(sql: &str, words: &[Word], name: &str) {
    anything(sql);
    rewritten(words);
    names(name);
}

fn anything(sql: &str) {
    let statement = Statement::parse(sql);
    let table = statement.table.as_str();
    let is_sqlites_own = ["sqlite_master", "sqlite_temp_master", "sqlite_stat1"].contains(&table);
    assert!(table == NO_TABLE || is_sqlites_own || (!table.is_empty() && sql.contains(table)), "{table:?}");
    assert_eq!(Statement::parse(&sql.to_ascii_uppercase()).operation, statement.operation, "keywords have no case");
    for before in [" ", "\n\t\r ", "/* select ' \" */", "/**/", "/*/ from a */", "-- insert ' into\n", "--\n--\n"] {
        let longer = format!("{before}{sql}");
        let again = Statement::parse(&longer);
        assert_eq!((again.operation, again.table.as_str()), (statement.operation, table), "{longer:?}");
    }
}

fn rewritten(words: &[Word]) {
    let (mut plain, mut other) = (String::new(), String::new());
    for (word, space, comment, case) in words {
        let at = usize::from(*word) % (KEYWORDS.len() + OTHERS.len());
        let (text, is_keyword) = match KEYWORDS.get(at) {
            Some(keyword) => (*keyword, true),
            None => (OTHERS[at - KEYWORDS.len()], false),
        };
        plain.push(' ');
        plain.push_str(text);
        other.push_str(&match space % 6 {
            0 => " ".to_owned(),
            1 => "\r\n\t\x0c".to_owned(),
            2 | 3 => format!("/*{}*/", comment.replace("*/", "* /").trim_end_matches('*')),
            // Behind a blank, so that a minus before it stays one.
            4 => format!(" --{}\n", comment.replace('\n', " ")),
            _ => format!(" /*{}*/ -- from\n", comment.replace("*/", "* /").trim_end_matches('*')),
        });
        let letters = text.chars().enumerate();
        if is_keyword {
            let lower = |at: usize| case >> (at % 8) & 1 == 1;
            other.extend(letters.map(|(at, c)| if lower(at) { c.to_ascii_lowercase() } else { c }));
        } else {
            other.push_str(text);
        }
    }
    let (one, two) = (Statement::parse(&plain), Statement::parse(&other));
    assert_eq!(one.operation, two.operation, "{plain:?} {other:?}");
    let (one, two) = (one.table.as_str(), two.table.as_str());
    // A keyword can be the name of a table; then its case was changed.
    let is_keyword = KEYWORDS.contains(&one);
    assert!(one == two || (is_keyword && one.eq_ignore_ascii_case(two)), "{one:?} {two:?} in {plain:?} {other:?}");
}

fn names(name: &str) {
    if name.is_empty() {
        return;
    }
    for (open, close) in [('"', "\""), ('`', "`"), ('\'', "'"), ('[', "]")] {
        // In brackets there is no way to write the closing one.
        if open == '[' && name.contains(']') {
            continue;
        }
        let inside = name.replace(close, &close.repeat(2));
        named(&format!("{open}{inside}{close}"), &inside);
    }
    // As SQLite's tokenizer has it: everything beyond ASCII is a letter.
    let word: String =
        name.chars().filter(|c| c.is_ascii_alphanumeric() || !c.is_ascii() || "_$".contains(*c)).collect();
    named(&format!("t{word}"), &format!("t{word}"));
}

fn named(written: &str, table: &str) {
    for (sql, operation) in [
        (format!("SELECT 'from x' FROM {written}"), Operation::Select),
        (format!("select*from main.{written} where 1"), Operation::Select),
        (format!("SELECT (SELECT 1 FROM x) FROM/**/{written},y"), Operation::Select),
        (format!("SELECT a IS NOT DISTINCT FROM b FROM {written}"), Operation::Select),
        (format!("WITH release AS (SELECT 1 FROM x) SELECT * FROM release,(main.{written} JOIN y)"), Operation::Select),
        (format!("INSERT INTO {written}(a) VALUES (1)"), Operation::Insert),
        (format!("REPLACE INTO main . {written} (a) VALUES (1)"), Operation::Replace),
        (format!("UPDATE OR IGNORE {written} SET a = 1"), Operation::Update),
        (format!("DELETE FROM {written};"), Operation::Delete),
        (format!("CREATE TABLE IF NOT EXISTS temp.{written}(a)"), Operation::Create),
        (format!("CREATE INDEX i ON {written}(a)"), Operation::Create),
        (format!("CREATE TRIGGER r AFTER INSERT ON {written} BEGIN SELECT 1 FROM x; END"), Operation::Create),
        (format!("DROP TABLE {written}"), Operation::Drop),
        (format!("ALTER TABLE {written} RENAME TO x"), Operation::Alter),
        (format!("WITH x AS (SELECT 1 FROM y) DELETE FROM {written}"), Operation::Delete),
    ] {
        let statement = Statement::parse(&sql);
        assert_eq!((statement.operation, statement.table.as_str()), (operation, table), "{sql}");
    }
}
