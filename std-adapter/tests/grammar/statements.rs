//! Statements by SQLite's grammar, over tables whose names are hard to read.

use picometer_std::instrument::sqlite::Operation;

/// What the statements are about. Every table and view has the columns `a` and `b`.
pub(crate) const SCHEMA: &str = r#"
    CREATE TABLE users (a INTEGER PRIMARY KEY, b); CREATE INDEX "index" ON users (b);
    CREATE TABLE other (a UNIQUE, b); CREATE TABLE Mixed (a PRIMARY KEY, b) WITHOUT ROWID;
    CREATE TABLE "release" (a UNIQUE, b); CREATE TABLE "from" (a UNIQUE, b); CREATE TABLE "select" (a UNIQUE, b);
    CREATE TABLE "with" (a UNIQUE, b); CREATE TABLE "replace" (a UNIQUE, b); CREATE TABLE "window" (a UNIQUE, b);
    CREATE TABLE "left" (a UNIQUE, b); CREATE TABLE "values" (a UNIQUE, b); CREATE TABLE "it's" (a UNIQUE, b);
    CREATE TABLE "x ""y""" (a UNIQUE, b); CREATE TABLE "ünï🦀" (a UNIQUE, b); CREATE TABLE "-- no" (a UNIQUE, b);
    CREATE TABLE "a.b" (a UNIQUE, b); CREATE TABLE "(" (a UNIQUE, b); CREATE TABLE "$1" (a UNIQUE, b);
    CREATE VIRTUAL TABLE mails USING fts5 (a, b); CREATE VIRTUAL TABLE boxes USING rtree (id, a, b);
    CREATE VIEW latest AS SELECT a, b FROM users; CREATE VIEW "view" AS SELECT l.a, o.b FROM latest AS l JOIN other AS o;
    CREATE VIEW empty AS SELECT 1 AS a, 2 AS b;
    CREATE VIEW "join" AS WITH users AS (SELECT a, b FROM other) SELECT a, b FROM users;
    CREATE TRIGGER "trigger" AFTER INSERT ON users BEGIN INSERT INTO mails VALUES (new.a, new.b); DELETE FROM other; END;
    CREATE TRIGGER inserted INSTEAD OF INSERT ON latest BEGIN INSERT INTO other VALUES (new.a, new.b); END;
    CREATE TRIGGER updated INSTEAD OF UPDATE ON latest BEGIN UPDATE other SET b = new.b; END;
    CREATE TRIGGER deleted INSTEAD OF DELETE ON latest BEGIN DELETE FROM other; END;
    CREATE TEMP TABLE scratch (a UNIQUE, b); CREATE INDEX temp.scratched ON scratch (b);
    ATTACH ':memory:' AS "aux"; CREATE TABLE aux.users (a UNIQUE, b); CREATE TABLE aux.remote (a UNIQUE, b);
    CREATE INDEX aux.remotely ON remote (b);
"#;

/// A schema and a table in it, and whether rows can be changed.
const TABLES: [(&str, &str); 23] = [
    ("main", "users"),
    ("main", "other"),
    ("main", "mixed"),
    ("main", "release"),
    ("main", "from"),
    ("main", "select"),
    ("main", "with"),
    ("main", "replace"),
    ("main", "window"),
    ("main", "left"),
    ("main", "values"),
    ("main", "it's"),
    ("main", "x \"y\""),
    ("main", "ünï🦀"),
    ("main", "-- no"),
    ("main", "a.b"),
    ("main", "("),
    ("main", "$1"),
    ("temp", "scratch"),
    ("aux", "users"),
    ("aux", "remote"),
    ("main", "mails"),
    ("main", "boxes"),
];
const VIEWS: [(&str, &str); 4] = [("main", "latest"), ("main", "view"), ("main", "empty"), ("main", "join")];
/// What can be called by its name without quotes, of all that needs them elsewhere.
const BARE: [&str; 19] = [
    "users",
    "other",
    "mixed",
    "release",
    "with",
    "replace",
    "left",
    "window",
    "ünï🦀",
    "scratch",
    "remote",
    "mails",
    "boxes",
    "latest",
    "view",
    "empty",
    "main",
    "temp",
    "aux",
];
/// Names of common table expressions, some of which hide a table.
const EXPRESSIONS: [&str; 14] = [
    "release",
    "replace",
    "users",
    "latest",
    "begin",
    "end",
    "key",
    "n1",
    "recursive",
    "as",
    "insert",
    "a (b",
    "temp",
    "materialized",
];
const ALIASES: [&str; 10] = ["s", "t", "key", "release", "window", "from", "it's", "end", "q\"q", "users"];

