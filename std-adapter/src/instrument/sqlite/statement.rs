//! What a SQL statement does, and to which table: from its words, without parsing all of SQL.

use picometer::Label;

/// What a statement does: its first keyword, or for a `WITH` the keyword that follows the common table expressions.
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
    #[label("_OTHER")]
    Other,
}

/// The table of a statement that has none.
pub const NO_TABLE: &str = "_none";

/// What a statement does, and to which table.
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
pub struct TableName<'a>(&'a str);

impl TableName<'_> {
    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0
    }

    /// Hands it to `with` in lower case, since SQLite does not tell `Users` from `users`.
    pub(crate) fn with_lower_case<R>(&self, with: impl FnOnce(&str) -> R) -> R {
        let mut lower = [0; 64];
        match lower.get_mut(..self.0.len()) {
            Some(lower) => {
                lower.copy_from_slice(self.0.as_bytes());
                lower.make_ascii_lowercase();
                with(str::from_utf8(lower).unwrap_or(self.0))
            }
            None => with(self.0),
        }
    }
}

impl<'a> Statement<'a> {
    /// Looks at the words of `sql`. Anything is taken; what is not understood is `_OTHER` on [`NO_TABLE`].
    #[must_use]
    pub fn parse(sql: &'a str) -> Self {
        let mut words = Words::new(sql);
        let mut operation = words.next().map_or(Operation::Other, |word| word.operation());
        let mut first = words.clone();
        if sql_starts_with(sql, "with") {
            // The expressions are in parentheses; the statement's own keyword is not.
            let found = first.find(|word| word.depth == 0 && word.operation() != Operation::Other);
            operation = found.map_or(Operation::Other, |word| word.operation());
        }
        let table = match operation {
            Operation::Select | Operation::Delete => after(first, "from"),
            Operation::Insert | Operation::Replace => after(first, "into"),
            Operation::Update => updated(first),
            Operation::Create | Operation::Drop | Operation::Alter => defined(first),
            _ => None,
        };
        Self { operation, table: TableName(table.unwrap_or(NO_TABLE)) }
    }
}

fn sql_starts_with(sql: &str, keyword: &str) -> bool {
    Words::new(sql).next().is_some_and(|word| word.is(keyword))
}

/// The name that follows `keyword`: outside parentheses if there is one, and inside otherwise.
fn after<'a>(words: Words<'a>, keyword: &str) -> Option<&'a str> {
    let following = |only_outside: bool| {
        let mut words = words.clone();
        loop {
            let word = words.next()?;
            if word.is(keyword) && !(only_outside && word.depth > 0) {
                let mut rest = words.clone();
                if let Some(name) = rest.name() {
                    return Some(name);
                }
            }
        }
    };
    following(true).or_else(|| following(false))
}

/// `UPDATE [OR REPLACE] name`.
fn updated(mut words: Words<'_>) -> Option<&str> {
    let mut ahead = words.clone();
    if ahead.next().is_some_and(|word| word.is("or")) {
        ahead.next();
        words = ahead;
    }
    words.name()
}

/// `CREATE [TEMP] TABLE [IF NOT EXISTS] name`, and for an index or a trigger the table behind its `ON`.
fn defined(mut words: Words<'_>) -> Option<&str> {
    let what = words.find(|word| ["table", "index", "view", "trigger"].iter().any(|what| word.is(what)))?;
    if what.is("index") || what.is("trigger") {
        return after(words, "on");
    }
    let mut ahead = words.clone();
    if ahead.next().is_some_and(|word| word.is("if")) {
        // IF NOT EXISTS, or IF EXISTS.
        while ahead.next().is_some_and(|word| !word.is("exists")) {}
        words = ahead;
    }
    words.name()
}

#[derive(Debug, Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    quoted: bool,
    /// How many parentheses are open around it.
    depth: u32,
}

impl Word<'_> {
    fn is(&self, keyword: &str) -> bool {
        !self.quoted && self.text.eq_ignore_ascii_case(keyword)
    }

    fn operation(&self) -> Operation {
        const LONGEST: usize = 9;
        let mut upper = [0; LONGEST];
        let Some(upper) = upper.get_mut(..self.text.len()).filter(|_| !self.quoted) else { return Operation::Other };
        upper.copy_from_slice(self.text.as_bytes());
        upper.make_ascii_uppercase();
        match str::from_utf8(upper) {
            Ok("END") => Operation::Commit,
            Ok(keyword) => Operation::from_value(keyword).unwrap_or(Operation::Other),
            Err(_) => Operation::Other,
        }
    }
}

