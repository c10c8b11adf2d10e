//! What the reader of SQL says of a statement, beside what SQLite's authorizer says: the operations agree, the table is one
//! that SQLite names, and there is none only where SQLite names none.
//!
//! `PICOMETER_STATEMENTS` says how many statements are compared; `ci/fuzz.sh` compares more than a million.

mod statements;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use picometer_std::instrument::sqlite::{NO_TABLE, Operation, Statement};
use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization, TransactionOperation};
use statements::{Generated, SCHEMA, statement};

/// A statement that writes may read before it is told of; one that defines something writes to SQLite's own tables; and
/// `ANALYZE` creates some.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    #[default]
    Reads,
    Writes,
    Defines,
    Analyzes,
}

/// What SQLite says of one statement while it prepares it.
#[derive(Debug, Default)]
struct Told {
    /// The first action of the highest rank.
    operation: Option<Operation>,
    rank: Rank,
    /// What is read or written, in lower case, and what that is reached through.
    tables: BTreeSet<String>,
    accessors: BTreeSet<String>,
    /// What stands in a `FROM` without a schema, and no column of it is read: a table, a view or a common table expression.
    in_from: BTreeSet<String>,
}

impl Told {
    fn hear(&mut self, context: AuthContext<'_>) {
        use {AuthAction as A, Rank::*};
        self.accessors.extend(context.accessor.map(str::to_lowercase));
        let (operation, rank, table) = match context.action {
            A::Read { table_name, column_name: "" } if context.database_name.is_none() => {
                self.in_from.insert(table_name.to_lowercase());
                return;
            }
            A::Read { table_name, .. } => (None, Reads, Some(table_name)),
            A::Select => (Some(Operation::Select), Reads, None),
            A::Insert { table_name } => (Some(Operation::Insert), Writes, Some(table_name)),
            A::Update { table_name, .. } => (Some(Operation::Update), Writes, Some(table_name)),
            A::Delete { table_name } => (Some(Operation::Delete), Writes, Some(table_name)),
            A::CreateTable { table_name }
            | A::CreateTempTable { table_name }
            | A::CreateVtable { table_name, .. }
            | A::CreateView { view_name: table_name }
            | A::CreateTempView { view_name: table_name }
            | A::CreateIndex { table_name, .. }
            | A::CreateTempIndex { table_name, .. }
            | A::CreateTrigger { table_name, .. }
            | A::CreateTempTrigger { table_name, .. } => (Some(Operation::Create), Defines, Some(table_name)),
            A::DropTable { table_name }
            | A::DropTempTable { table_name }
            | A::DropVtable { table_name, .. }
            | A::DropView { view_name: table_name }
            | A::DropTempView { view_name: table_name }
            | A::DropIndex { table_name, .. }
            | A::DropTempIndex { table_name, .. }
            | A::DropTrigger { table_name, .. }
            | A::DropTempTrigger { table_name, .. } => (Some(Operation::Drop), Defines, Some(table_name)),
            A::AlterTable { table_name, .. } => (Some(Operation::Alter), Defines, Some(table_name)),
            A::Analyze { table_name } => (Some(Operation::Analyze), Analyzes, Some(table_name)),
            A::Reindex { .. } => (Some(Operation::Reindex), Defines, None),
            A::Pragma { .. } => (Some(Operation::Pragma), Defines, None),
            A::Attach { .. } => (Some(Operation::Attach), Defines, None),
            A::Detach { .. } => (Some(Operation::Detach), Defines, None),
            A::Transaction { operation } => (Some(transaction(operation)), Defines, None),
            A::Savepoint { operation, .. } => {
                let operation = match operation {
                    TransactionOperation::Begin => Operation::Savepoint,
                    TransactionOperation::Release => Operation::Release,
                    _ => Operation::Rollback,
                };
                (Some(operation), Defines, None)
            }
            _ => (None, Reads, None),
        };
        // A trigger has an accessor.
        let is_own = operation.is_some() && context.accessor.is_none();
        if is_own && (self.operation.is_none() || rank > self.rank) {
            (self.operation, self.rank) = (operation, rank);
        }
        self.tables.extend(table.map(str::to_lowercase));
    }
}

fn transaction(operation: TransactionOperation) -> Operation {
    match operation {
        TransactionOperation::Begin => Operation::Begin,
        TransactionOperation::Rollback => Operation::Rollback,
        _ => Operation::Commit,
    }
}

struct Sqlite {
    connection: Connection,
    told: Arc<Mutex<Told>>,
    /// What is a table or a view.
    known: BTreeSet<String>,
    views: BTreeSet<String>,
}

