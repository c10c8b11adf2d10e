//! What a SQL statement does, and to which table: from its words, without parsing all of SQL.
//!
//! `tests/grammar/main.rs` compares it with what SQLite itself says of generated statements.

mod search;
mod tokens;

use picometer::Label;

use self::search::{Search, With};
use self::tokens::{Name, Token, Tokens};

/// What a statement does: its first keyword, or for a `WITH` the keyword that follows the common table expressions. `END`
/// is [`Commit`](Self::Commit), and `VALUES` is [`Select`](Self::Select), as they are for SQLite.
#[derive(Label, Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are the keywords
pub enum Operation {
    #[label("SELECT")]
    Select,
    #[label("INSERT")]
    Insert,
    #[label("UPDATE")]
    Update,
    #[label("DELETE")]
    Delete,
    #[label("REPLACE")]
    Replace,
    #[label("CREATE")]
    Create,
    #[label("ALTER")]
    Alter,
    #[label("DROP")]
    Drop,
    #[label("BEGIN")]
    Begin,
    #[label("COMMIT")]
    Commit,
    #[label("ROLLBACK")]
    Rollback,
    #[label("SAVEPOINT")]
    Savepoint,
    #[label("RELEASE")]
    Release,
    #[label("PRAGMA")]
    Pragma,
    #[label("VACUUM")]
    Vacuum,
    #[label("ANALYZE")]
    Analyze,
    #[label("REINDEX")]
    Reindex,
    #[label("ATTACH")]
    Attach,
    #[label("DETACH")]
    Detach,
    #[label("EXPLAIN")]
    Explain,
    #[label("_OTHER")]
    Other,
}

impl Operation {
    fn of(token: Token<'_>) -> Self {
        const LONGEST: usize = 9;
        let Token::Word(word) = token else { return Self::Other };
        let mut upper = [0; LONGEST];
        let Some(upper) = upper.get_mut(..word.len()) else { return Self::Other };
        upper.copy_from_slice(word.as_bytes());
        upper.make_ascii_uppercase();
        match str::from_utf8(upper) {
            Ok("END") => Self::Commit,
            Ok("VALUES") => Self::Select,
            Ok(keyword) => Self::from_value(keyword).unwrap_or(Self::Other),
            Err(_) => Self::Other,
        }
    }
}

/// The table of a statement that has none.
pub const NO_TABLE: &str = "_none";

/// Where SQLite writes what tables, indexes, views and triggers there are.
const SCHEMA: &str = "sqlite_master";
const TEMPORARY_SCHEMA: &str = "sqlite_temp_master";
/// Where `ANALYZE` writes what it found.
const STATISTICS: &str = "sqlite_stat1";

/// What a statement does, and to which table.
///
/// - `INSERT`, `REPLACE`, `UPDATE`, `DELETE`: the table or view that is written to.
/// - `SELECT`: the first table or view behind its `FROM`; where there is none, the first table that a subquery, or a
///   common table expression in use, reads.
/// - `CREATE`, `ALTER`, `DROP`: the table or view; for `CREATE INDEX` and `CREATE TRIGGER` the one behind `ON`. `DROP INDEX`
///   and `DROP TRIGGER` do not say it, so theirs is `sqlite_master`, which they delete from; and `ANALYZE` writes to
///   `sqlite_stat1`.
/// - `EXPLAIN`: that of the statement which is explained.
/// - [`NO_TABLE`] for the others, and where no table is read.
///
/// A text is read without allocating, in time bounded by its length; what is nested in more than 64 parentheses, or
/// behind more than 32 common table expressions that read no table, may be missed.
///
/// ```
/// use picometer_std::instrument::sqlite::{Operation, Statement};
///
/// let statement = Statement::parse("insert or ignore into main.\"Users\" (id) values (1)");
/// assert_eq!(statement.operation, Operation::Insert);
/// assert_eq!(statement.table.as_str(), "Users");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement<'a> {
    /// What it does.
    pub operation: Operation,
    /// The table as written, without the quotes around it and the schema.
    pub table: TableName<'a>,
}

/// A table's name as written in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableName<'a>(Name<'a>);

impl TableName<'_> {
    /// As written. A quote in a quoted name is there twice.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.text
    }

    /// Hands it to `with` as SQLite knows it: in lower case, since `Users` is `users`, and each quote in it once.
    pub(crate) fn with_lower_case<R>(&self, with: impl FnOnce(&str) -> R) -> R {
        let mut lower = [0; 64];
        let mut length = 0;
        for byte in self.0.lower_case() {
            // A name that does not fit is too long for the label as well.
            let Some(place) = lower.get_mut(length) else { return with(self.0.text) };
            *place = byte;
            length += 1;
        }
        with(match lower.get(..length).and_then(|lower| str::from_utf8(lower).ok()) {
            // SQLite has two names for each, and means the older one.
            Some("sqlite_schema") => SCHEMA,
            Some("sqlite_temp_schema") => TEMPORARY_SCHEMA,
            lower => lower.unwrap_or(self.0.text),
        })
    }
}

