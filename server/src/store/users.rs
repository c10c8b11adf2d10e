//! Accounts.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::Time;

/// An account as its owner sees it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) created_at: Time,
    pub(crate) last_login_at: Option<Time>,
    #[serde(skip)]
    pub(crate) token_generation: i64,
}

impl User {
    const COLUMNS: &'static str = "id, email, first_name, last_name, created_at, last_login_at, token_generation";

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            email: row.get("email")?,
            first_name: row.get("first_name")?,
            last_name: row.get("last_name")?,
            created_at: row.get("created_at")?,
            last_login_at: row.get("last_login_at")?,
            token_generation: row.get("token_generation")?,
        })
    }
}

/// Fails as a duplicate when the address is taken.
pub(crate) fn insert(
    db: &Connection,
    email: &str,
    password_hash: &str,
    first_name: &str,
    last_name: &str,
) -> rusqlite::Result<User> {
    db.prepare_cached(&format!(
        "INSERT INTO users (email, password_hash, first_name, last_name, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
         RETURNING {}",
        User::COLUMNS
    ))?
    .query_one(params![email, password_hash, first_name, last_name, Time::now()], User::from_row)
}

pub(crate) fn find(db: &Connection, id: i64) -> rusqlite::Result<Option<User>> {
    db.prepare_cached(&format!("SELECT {} FROM users WHERE id = ?1", User::COLUMNS))?
        .query_row([id], User::from_row)
        .optional()
}

/// The id and password hash of the account with this address.
pub(crate) fn credentials(db: &Connection, email: &str) -> rusqlite::Result<Option<(i64, String)>> {
    db.prepare_cached("SELECT id, password_hash FROM users WHERE email = ?1")?
        .query_row([email], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

pub(crate) fn email_is_taken(db: &Connection, email: &str) -> rusqlite::Result<bool> {
    db.prepare_cached("SELECT 1 FROM users WHERE email = ?1")?.exists([email])
}

/// `None` when the account is gone.
pub(crate) fn note_login(db: &Connection, id: i64) -> rusqlite::Result<Option<User>> {
    db.prepare_cached(&format!("UPDATE users SET last_login_at = ?2 WHERE id = ?1 RETURNING {}", User::COLUMNS))?
        .query_one(params![id, Time::now()], User::from_row)
        .optional()
}

/// Changes the names given. `None` when the account is gone.
pub(crate) fn rename(
    db: &Connection,
    id: i64,
    first_name: Option<&str>,
    last_name: Option<&str>,
) -> rusqlite::Result<Option<User>> {
    db.prepare_cached(&format!(
        "UPDATE users SET first_name = coalesce(?2, first_name), last_name = coalesce(?3, last_name) WHERE id = ?1
         RETURNING {}",
        User::COLUMNS
    ))?
    .query_one(params![id, first_name, last_name], User::from_row)
    .optional()
}

/// Makes every token issued so far worthless.
pub(crate) fn revoke_tokens(db: &Connection, id: i64) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE users SET token_generation = token_generation + 1 WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Deletes the account and all it owns.
pub(crate) fn delete(db: &Connection, id: i64) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM users WHERE id = ?1")?.execute([id])?;
    Ok(())
}
