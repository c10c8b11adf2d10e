//! Argon2id password hashes, computed off the async runtime.

use std::{num::NonZero, sync::Arc};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;

/// Passes over the memory, and lanes: OWASP's recommendation for 19 MiB.
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes and checks passwords, so many at a time as there are processors: more would not be faster, and each takes its
/// own memory.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    slots: Arc<Semaphore>,
    /// The hash of a password nobody has. An address nobody registered is checked against it, so that the time to an
    /// answer does not tell which addresses are registered.
    nobody: Arc<str>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("bad Argon2 parameters")]
    Parameters(#[from] argon2::Error),
    #[error("cannot hash or check a password")]
    Hash(#[from] argon2::password_hash::Error),
    #[error("the system has no random numbers")]
    Random(#[from] getrandom::Error),
    #[error("password work did not end")]
    Ended(#[from] tokio::task::JoinError),
}

impl Passwords {
    /// Hashes take `memory_kib` of memory each. Computes one, so it blocks for a while.
    ///
    /// # Errors
    ///
    /// When the memory is out of range, or the system has no random numbers.
    pub fn new(memory_kib: u32) -> Result<Self, Error> {
        let params = Params::new(memory_kib, PASSES, LANES, None)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut password = [0; 32];
        getrandom::fill(&mut password)?;
        let nobody = argon2.hash_password(&password)?.to_string().into();
        let at_once = std::thread::available_parallelism().map_or(1, NonZero::get);
        Ok(Self { argon2, slots: Arc::new(Semaphore::new(at_once)), nobody })
    }

    /// The PHC string to store for a new password.
    ///
    /// # Errors
    ///
    /// When the system has no random numbers for the salt.
    pub async fn hash(&self, password: String) -> Result<String, Error> {
        self.in_a_slot(move |argon2, _| Ok(argon2.hash_password(password.as_bytes())?.to_string())).await
    }

    /// Whether the password belongs to the stored hash. Without a hash the answer is no, at the same cost.
    ///
    /// # Errors
    ///
    /// When the stored hash is not one.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, Error> {
        self.in_a_slot(move |argon2, nobody| {
            let hash =
                PasswordHash::new(stored.as_deref().unwrap_or(nobody)).map_err(argon2::password_hash::Error::from)?;
            match argon2.verify_password(password.as_bytes(), &hash) {
                Ok(()) => Ok(stored.is_some()),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    async fn in_a_slot<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'_>, &str) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        // The semaphore is never closed. The permit moves into the work, which goes on when the caller goes away.
        let slot = Arc::clone(&self.slots).acquire_owned().await.ok();
        let Self { argon2, nobody, .. } = self.clone();
        tokio::task::spawn_blocking(move || {
            let _slot = slot;
            work(&argon2, &nobody)
        })
        .await?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tells_right_from_wrong_and_unknown() {
        let passwords = Passwords::new(8).unwrap();
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("wrong horse".to_owned(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("correct horse".to_owned(), None).await.unwrap());
        assert!(passwords.verify("any".to_owned(), Some("not a hash".to_owned())).await.is_err());
    }

    #[tokio::test]
    async fn an_unknown_user_costs_as_much_as_a_known_one() {
        let passwords = Passwords::new(64).unwrap();
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        let cost = |hash: &str| hash.split('$').nth(3).map(str::to_owned);
        assert_eq!(cost(&passwords.nobody), cost(&hash));
    }

    #[tokio::test]
    async fn equal_passwords_have_different_hashes() {
        let passwords = Passwords::new(8).unwrap();
        let hash = || passwords.hash("correct horse".to_owned());
        assert_ne!(hash().await.unwrap(), hash().await.unwrap());
    }
}