impl Sqlite {
    fn new() -> Self {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        let names = |sql| -> BTreeSet<String> {
            let mut statement = connection.prepare(sql).unwrap();
            let names = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
            names.map(|name| name.unwrap().to_lowercase()).collect()
        };
        let known = names("SELECT name FROM pragma_table_list UNION SELECT name FROM pragma_module_list");
        let views = names("SELECT name FROM pragma_table_list WHERE type = 'view'");
        let told = Arc::new(Mutex::new(Told::default()));
        let hears = Arc::clone(&told);
        let hear = move |context: AuthContext<'_>| {
            hears.lock().unwrap().hear(context);
            Authorization::Allow
        };
        connection.authorizer(Some(hear)).unwrap();
        Self { connection, told, known, views }
    }

    /// Whether SQLite takes the statement. If so, the reader has to agree.
    fn check(&self, Generated { sql, operation, expressions, is_conditional }: &Generated) -> Result<bool, String> {
        *self.told.lock().unwrap() = Told::default();
        let prepared = self.connection.prepare(sql).map(drop);
        let told = std::mem::take(&mut *self.told.lock().unwrap());
        if prepared.is_err() {
            return Ok(false);
        }
        let read = Statement::parse(sql);
        let fail = |what: &str| Err(format!("{what}: {read:?}\n{told:?}\n{sql}"));
        if read.operation != *operation {
            return fail("another operation was written");
        }
        let by_sqlite = match (told.operation, *operation) {
            (_, Operation::Explain) | (None, Operation::Vacuum | Operation::Reindex) => *operation,
            (None, _) if *is_conditional => *operation,
            (Some(Operation::Insert), Operation::Replace) => Operation::Replace,
            (told, _) => told.unwrap_or(Operation::Other),
        };
        if read.operation != by_sqlite {
            return fail("SQLite says another operation");
        }
        // What is reached through a common table expression or a trigger is told with that, and through a view with that.
        // Where an expression is called like a table, it is not told apart from it.
        let is_expression = |name: &&String| expressions.iter().any(|expression| expression.eq_ignore_ascii_case(name));
        let without_columns = told.in_from.iter().chain(told.accessors.intersection(&self.views));
        let (perhaps, certain): (Vec<_>, Vec<_>) = without_columns.partition(is_expression);
        let named: BTreeSet<_> = told.tables.iter().chain(certain).collect();
        let perhaps = perhaps.into_iter().filter(|name| self.known.contains(*name));
        let table = read.table.as_str();
        if table == NO_TABLE {
            return if named.is_empty() { Ok(true) } else { fail("SQLite names a table") };
        }
        let is_read = |name: &String| {
            let alias = match name.as_str() {
                "sqlite_master" => "sqlite_schema",
                "sqlite_temp_master" => "sqlite_master",
                name => name,
            };
            // A quote is there twice in a quoted name.
            let once = ["\"", "'", "`"].map(|quote| table.replace(&quote.repeat(2), quote));
            once.iter().any(|table| table.to_lowercase() == *name || table.eq_ignore_ascii_case(alias))
        };
        match named.iter().copied().chain(perhaps).any(is_read) {
            true => Ok(true),
            false if *is_conditional && told.operation.is_none() => Ok(true),
            false => fail("SQLite does not name this table"),
        }
    }
}

/// Numbers that look random (SplitMix64).
fn random(mut state: u64) -> impl Iterator<Item = u8> {
    std::iter::repeat_with(move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed >> 56) as u8
    })
}

#[test]
fn the_reader_agrees_with_sqlites_authorizer() {
    let statements = std::env::var("PICOMETER_STATEMENTS").map_or(20_000, |statements| statements.parse().unwrap());
    let sqlite = Sqlite::new();
    let (mut taken, mut seed) = (0_u64, 0_u64);
    while taken < statements {
        seed += 1;
        match sqlite.check(&statement(random(seed << 20))) {
            Ok(is_taken) => taken += u64::from(is_taken),
            Err(error) => panic!("statement {seed}: {error}"),
        }
        assert!(seed < 1_000 || taken > seed / 2, "SQLite takes {taken} of {seed} statements");
    }
    println!("the reader agrees with SQLite on {taken} statements");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    // The same, on choices that proptest makes smaller where it finds something.
    #[test]
    fn the_reader_agrees_on_what_proptest_thinks_of(choices in proptest::collection::vec(any::<u8>(), 0..200)) {
        thread_local!(static SQLITE: Sqlite = Sqlite::new());
        let checked = SQLITE.with(|sqlite| sqlite.check(&statement(choices.into_iter())));
        prop_assert!(checked.is_ok(), "{}", checked.unwrap_err());
    }
}
