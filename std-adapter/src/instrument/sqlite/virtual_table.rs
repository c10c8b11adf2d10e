//! The statements that SQLite's own virtual tables run.

/// Whether FTS3, FTS4, FTS5 or R*Tree wrote this statement, about the tables in which they keep their content.
pub(super) fn wrote(sql: &str) -> bool {
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