/// A statement, what it does, and what its common table expressions are called.
#[derive(Debug)]
pub(crate) struct Generated {
    pub(crate) sql: String,
    pub(crate) operation: Operation,
    pub(crate) expressions: Vec<String>,
    /// It may be about something that is not there, or that is there already.
    pub(crate) is_conditional: bool,
}

/// The statement that these choices make; all zeros are the simplest. It is not always valid.
pub(crate) fn statement(choices: impl Iterator<Item = u8>) -> Generated {
    let mut writer =
        Writer { choices, scopes: Vec::new(), expressions: Vec::new(), aliases: 0, is_conditional: false, depth: 0 };
    let (mut operation, mut text) = writer.statement();
    if writer.one_in(12) {
        let explain = writer.pick(&["EXPLAIN ", "EXPLAIN QUERY PLAN "]);
        (operation, text) = (Operation::Explain, format!("{explain}{text}"));
    }
    let sql = writer.spaced(&text);
    Generated { sql, operation, expressions: writer.expressions, is_conditional: writer.is_conditional }
}

/// A table in a `FROM`: how it is written, and how its columns are called.
struct Source {
    text: String,
    columns: Vec<String>,
}

/// In what it writes, a space stands wherever a comment can; one that is meant is `BLANK`.
const BLANK: &str = "\u{1}";

struct Writer<C> {
    choices: C,
    /// The common table expressions that can be named.
    scopes: Vec<Vec<String>>,
    expressions: Vec<String>,
    aliases: usize,
    is_conditional: bool,
    depth: usize,
}