/// The words of a statement, quoted names among them; comments, strings, numbers and signs are passed over.
#[derive(Debug, Clone)]
struct Words<'a> {
    rest: &'a str,
    depth: u32,
}

impl<'a> Words<'a> {
    fn new(sql: &'a str) -> Self {
        Self { rest: sql, depth: 0 }
    }

    /// A name, perhaps with a schema before it, if that is what comes next.
    fn name(&mut self) -> Option<&'a str> {
        self.skip_blanks();
        if !self.rest.starts_with(|c: char| is_word(c) || matches!(c, '"' | '`' | '[')) {
            return None;
        }
        let mut name = self.next()?.text;
        self.skip_blanks();
        while let Some(rest) = self.rest.strip_prefix('.') {
            self.rest = rest;
            name = self.next()?.text;
            self.skip_blanks();
        }
        Some(name).filter(|name| !name.is_empty())
    }

    /// Passes over blanks and comments.
    fn skip_blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_ascii_start();
            if let Some(rest) = self.rest.strip_prefix("--") {
                self.rest = rest;
                self.until("\n");
            } else if let Some(rest) = self.rest.strip_prefix("/*") {
                self.rest = rest;
                self.until("*/");
            } else {
                return;
            }
        }
    }

    /// Takes what is up to `quote`. One that is there twice is a part of it.
    fn until_quote(&mut self, quote: char) -> &'a str {
        let all = self.rest;
        let mut end = 0;
        loop {
            let Some(found) = all.get(end..).and_then(|rest| rest.find(quote)) else {
                self.rest = "";
                return all;
            };
            end += found;
            let (text, rest) = all.split_at(end);
            self.rest = rest.strip_prefix(quote).unwrap_or_default();
            if !self.rest.starts_with(quote) {
                return text;
            }
            end += 2 * quote.len_utf8();
        }
    }

    /// Takes what is up to `end`, or all if it never ends.
    fn until(&mut self, end: &str) -> &'a str {
        let (taken, rest) = self.rest.split_once(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        loop {
            self.skip_blanks();
            let first = self.rest.chars().next()?;
            if is_word(first) {
                let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                if first.is_ascii_digit() {
                    continue;
                }
                return Some(Word { text, quoted: false, depth: self.depth });
            }
            self.rest = &self.rest[first.len_utf8()..];
            match first {
                '"' | '`' => {
                    let text = self.until_quote(first);
                    return Some(Word { text, quoted: true, depth: self.depth });
                }
                '[' => {
                    let text = self.until("]");
                    return Some(Word { text, quoted: true, depth: self.depth });
                }
                '\'' => drop(self.until("'")),
                // A parameter, which may be called like a keyword.
                ':' | '@' | '#' => self.rest = self.rest.trim_start_matches(is_word),
                '(' => self.depth += 1,
                ')' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }
}

/// As SQLite's tokenizer has it (`IdChar` in tokenize.c), everything beyond ASCII is a letter.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii() || matches!(c, '_' | '$')
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
            ("-- from x\n/* from y */ DELETE FROM [sessions] WHERE 1", Operation::Delete, "sessions"),
            ("INSERT OR IGNORE INTO users(id) VALUES (1)", Operation::Insert, "users"),
            ("INSERT INTO a SELECT * FROM b", Operation::Insert, "a"),
            ("REPLACE INTO `t` VALUES (1)", Operation::Replace, "t"),
            ("UPDATE OR ROLLBACK t SET a = 1", Operation::Update, "t"),
            ("update t set a = (select 1 from b)", Operation::Update, "t"),
            ("WITH a AS (SELECT 1 FROM x), b(c) AS (VALUES (1)) INSERT INTO t SELECT 1", Operation::Insert, "t"),
            ("WITH RECURSIVE a AS (SELECT 1) SELECT * FROM a", Operation::Select, "a"),
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
        ] {
            let parsed = Statement::parse(sql);
            assert_eq!((parsed.operation, parsed.table.as_str()), (operation, table), "{sql}");
        }
    }
}
