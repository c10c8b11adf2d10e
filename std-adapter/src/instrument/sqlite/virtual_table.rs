//! The statements that SQLite's own virtual tables run, where SQLite does not mark them as theirs.

/// Whether FTS3, FTS4, FTS5 or R*Tree wrote this statement, about the tables in which they keep their content: it names
/// one as they do, `'main'.'mails_data'`, and one of that table's columns.
pub(super) fn wrote(sql: &str) -> bool {
    /// What stands behind `_` in the names of those tables, and what only their statements have (fts3_write.c,
    /// fts5_config.c, fts5_index.c and rtree.c).
    const OWN: [(&str, &[&str]); 8] = [
        ("config", &["SELECT k, v FROM "]),
        ("data", &["(id, block)", " WHERE id>=?"]),
        ("idx", &["segid"]),
        ("node", &["nodeno"]),
        ("rowid", &["nodeno"]),
        ("segdir", &["level", "VALUES(?,?,?,?,?,?)"]),
        ("segments", &["blockid"]),
        ("stat", &["SELECT value FROM ", "REPLACE INTO "]),
    ];
    let own = |(_, rest): (&str, &str)| {
        let (table, _) = rest.split_once('\'')?;
        let (_, ending) = table.rsplit_once('_')?;
        let (_, marks) = OWN.iter().find(|(own, _)| *own == ending)?;
        Some(marks.iter().any(|mark| sql.contains(mark)))
    };
    sql.split_once("'.'").and_then(own).unwrap_or(false)
        || sql
            .strip_prefix("PRAGMA '")
            .is_some_and(|sql| sql.ends_with("'.data_version") || sql.ends_with("'.page_size"))
        || sql.strip_prefix("SELECT stat FROM '").is_some_and(|sql| sql.contains("'.sqlite_stat1 WHERE tbl = '"))
}
