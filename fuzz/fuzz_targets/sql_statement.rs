//! Any text is a statement, and its table is a part of the text or the constant for none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use picometer_std::instrument::sqlite::{NO_TABLE, Statement};

fuzz_target!(|sql: &str| {
    let statement = Statement::parse(sql);
    let table = statement.table.as_str();
    assert!(table == NO_TABLE || (!table.is_empty() && sql.contains(table)), "{table:?}");
    let upper = sql.to_ascii_uppercase();
    assert_eq!(Statement::parse(&upper).operation, statement.operation, "keywords have no case");
});
