//! What a SQL statement does, and to which table: from its words, without parsing all of SQL.
//!
//! `tests/models/grammar.rs` compares it with what SQLite itself says of generated statements.

use std::mem;

use picometer::Label;

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
/// - `SELECT`: the first table or view behind its `FROM`; where there is none, the first one that a subquery reads, or a
///   common table expression that is used.
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
        with(lower.get(..length).and_then(|lower| str::from_utf8(lower).ok()).unwrap_or(self.0.text))
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
        let operation = tokens.next().map_or(Operation::Other, Token::operation);
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

/// Whether FTS3, FTS4, FTS5 or R*Tree wrote this statement, about the tables in which they keep their content.
pub(super) fn is_of_a_virtual_table(sql: &str) -> bool {
    /// What stands behind `_` in the names of those tables.
    const OWN: [&str; 11] =
        ["config", "content", "data", "docsize", "idx", "node", "parent", "rowid", "segdir", "segments", "stat"];
    let own = |(_, rest): (&str, &str)| {
        let (table, _) = rest.split_once('\'')?;
        Some(OWN.contains(&table.rsplit_once('_')?.1))
    };
    sql.split_once("'.'").and_then(own).unwrap_or(false)
        || sql
            .strip_prefix("PRAGMA '")
            .is_some_and(|sql| sql.ends_with("'.data_version") || sql.ends_with("'.page_size"))
        || sql.strip_prefix("SELECT stat FROM '").is_some_and(|sql| sql.contains("'.sqlite_stat1 WHERE tbl = '"))
}

/// How many queries with a `WITH` of their own, and common table expressions, are looked into.
const LOOKS: usize = 32;
/// How many names are looked for among the common table expressions.
const LOOK_UPS: usize = 64;

/// Looks for the first table that a query reads.
#[derive(Debug, Default)]
struct Search<'a> {
    /// The first one that is read by a subquery.
    nested: Option<Name<'a>>,
    /// What was looked into: how much of the text follows.
    looks: [usize; LOOKS],
    looked: usize,
    look_ups: usize,
}