impl<C: Iterator<Item = u8>> Writer<C> {
    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.choices.next().unwrap_or(0)) % limit
    }

    /// Never where there are no more choices.
    fn one_in(&mut self, limit: usize) -> bool {
        self.below(limit) == 1
    }

    fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[self.below(among.len())]
    }

    fn maybe(&mut self, limit: usize, text: &str) -> String {
        if self.one_in(limit) { text.to_owned() } else { String::new() }
    }

    fn statement(&mut self) -> (Operation, String) {
        match self.below(16) {
            0..7 => {
                let select = self.query();
                (Operation::Select, select)
            }
            7 | 8 => self.insert(),
            9 | 10 => self.update(),
            11 => self.delete(),
            12 | 13 => self.definition(),
            14 => self.other(),
            _ => {
                let values = self.values();
                let (with, scope) = self.with();
                self.leave(scope);
                (Operation::Select, format!("{with}{values}"))
            }
        }
    }

    fn quoted(&mut self, name: &str) -> String {
        let can_be_bare = BARE.contains(&name) || name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'n');
        let mut name = name.to_owned();
        if self.one_in(6) {
            name = name.to_ascii_uppercase();
        }
        let written = match self.below(8) {
            0..5 if can_be_bare => name,
            5 if !name.contains(']') => format!("[{name}]"),
            6 => format!("`{}`", name.replace('`', "``")),
            7 => format!("'{}'", name.replace('\'', "''")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        };
        written.replace(' ', BLANK)
    }

    /// A name that is no string, for places where a string is one.
    fn identifier(&mut self, name: &str) -> String {
        let name = name.to_owned();
        let written = match self.below(3) {
            1 if !name.contains(']') => format!("[{name}]"),
            2 => format!("`{}`", name.replace('`', "``")),
            _ => format!("\"{}\"", name.replace('"', "\"\"")),
        };
        written.replace(' ', BLANK)
    }

    fn table_name(&mut self, (schema, table): (&str, &str)) -> String {
        // `aux.users` has to be told from the other one.
        let is_hidden = self.scopes.iter().flatten().any(|name| name == table);
        let table_name = self.quoted(table);
        if (schema == "aux" && table == "users") || (is_hidden && self.below(4) > 0) || self.one_in(3) {
            format!("{} . {table_name}", self.quoted(schema))
        } else {
            table_name
        }
    }

    // Queries.

    /// `WITH ...`, after which its expressions can be named until the scope is left.
    fn with(&mut self) -> (String, bool) {
        if self.depth > 4 || self.below(4) != 1 {
            return (String::new(), false);
        }
        let mut text = self.pick(&["WITH ", "WITH RECURSIVE "]).to_owned();
        self.scopes.push(Vec::new());
        for number in 0..=self.below(3) {
            let name = self.pick(&EXPRESSIONS);
            if self.scopes.last().is_some_and(|scope| scope.iter().any(|other| other == name)) {
                continue;
            }
            if number > 0 {
                text += " , ";
            }
            text += &self.quoted(name);
            self.expressions.push(name.to_owned());
            let kind = self.pick(&["", "", "NOT MATERIALIZED ", "MATERIALIZED "]);
            if self.one_in(5) {
                let itself = self.quoted(name);
                text += &format!(
                    " ( a , b ) AS {kind}( SELECT 1 , 2 UNION ALL SELECT a + 1 , b FROM {itself} WHERE a < 5 )"
                );
            } else {
                text += &format!("{}AS {kind}( {} )", self.pick(&[" ", " ( a , b ) "]), self.query());
            }
            let name = name.to_owned();
            self.scopes.last_mut().unwrap().push(name);
        }
        (text + " ", true)
    }

    fn leave(&mut self, scope: bool) {
        if scope {
            self.scopes.pop();
        }
    }

    /// A query of the columns `a` and `b`.
    fn query(&mut self) -> String {
        self.depth += 1;
        let (with, scope) = self.with();
        let mut text = with + &self.select();
        while self.depth < 4 && self.one_in(8) {
            text += self.pick(&[" UNION ", " UNION ALL ", " EXCEPT ", " INTERSECT "]);
            text += &if self.one_in(5) { self.values() } else { self.select() };
        }
        if self.one_in(8) {
            text += self.pick(&[" ORDER BY 1", " ORDER BY 2 , 1 DESC NULLS LAST", " ORDER BY a COLLATE nocase , b"]);
        }
        if self.one_in(8) {
            text += self.pick(&[" LIMIT 1", " LIMIT 1 , 2", " LIMIT ?1 OFFSET 3", " LIMIT ( SELECT 1 )"]);
        }
        self.leave(scope);
        self.depth -= 1;
        text
    }

    fn select(&mut self) -> String {
        let sources = if self.one_in(10) { None } else { Some(self.sources()) };
        let columns = sources.as_ref().map_or(Vec::new(), |sources| sources.columns.clone());
        let joins_by_name =
            sources.as_ref().is_some_and(|sources| sources.text.contains("NATURAL") || sources.text.contains("USING"));
        let distinct = self.pick(&["", "", "DISTINCT ", "ALL "]);
        let mut text = if columns.is_empty() {
            format!("SELECT {distinct}{} AS a , {} AS b", self.expression(&[]), self.expression(&[]))
        } else if self.depth == 1 && !joins_by_name {
            match self.below(6) {
                0 => format!("SELECT {distinct}*"),
                1 => format!("SELECT {distinct}1 AS a , 2 b"),
                2 => "SELECT count( * ) AS a , 1 'b'".to_owned(),
                3 => format!("SELECT {distinct}coalesce( {} , 1 ) , row_number( ) OVER w", columns.join(" , ")),
                _ => {
                    let (a, mut b) = (self.expression(&columns), self.expression(&columns));
                    if a.contains(" OVER ") || b.contains(" OVER ") {
                        // A table of which no column is read is not told of behind a window.
                        b = format!("coalesce( {} , 1 )", columns.join(" , "));
                    }
                    format!("SELECT {distinct}{a} AS a , {b} \"b\"")
                }
            }
        } else {
            // All of them are read: what is not is left out by the optimizer in a subquery, before it is told of, and is
            // never told of where it is joined by the names of columns.
            let all = columns.join(" , ");
            let (first, second) = (&columns[0], &columns[columns.len() - 1]);
            let a = match self.below(3) {
                0 => first.clone(),
                1 => format!("coalesce( {all} , NULL )"),
                _ => format!("CASE WHEN {} THEN {first} ELSE coalesce( {all} , 1 ) END", self.condition(&columns)),
            };
            format!("SELECT {distinct}{a} AS a , coalesce( {second} , {all} , 1 ) AS b")
        };
        let Some(sources) = sources else { return text };
        text += " FROM ";
        text += &sources.text;
        let has_window = text.contains(" OVER w");
        if self.one_in(3) {
            text += &format!(" WHERE {}", self.condition(&columns));
        }
        if !has_window && self.one_in(10) {
            text += &format!(" GROUP BY {} HAVING {}", columns.join(" , "), self.condition(&columns));
        }
        if has_window {
            text += &format!(" WINDOW w AS ( PARTITION BY {} ORDER BY 1 ) , v AS ( w )", columns[0]);
        }
        text
    }

    fn values(&mut self) -> String {
        let rows: Vec<_> =
            (0..=self.below(2)).map(|_| format!("( {} , {} )", self.expression(&[]), self.expression(&[]))).collect();
        format!("VALUES {}", rows.join(" , "))
    }

    fn sources(&mut self) -> Source {
        let mut all = self.source();
        while self.one_in(3) {
            let next = self.source();
            // Where two have one name, the columns of one are not read but by `NATURAL` and `USING`.
            let plain = |column: &String| column.replace(['"', '`', '[', ']'], "");
            if next.columns.iter().any(|column| all.columns.iter().any(|other| plain(other) == plain(column))) {
                continue;
            }
            let join = self.pick(&[
                " , ",
                " JOIN ",
                " CROSS JOIN ",
                " LEFT JOIN ",
                " LEFT OUTER JOIN ",
                " INNER JOIN ",
                " RIGHT JOIN ",
                " FULL OUTER JOIN ",
                " NATURAL JOIN ",
                " NATURAL LEFT JOIN ",
            ]);
            all.text += join;
            all.text += &next.text;
            all.columns.extend(next.columns);
            let constrained = !join.contains("NATURAL") && join != " , ";
            all.text += &match self.below(4) {
                1 | 2 if constrained => format!(" ON {}", self.condition(&all.columns)),
                3 if constrained => " USING ( b )".to_owned(),
                _ => String::new(),
            };
        }
        all
    }

    fn source(&mut self) -> Source {
        let deep = self.depth > 3;
        let (text, columns, named) = match self.below(12) {
            4 if !deep => (format!("( {} )", self.query()), ["a", "b"], String::new()),
            5 if !deep => {
                self.depth += 1;
                let sources = self.sources();
                self.depth -= 1;
                return Source { text: format!("( {} )", sources.text), columns: sources.columns };
            }
            6 => {
                let (function, columns) = self.pick(&[
                    ("json_each ( '[1]' )", ["key", "value"]),
                    ("json_tree ( ?1 , '$.from' )", ["key", "value"]),
                    ("pragma_table_info ( 'users' )", ["cid", "name"]),
                    ("json_each", ["key", "value"]),
                    ("mails ( 'from' )", ["a", "b"]),
                ]);
                (function.to_owned(), columns, String::new())
            }
            7 => {
                let name =
                    self.pick(&["sqlite_master", "sqlite_schema", "main . sqlite_master", "temp . sqlite_master"]);
                (name.to_owned(), ["name", "sql"], String::new())
            }
            8..11 if self.scopes.iter().any(|scope| !scope.is_empty()) => {
                let names: Vec<_> = self.scopes.iter().flatten().cloned().collect();
                let name = names[self.below(names.len())].clone();
                (self.quoted(&name), ["a", "b"], name)
            }
            3 => {
                let view = self.pick(&VIEWS);
                (self.table_name(view), ["a", "b"], view.1.to_owned())
            }
            _ => {
                let table = self.pick(&TABLES);
                (self.table_name(table), ["a", "b"], table.1.to_owned())
            }
        };
        if !named.is_empty() && self.one_in(4) {
            let indexed = self.pick(&["", "", "", " NOT INDEXED", " INDEXED BY \"index\""]);
            let named = self.identifier(&named);
            return Source {
                text: text + indexed,
                columns: columns.map(|column| format!("{named} . {column}")).to_vec(),
            };
        }
        self.aliases += 1;
        let alias = format!("{}{}", self.pick(&ALIASES), self.aliases);
        let written = if self.one_in(3) { self.quoted(&alias) } else { self.identifier(&alias) };
        let alias = self.identifier(&alias);
        let columns = columns.map(|column| format!("{alias} . {column}")).to_vec();
        Source { text: format!("{text}{}{written}", self.pick(&[" AS ", " "])), columns }
    }

    // Expressions.

    fn subquery(&mut self) -> String {
        format!("( SELECT a FROM ( {} ) )", self.query())
    }

    /// One of the columns, if there are any, or something that is no constant.
    fn column(&mut self, columns: &[String]) -> String {
        if columns.is_empty() {
            self.pick(&["?1", ":from", "@into", "$release", "$a::b(select)", "?"]).to_owned()
        } else {
            columns[self.below(columns.len())].clone()
        }
    }

    fn expression(&mut self, columns: &[String]) -> String {
        let column = self.column(columns);
        let deep = self.depth > 3;
        match self.below(24) {
            1 => self.pick(&["1", "1.5e+3", "0x1f", ".5", "1_000", "NULL", "TRUE", "CURRENT_TIMESTAMP"]).to_owned(),
            2 => self
                .pick(&["'from users'", "'it''s from x'", "'-- '", "'/*'", "''", "x'00'", "X'ff'", "'('", "')'", "';'"])
                .replace(' ', BLANK),
            3 => format!("{column} IS DISTINCT FROM {}", self.column(columns)),
            4 => format!("{column} IS NOT DISTINCT FROM {}", self.column(columns)),
            5 => format!("CAST( {column} AS text )"),
            6 => format!("replace( {column} , 'from' , ?2 )"),
            7 => format!("CASE {column} WHEN 1 THEN 2 ELSE {column} END"),
            8 => format!("- {column} - -1"),
            9 => format!("{column} -> '$.from' ->> 1"),
            10 => format!("{column} || 'x' COLLATE nocase"),
            11 if !deep => self.subquery(),
            12 if !deep => format!("EXISTS ( {} )", self.query()),
            13 => format!("( {} )", self.condition(columns)),
            14 => format!("coalesce( {column} , 1 , 2 )"),
            15 if !columns.is_empty() && self.depth == 1 => {
                format!(
                    "sum( {column} ) FILTER ( WHERE {column} > 1 ) OVER ( PARTITION BY {column} ORDER BY 1 ROWS 2 PRECEDING )"
                )
            }
            _ => column,
        }
    }

    fn condition(&mut self, columns: &[String]) -> String {
        let column = self.column(columns);
        let deep = self.depth > 3;
        match self.below(14) {
            1 => format!("{column} IS NOT DISTINCT FROM {} AND {column} < 3", self.column(columns)),
            2 => format!("{column} BETWEEN 1 AND {column} OR NOT {column} IS NULL"),
            3 => format!("{column} IN ( 1 , 2 )"),
            4 if !deep => format!("{column} NOT IN ( SELECT b FROM ( {} ) )", self.query()),
            5 if !deep => format!("EXISTS ( {} )", self.query()),
            6 => {
                let table = self.pick(&TABLES[..18]);
                format!("( {column} , 1 ) IN {}", self.table_name(table))
            }
            7 if self.scopes.iter().any(|scope| !scope.is_empty()) => {
                let names: Vec<_> = self.scopes.iter().flatten().cloned().collect();
                let name = names[self.below(names.len())].clone();
                format!("( {column} , 1 ) NOT IN {}", self.quoted(&name))
            }
            8 => format!("{column} LIKE 'from%' ESCAPE '\\'"),
            9 => format!("{column} GLOB '*' AND {column} NOTNULL"),
            10 => format!("( {column} , 2 ) = ( 1 , {column} )"),
            11 if !deep => format!("{} = {column}", self.subquery()),
            _ => format!("{column} > 1"),
        }
    }

    // What changes rows.

    fn target(&mut self) -> String {
        let target = if self.one_in(8) { ("main", "latest") } else { self.pick(&TABLES) };
        // A common table expression is no target.
        let scopes = std::mem::take(&mut self.scopes);
        let name = self.table_name(target);
        self.scopes = scopes;
        name
    }

    fn returning(&mut self) -> &'static str {
        self.pick(&["", "", "", " RETURNING *", " RETURNING a AS \"from\" , b", " RETURNING a IS DISTINCT FROM b"])
    }

    fn insert(&mut self) -> (Operation, String) {
        self.depth += 1;
        let (with, scope) = self.with();
        let (operation, into) = self.pick(&[
            (Operation::Insert, "INSERT INTO "),
            (Operation::Insert, "INSERT OR IGNORE INTO "),
            (Operation::Insert, "INSERT OR REPLACE INTO "),
            (Operation::Replace, "REPLACE INTO "),
        ]);
        let target = self.target();
        let alias = self.maybe(6, " AS release");
        let rows = match self.below(4) {
            0 => self.values(),
            1 => "DEFAULT VALUES".to_owned(),
            _ => self.query(),
        };
        let columns = if rows == "DEFAULT VALUES" { "" } else { " ( a , b )" };
        let upsert = if rows.starts_with("VALUES") && operation == Operation::Insert {
            self.pick(&[
                "",
                "",
                " ON CONFLICT ( a ) DO NOTHING",
                " ON CONFLICT ( a ) DO UPDATE SET b = excluded . b WHERE excluded . a IS NOT DISTINCT FROM 1",
            ])
        } else {
            ""
        };
        let text = format!("{with}{into}{target}{alias}{columns} {rows}{upsert}{}", self.returning());
        self.leave(scope);
        self.depth -= 1;
        (operation, text)
    }

    fn update(&mut self) -> (Operation, String) {
        self.depth += 1;
        let (with, scope) = self.with();
        let or = self.pick(&["", "", "OR ROLLBACK ", "OR REPLACE ", "OR FAIL "]);
        let target = self.target();
        let alias = self.maybe(4, " AS \"set\"");
        let set = match self.below(4) {
            0 => "b = 1".to_owned(),
            1 => format!("( a , b ) = ( {} )", self.query()),
            2 => format!("b = {} , a = a + 1", self.expression(&[])),
            _ => format!("b = {}", self.subquery()),
        };
        let from = if self.one_in(3) { format!(" FROM {}", self.sources().text) } else { String::new() };
        let condition = if self.one_in(2) { format!(" WHERE {}", self.condition(&[])) } else { String::new() };
        let text = format!("{with}UPDATE {or}{target}{alias} SET {set}{from}{condition}{}", self.returning());
        self.leave(scope);
        self.depth -= 1;
        (Operation::Update, text)
    }

    fn delete(&mut self) -> (Operation, String) {
        self.depth += 1;
        let (with, scope) = self.with();
        let target = self.target();
        let alias = self.maybe(4, " AS 'where'");
        let condition = if self.one_in(2) { format!(" WHERE {}", self.condition(&[])) } else { String::new() };
        let text = format!("{with}DELETE FROM {target}{alias}{condition}{}", self.returning());
        self.leave(scope);
        self.depth -= 1;
        (Operation::Delete, text)
    }

    // Everything else.

    fn definition(&mut self) -> (Operation, String) {
        let new = self.pick(&[("main", "fresh"), ("main", "new \"from\""), ("aux", "fresh"), ("main", "begin")]);
        let new = self.table_name(new);
        let known = self.pick(&TABLES[..18]);
        let absent = self.maybe(3, "IF NOT EXISTS ");
        let present = self.maybe(3, "IF EXISTS ");
        self.is_conditional = !absent.is_empty() || !present.is_empty();
        let name = self.quoted(known.1);
        match self.below(14) {
            0 => (
                Operation::Create,
                format!("CREATE TABLE {absent}{new} ( a , \"from\" , CHECK ( a IS DISTINCT FROM 1 ) )"),
            ),
            1 => (Operation::Create, format!("CREATE TEMP TABLE {absent}fresh AS {}", self.query())),
            2 => (Operation::Create, format!("CREATE TABLE {absent}{new} AS {}", self.query())),
            3 => (Operation::Create, format!("CREATE VIEW {absent}{new} AS {}", self.query())),
            4 => (Operation::Create, format!("CREATE TEMPORARY VIEW {absent}fresh ( c , d ) AS {}", self.query())),
            5 => (Operation::Create, format!("CREATE VIRTUAL TABLE {absent}{new} USING fts5 ( a , \"from\" )")),
            6 => {
                let unique = self.maybe(2, "UNIQUE ");
                let index = self.quoted("n1");
                (
                    Operation::Create,
                    format!("CREATE {unique}INDEX {absent}{index} ON {name} ( a , b DESC ) WHERE a IS DISTINCT FROM 1"),
                )
            }
            7 | 8 => {
                let temporary = self.pick(&["", "TEMP "]);
                let trigger = self.quoted("with");
                let when = self.pick(&["", "BEFORE ", "AFTER "]);
                let event = self.pick(&["INSERT", "DELETE", "UPDATE", "UPDATE OF a , b"]);
                let body = self.pick(&[
                    "SELECT a FROM other",
                    "INSERT INTO other VALUES ( 1 , 2 ) ; DELETE FROM users",
                    "UPDATE other SET a = 1 ; SELECT 1",
                ]);
                let each = self.pick(&["", "FOR EACH ROW ", "WHEN 1 IS DISTINCT FROM 2 "]);
                let text = format!(
                    "CREATE {temporary}TRIGGER {absent}{trigger} {when}{event} ON {name} {each}BEGIN {body} ; END"
                );
                (Operation::Create, text)
            }
            9 => (Operation::Drop, format!("DROP TABLE {present}{}", self.table_name(known))),
            10 => {
                let view = self.pick(&VIEWS);
                (Operation::Drop, format!("DROP VIEW {present}{}", self.table_name(view)))
            }
            11 => {
                let index = self.pick(&[
                    "\"index\"",
                    "main . \"INDEX\"",
                    "temp . scratched",
                    "'temp' . scratched",
                    "aux . remotely",
                ]);
                (Operation::Drop, format!("DROP INDEX {present}{index}"))
            }
            12 => {
                let trigger = self.pick(&["\"trigger\"", "main . inserted", "[deleted]"]);
                (Operation::Drop, format!("DROP TRIGGER {present}{trigger}"))
            }
            _ => {
                let change = self.pick(&["RENAME TO fresh", "ADD COLUMN c", "RENAME COLUMN b TO \"from\"", "DROP b"]);
                self.is_conditional = false;
                (Operation::Alter, format!("ALTER TABLE {} {change}", self.table_name(known)))
            }
        }
    }

    fn other(&mut self) -> (Operation, String) {
        let (operation, text) = self.pick(&[
            (Operation::Begin, "BEGIN"),
            (Operation::Begin, "BEGIN IMMEDIATE TRANSACTION"),
            (Operation::Commit, "COMMIT"),
            (Operation::Commit, "END TRANSACTION"),
            (Operation::Rollback, "ROLLBACK"),
            (Operation::Rollback, "ROLLBACK TRANSACTION TO SAVEPOINT users"),
            (Operation::Savepoint, "SAVEPOINT \"select\""),
            (Operation::Release, "RELEASE users"),
            (Operation::Release, "RELEASE SAVEPOINT 'from'"),
            (Operation::Pragma, "PRAGMA table_info ( users )"),
            (Operation::Pragma, "PRAGMA main . page_size"),
            (Operation::Pragma, "PRAGMA user_version"),
            (Operation::Vacuum, "VACUUM"),
            (Operation::Vacuum, "VACUUM main INTO 'from'"),
            (Operation::Analyze, "ANALYZE"),
            (Operation::Analyze, "ANALYZE users"),
            (Operation::Analyze, "ANALYZE main . other"),
            (Operation::Reindex, "REINDEX"),
            (Operation::Reindex, "REINDEX users"),
            (Operation::Reindex, "REINDEX nocase"),
            (Operation::Attach, "ATTACH DATABASE 'from' AS \"from\""),
            (Operation::Detach, "DETACH DATABASE aux"),
        ]);
        (operation, text.to_owned())
    }

    /// Puts blanks and comments where spaces are, or nothing where that is the same, and changes the case of keywords.
    fn spaced(&mut self, text: &str) -> String {
        let mut sql = String::new();
        sql += self.pick(&["", "", "", " ", ";", "-- from x\n", "/* INSERT INTO x */", "\u{feff}"]);
        let mut before = "";
        for (index, part) in text.split(' ').enumerate() {
            let can_touch = before.ends_with(['(', ')', ',', '.']) || part.starts_with(['(', ')', ',', '.']);
            if index > 0 && !(can_touch && self.one_in(2)) {
                sql += match self.below(40) {
                    1 => "\n",
                    2 => "\t \r\n",
                    3 => "/**/",
                    4 => "/* FROM x ' */",
                    5 => " -- from x \" (\n",
                    6 => "\u{c}/*/ from [ */",
                    _ => " ",
                };
            }
            if part.len() > 1 && part.bytes().all(|byte| byte.is_ascii_uppercase()) {
                match self.below(3) {
                    1 => sql += &part.to_ascii_lowercase(),
                    2 => {
                        let (first, rest) = part.split_at(1);
                        sql += first;
                        sql += &rest.to_ascii_lowercase();
                    }
                    _ => sql += part,
                }
            } else {
                sql += &part.replace(BLANK, " ");
            }
            before = part;
        }
        sql += self.pick(&["", "", "", ";", " ;", "-- from x", "/* from x", " /* from x */ "]);
        sql
    }
}