impl<'a> Statement<'a> {
    /// Looks at the words of `sql`. Anything is taken; what is not understood is `_OTHER` on [`NO_TABLE`].
    #[must_use]
    pub fn parse(sql: &'a str) -> Self {
        let mut tokens = Tokens::new(sql);
        while tokens.eat_sign(';') {}
        let explained = tokens.eat("explain");
        if explained && tokens.eat("query") {
            tokens.eat("plan");
        }
        let start = tokens.clone();
        With::take(&mut tokens);
        let operation = tokens.next().map_or(Operation::Other, Operation::of);
        let table = match operation {
            Operation::Select => Search::default().table(start),
            Operation::Insert | Operation::Replace => tokens.name_after("into"),
            Operation::Delete => tokens.name_after("from"),
            Operation::Update => {
                if tokens.eat("or") {
                    tokens.next();
                }
                tokens.name()
            }
            Operation::Alter => tokens.name_after("table"),
            Operation::Create | Operation::Drop => defined(tokens, operation),
            Operation::Analyze => Some(Name::plain(STATISTICS)),
            _ => None,
        };
        let table = table.filter(|table| !table.text.is_empty()).unwrap_or(Name::plain(NO_TABLE));
        Self { operation: if explained { Operation::Explain } else { operation }, table: TableName(table) }
    }
}