impl<'a> Search<'a> {
    fn table(mut self, query: Tokens<'a>) -> Option<Name<'a>> {
        self.query(query, None).or(self.nested)
    }

    /// The first table behind the `FROM` of this query itself; one that a subquery reads is noted. The query ends with the
    /// text or at the parenthesis that closes it.
    fn query(&mut self, mut tokens: Tokens<'a>, outer: Option<&With<'_, 'a>>) -> Option<Name<'a>> {
        let with = With::take(&mut tokens).map(|first| With { first, outer });
        let with = with.as_ref().or(outer);
        let mut depth = 0;
        // By depth: whether tables are being listed there, and whether they are read by this query itself.
        let (mut lists, mut own) = (Depths(0), Depths(1));
        let mut is_table = false;
        let mut is_distinct = false;
        while let Some(token) = tokens.next() {
            let was_distinct = mem::replace(&mut is_distinct, false);
            if mem::replace(&mut is_table, false) {
                if token == Token::Sign(b'(') {
                    is_table = !tokens.next_is_query();
                } else if let Some(name) = tokens.name_from(token) {
                    if let Some(name) = self.is_real(name, with) {
                        if own.get(depth) {
                            return Some(name);
                        }
                        self.note(Some(name));
                    }
                    continue;
                }
            }
            match token {
                Token::Sign(b'(') if tokens.next_is("with") => {
                    self.look_into(&tokens, with);
                    tokens.skip_group();
                }
                Token::Sign(b'(') => {
                    let is_own = is_table && own.get(depth);
                    depth += 1;
                    lists.set(depth, is_table);
                    own.set(depth, is_own);
                }
                Token::Sign(b')') if depth > 0 => depth -= 1,
                Token::Sign(b')' | b';') if depth == 0 => break,
                Token::Sign(b',') => is_table = lists.get(depth),
                Token::Word(word) => match Clause::of(word) {
                    // `a IS DISTINCT FROM b` has none.
                    Some(Clause::From) if !was_distinct => {
                        lists.set(depth, true);
                        is_table = true;
                    }
                    Some(Clause::Join) => is_table = lists.get(depth),
                    Some(Clause::Distinct) => is_distinct = true,
                    // `a IN users`
                    Some(Clause::In) => {
                        if let Some(name) = tokens.name() {
                            let name = self.is_real(name, with);
                            self.note(name);
                        }
                    }
                    Some(Clause::Window) if !tokens.next_is_window() => {}
                    Some(Clause::Window | Clause::Later) => lists.set(depth, false),
                    Some(Clause::From) | None => {}
                },
                _ => {}
            }
        }
        None
    }

    /// A common table expression is looked into, and is no table.
    fn is_real(&mut self, name: Name<'a>, with: Option<&With<'_, 'a>>) -> Option<Name<'a>> {
        let Some(with) = with.filter(|_| !name.has_schema) else { return Some(name) };
        self.look_ups += 1;
        if self.look_ups > LOOK_UPS {
            return None;
        }
        let Some((body, scope)) = with.body(&name) else { return Some(name) };
        self.look_into(&body, Some(scope));
        None
    }

    /// Once for each query, so that one which reads itself comes to an end.
    fn look_into(&mut self, query: &Tokens<'a>, with: Option<&With<'_, 'a>>) {
        let place = query.rest.len();
        if self.nested.is_some() || self.looks.iter().take(self.looked).any(|looked| *looked == place) {
            return;
        }
        let Some(look) = self.looks.get_mut(self.looked) else { return };
        *look = place;
        self.looked += 1;
        let found = self.query(query.clone(), with);
        self.note(found);
    }

    fn note(&mut self, name: Option<Name<'a>>) {
        self.nested = self.nested.or(name);
    }
}

/// A bit for each of 64 depths.
#[derive(Debug, Clone, Copy)]
struct Depths(u64);

impl Depths {
    fn bit(depth: u32) -> u64 {
        1_u64.checked_shl(depth).unwrap_or(0)
    }

    fn get(self, depth: u32) -> bool {
        self.0 & Self::bit(depth) != 0
    }

    fn set(&mut self, depth: u32, to: bool) {
        self.0 = if to { self.0 | Self::bit(depth) } else { self.0 & !Self::bit(depth) };
    }
}

/// The words of a query that tell where tables are listed.
#[derive(Debug, Clone, Copy)]
enum Clause {
    From,
    Join,
    Distinct,
    In,
    Window,
    /// One behind the list of tables.
    Later,
}

impl Clause {
    fn of(word: &str) -> Option<Self> {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        Some(match word.len() {
            2 if is("in") => Self::In,
            4 if is("from") => Self::From,
            4 if is("join") => Self::Join,
            5 if is("where") || is("group") || is("order") || is("limit") || is("union") => Self::Later,
            6 if is("having") || is("except") => Self::Later,
            6 if is("window") => Self::Window,
            8 if is("distinct") => Self::Distinct,
            9 if is("intersect") => Self::Later,
            _ => return None,
        })
    }
}

/// Common table expressions that a query can name.
#[derive(Debug)]
struct With<'s, 'a> {
    /// Begins with the name of the first.
    first: Tokens<'a>,
    outer: Option<&'s With<'s, 'a>>,
}

impl<'a> With<'_, 'a> {
    /// Takes `WITH [RECURSIVE]` and the expressions, if that is what comes next, and hands back where they begin.
    fn take(tokens: &mut Tokens<'a>) -> Option<Tokens<'a>> {
        if !tokens.eat("with") {
            return None;
        }
        tokens.eat("recursive");
        let first = tokens.clone();
        while Self::expression(tokens).is_some() && tokens.eat_sign(',') {}
        Some(first)
    }

    /// Takes `name [(columns)] AS [[NOT] MATERIALIZED] (body)`.
    fn expression(tokens: &mut Tokens<'a>) -> Option<(Name<'a>, Tokens<'a>)> {
        let name = tokens.name()?;
        let mut is_body = false;
        loop {
            match tokens.next()? {
                Token::Sign(b'(') => {
                    let body = tokens.clone();
                    tokens.skip_group();
                    if is_body {
                        return Some((name, body));
                    }
                }
                token => is_body |= token.is("as"),
            }
        }
    }

    /// The body of the expression with that name, and what can be named in it.
    fn body(&self, name: &Name<'a>) -> Option<(Tokens<'a>, &Self)> {
        let mut scope = Some(self);
        while let Some(with) = scope {
            let mut tokens = with.first.clone();
            while let Some((other, body)) = Self::expression(&mut tokens) {
                if other.lower_case().eq(name.lower_case()) {
                    return Some((body, with));
                }
                if !tokens.eat_sign(',') {
                    break;
                }
            }
            scope = with.outer;
        }
        None
    }
}

/// The last part of a name, perhaps with a schema before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Name<'a> {
    /// As written between the quotes.
    text: &'a str,
    /// The closing quote, which is there twice where it is a part of the name, or a zero.
    quote: u8,
    has_schema: bool,
}

impl<'a> Name<'a> {
    const fn plain(text: &'a str) -> Self {
        Self { text, quote: 0, has_schema: false }
    }

    /// Each quote once, since it is there twice.
    fn lower_case(&self) -> impl Iterator<Item = u8> + use<'a> {
        let quote = self.quote;
        let mut is_first = false;
        self.text
            .bytes()
            .filter(move |byte| {
                is_first = *byte == quote && !is_first;
                *byte != quote || is_first
            })
            .map(|byte| byte.to_ascii_lowercase())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// A keyword or a name.
    Word(&'a str),
    /// What stands in quotes, without them, and the closing one. In single ones it is a string or a name.
    Quoted(&'a str, u8),
    Sign(u8),
    /// A number, a blob or a parameter, which may be called like a keyword.
    Value,
}

impl Token<'_> {
    fn is(&self, keyword: &str) -> bool {
        matches!(self, Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    fn is_name(&self, name: &str) -> bool {
        matches!(self, Token::Word(text) | Token::Quoted(text, _) if text.eq_ignore_ascii_case(name))
    }

    fn operation(self) -> Operation {
        const LONGEST: usize = 9;
        let Token::Word(word) = self else { return Operation::Other };
        let mut upper = [0; LONGEST];
        let Some(upper) = upper.get_mut(..word.len()) else { return Operation::Other };
        upper.copy_from_slice(word.as_bytes());
        upper.make_ascii_uppercase();
        match str::from_utf8(upper) {
            Ok("END") => Operation::Commit,
            Ok("VALUES") => Operation::Select,
            Ok(keyword) => Operation::from_value(keyword).unwrap_or(Operation::Other),
            Err(_) => Operation::Other,
        }
    }
}

/// The tokens of a statement, as SQLite's tokenizer has them (tokenize.c). Blanks and comments are passed over.
#[derive(Debug, Clone)]
struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    fn new(sql: &'a str) -> Self {
        Self { rest: sql }
    }

    /// Takes the next token if it is this keyword, and says whether it was.
    fn eat(&mut self, keyword: &str) -> bool {
        self.skip_blanks();
        let mut ahead = self.clone();
        // Most often the first letter tells.
        let begins = |rest: &str| rest.bytes().next().map(|first| first.to_ascii_lowercase()) == keyword.bytes().next();
        let is = begins(ahead.rest) && ahead.next().is_some_and(|token| token.is(keyword));
        if is {
            *self = ahead;
        }
        is
    }

    fn eat_sign(&mut self, sign: char) -> bool {
        self.skip_blanks();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn next_is(&self, keyword: &str) -> bool {
        self.clone().next().is_some_and(|token| token.is(keyword))
    }

    fn next_is_query(&self) -> bool {
        self.clone().next().is_some_and(|token| ["select", "values", "with"].iter().any(|keyword| token.is(keyword)))
    }

    /// `name AS`. Without them, `WINDOW` is a name itself.
    fn next_is_window(&self) -> bool {
        let mut ahead = self.clone();
        ahead.name().is_some() && ahead.eat("as")
    }

    /// A name, perhaps with a schema before it, if that is what comes next.
    fn name(&mut self) -> Option<Name<'a>> {
        let mut ahead = self.clone();
        let token = ahead.next()?;
        let name = ahead.name_from(token)?;
        *self = ahead;
        Some(name)
    }

    /// The name that begins with `first`.
    fn name_from(&mut self, first: Token<'a>) -> Option<Name<'a>> {
        let part = |token, has_schema| match token {
            Token::Word(text) => Some(Name { text, quote: 0, has_schema }),
            Token::Quoted(text, quote) => Some(Name { text, quote, has_schema }),
            Token::Sign(_) | Token::Value => None,
        };
        let mut name = part(first, false)?;
        while self.eat_sign('.') {
            name = part(self.next()?, true)?;
        }
        Some(name)
    }

    fn name_after(mut self, keyword: &str) -> Option<Name<'a>> {
        self.find(|token| token.is(keyword))?;
        self.name()
    }

    /// Passes over what is left of a group, and the parenthesis that closes it.
    fn skip_group(&mut self) {
        let mut depth = 0_u32;
        for token in self {
            match token {
                Token::Sign(b'(') => depth += 1,
                Token::Sign(b')') if depth == 0 => return,
                Token::Sign(b')') => depth -= 1,
                _ => {}
            }
        }
    }

    /// Passes over blanks and comments. A byte order mark is a blank.
    fn skip_blanks(&mut self) {
        loop {
            let blank = match self.rest.as_bytes() {
                [b' ' | b'\t' | b'\n' | b'\x0c' | b'\r', ..] => 1,
                [b'-', b'-', ..] | [b'/', b'*', ..] => 2,
                [0xef, 0xbb, 0xbf, ..] => 3,
                _ => return,
            };
            let (blank, rest) = self.rest.split_at(blank);
            self.rest = rest;
            match blank {
                "--" => drop(self.until("\n")),
                "/*" => drop(self.until("*/")),
                _ => {}
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

    fn word(&mut self) -> &'a str {
        let end = self.rest.bytes().position(|byte| !is_word(byte)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// What follows the first letter of a parameter: its name, which can be that of a variable of Tcl, `$a::b(c)`.
    fn parameter(&mut self) {
        let mut is_named = !self.word().is_empty();
        while let Some(rest) = self.rest.strip_prefix("::") {
            self.rest = rest;
            is_named |= !self.word().is_empty();
        }
        if is_named && self.rest.starts_with('(') {
            let end = self.rest.find(|c: char| c == ')' || c.is_ascii_whitespace()).unwrap_or(self.rest.len());
            self.rest = self.rest.get(end..).unwrap_or_default();
            self.rest = self.rest.strip_prefix(')').unwrap_or(self.rest);
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_blanks();
        let first = *self.rest.as_bytes().first()?;
        if is_word(first) && first != b'$' {
            let word = self.word();
            return Some(match self.rest.strip_prefix('\'') {
                Some(rest) if word.eq_ignore_ascii_case("x") => {
                    self.rest = rest;
                    self.until_quote('\'');
                    Token::Value
                }
                _ if first.is_ascii_digit() => Token::Value,
                _ => Token::Word(word),
            });
        }
        // No letter, so it is one byte long.
        self.rest = self.rest.get(1..).unwrap_or_default();
        Some(match first {
            b'"' | b'`' | b'\'' => Token::Quoted(self.until_quote(char::from(first)), first),
            b'[' => Token::Quoted(self.until("]"), b']'),
            b':' | b'@' | b'#' | b'$' => {
                self.parameter();
                Token::Value
            }
            sign => Token::Sign(sign),
        })
    }
}

/// As SQLite's tokenizer has it (`IdChar` in tokenize.c), everything beyond ASCII is a letter.
fn is_word(byte: u8) -> bool {
    const IS_WORD: [bool; 256] = {
        let mut is_word = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            let ascii = byte as u8;
            is_word[byte] = ascii.is_ascii_alphanumeric() || !ascii.is_ascii() || ascii == b'_' || ascii == b'$';
            byte += 1;
        }
        is_word
    };
    IS_WORD[usize::from(byte)]
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