/// `[TEMP] TABLE [IF NOT EXISTS] name`, and for an index or a trigger the table behind its `ON`.
fn defined<'a>(mut tokens: Tokens<'a>, operation: Operation) -> Option<Name<'a>> {
    let what = tokens.find(|token| ["table", "index", "view", "trigger"].iter().any(|what| token.is(what)))?;
    let has_table = what.is("index") || what.is("trigger");
    if has_table && operation == Operation::Create {
        return tokens.name_after("on");
    }
    if tokens.eat("if") {
        tokens.eat("not");
        tokens.eat("exists");
    }
    let is_temporary = tokens.clone().next().is_some_and(|schema| schema.is_name("temp"));
    let name = tokens.name()?;
    Some(match (has_table, name.has_schema && is_temporary) {
        (false, _) => name,
        (true, false) => Name::plain(SCHEMA),
        (true, true) => Name::plain(TEMPORARY_SCHEMA),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_by_operation_and_table() {
        for (sql, operation, table) in [
            ("SELECT id FROM users WHERE email = ?1", Operation::Select, "users"),
            ("select (select count(*) from b) from a", Operation::Select, "a"),
            ("SELECT * FROM (SELECT * FROM inner_one) AS x", Operation::Select, "inner_one"),
            ("SELECT 'from strings' FROM main.\"Quoted Name\"", Operation::Select, "Quoted Name"),
            ("SELECT 1", Operation::Select, NO_TABLE),
            ("SELECT ?1FROM users WHERE a=?2AND b", Operation::Select, "users"),
            ("-- from x\n/* from y */ DELETE FROM [sessions] WHERE 1", Operation::Delete, "sessions"),
            ("INSERT OR IGNORE INTO users(id) VALUES (1)", Operation::Insert, "users"),
            ("INSERT INTO a SELECT * FROM b", Operation::Insert, "a"),
            ("REPLACE INTO `t` VALUES (1)", Operation::Replace, "t"),
            ("UPDATE OR ROLLBACK t SET a = 1", Operation::Update, "t"),
            ("update t set a = (select 1 from b)", Operation::Update, "t"),
            ("WITH a AS (SELECT 1 FROM x), b(c) AS (VALUES (1)) INSERT INTO t SELECT 1", Operation::Insert, "t"),
            ("WITH RECURSIVE a AS (SELECT 1) SELECT * FROM a", Operation::Select, NO_TABLE),
            ("CREATE TABLE IF NOT EXISTS s.t (a)", Operation::Create, "t"),
            ("CREATE UNIQUE INDEX IF NOT EXISTS i ON t(a)", Operation::Create, "t"),
            ("DROP TABLE IF EXISTS t", Operation::Drop, "t"),
            ("ALTER TABLE t ADD COLUMN b", Operation::Alter, "t"),
            ("BEGIN IMMEDIATE", Operation::Begin, NO_TABLE),
            ("END", Operation::Commit, NO_TABLE),
            ("PRAGMA journal_mode = WAL", Operation::Pragma, NO_TABLE),
            ("", Operation::Other, NO_TABLE),
            ("'unterminated", Operation::Other, NO_TABLE),
            ("SELECT * FROM \"unterminated", Operation::Select, "unterminated"),
            ("éèà FROM ∞", Operation::Other, NO_TABLE),
            ("SELECT * FROM /* all of */ users", Operation::Select, "users"),
            ("UPDATE main -- the schema\n . /* and */ users SET a = 1", Operation::Update, "users"),
            ("/*/ from a */ SELECT 1 FROM b", Operation::Select, "b"),
            ("SELECT 1 FROM \"a\"\"b\", c", Operation::Select, "a\"\"b"),
            ("SELECT :from, @from, #from FROM t", Operation::Select, "t"),
            ("SELECT * FROM 🦀\u{a0}", Operation::Select, "🦀\u{a0}"),
            ("SELECT a IS DISTINCT FROM b FROM users", Operation::Select, "users"),
            ("SELECT a IS NOT DISTINCT FROM b", Operation::Select, NO_TABLE),
            ("WITH release AS (SELECT 1) SELECT * FROM release JOIN users", Operation::Select, "users"),
            ("WITH insert_ AS (SELECT * FROM a), b AS (SELECT * FROM insert_) SELECT * FROM b", Operation::Select, "a"),
            ("WITH unused AS (SELECT * FROM a) SELECT 1", Operation::Select, NO_TABLE),
            (
                "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n) SELECT i FROM n, t",
                Operation::Select,
                "t",
            ),
            ("SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a), a", Operation::Select, "a"),
            ("SELECT * FROM 'users'", Operation::Select, "users"),
            ("SELECT * FROM (users JOIN other USING (id))", Operation::Select, "users"),
            ("SELECT * FROM (SELECT 1) JOIN ((b))", Operation::Select, "b"),
            ("SELECT (SELECT max(a) FROM x) FROM (SELECT * FROM y), z", Operation::Select, "z"),
            ("SELECT 1 WHERE 1 IN users", Operation::Select, "users"),
            ("SELECT value FROM json_each('[1]')", Operation::Select, "json_each"),
            ("SELECT 1 FROM (SELECT 1) AS x WINDOW w AS (ORDER BY 1), v AS (w)", Operation::Select, NO_TABLE),
            ("VALUES ((SELECT 1 FROM t))", Operation::Select, "t"),
            ("SELECT x'00', $a::b(from), :c FROM t", Operation::Select, "t"),
            ("EXPLAIN QUERY PLAN WITH a AS (SELECT 1) DELETE FROM t", Operation::Explain, "t"),
            ("; ;SELECT 1 FROM t", Operation::Select, "t"),
            ("\u{feff}SELECT 1 FROM \u{feff}t", Operation::Select, "t"),
            ("DROP INDEX IF EXISTS i", Operation::Drop, SCHEMA),
            ("DROP TRIGGER temp.r", Operation::Drop, TEMPORARY_SCHEMA),
            ("ANALYZE t", Operation::Analyze, STATISTICS),
            ("REINDEX t", Operation::Reindex, NO_TABLE),
            ("ATTACH 'from' AS x", Operation::Attach, NO_TABLE),
            ("DETACH x", Operation::Detach, NO_TABLE),
        ] {
            let parsed = Statement::parse(sql);
            assert_eq!((parsed.operation, parsed.table.as_str()), (operation, table), "{sql}");
        }
    }

    #[test]
    fn a_name_is_handed_over_as_sqlite_knows_it() {
        for (written, name) in [
            ("Users", "users"),
            ("\"a\"\"B\"", "a\"b"),
            ("[a[[\"\"b]", "a[[\"\"b"),
            ("`a``\"\"`", "a`\"\""),
            ("'it''s'", "it's"),
            ("\"\"\"\"\"\"", "\"\""),
            ("É", "É"),
        ] {
            let sql = format!("SELECT * FROM {written}");
            Statement::parse(&sql).table.with_lower_case(|table| assert_eq!(table, name));
        }
    }

    #[test]
    fn text_without_sense_is_read_in_bounded_time_and_stack() {
        for part in [
            "(",
            "(WITH a AS ",
            "(WITH a AS (SELECT 1 FROM ",
            "SELECT * FROM a,",
            "(SELECT 1 FROM (",
            "WITH a AS (",
            "'",
            "/*",
            "$(",
        ] {
            let sql = format!("WITH b AS (SELECT 1 FROM b) SELECT {}", part.repeat(20_000));
            assert_eq!(Statement::parse(&sql).operation, Operation::Select);
        }
        // Each of them reads the one before twice, and none a table.
        let mut sql = "WITH a0 AS (SELECT 1)".to_owned();
        for number in 1..30 {
            sql += &format!(", a{number} AS (SELECT 1 FROM a{0} UNION SELECT 1 FROM a{0})", number - 1);
        }
        assert_eq!(Statement::parse(&(sql.clone() + " SELECT * FROM a29")).table.as_str(), NO_TABLE);
        assert_eq!(Statement::parse(&(sql + " SELECT * FROM a29, t")).table.as_str(), "t");
    }
}
