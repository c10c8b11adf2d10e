//! Argon2id password hashes, computed off the async runtime, in memory that is lent.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use subtle::ConstantTimeEq;

mod memory;

pub use memory::{LONGEST_QUEUE, MOST_KIB};
use memory::{Lender, Lent};

/// Passes over the memory, and lanes: OWASP's recommendation for 19 MiB.
const PASSES: u32 = 2;
const LANES: u32 = 1;
const ALGORITHM: Algorithm = Algorithm::Argon2id;
const VERSION: Version = Version::V0x13;

/// Hashes and checks passwords, so many at a time as there are processors; [`LONGEST_QUEUE`] more may wait, and others
/// are refused. All clients share the queue, which is first come, first served. A client that asks more often than others
/// gets more of its places.
#[derive(Clone)]
pub struct Passwords {
    params: Params,
    lender: Lender,
    /// The hash of a password nobody has. An address nobody registered is checked against it, so that the time to an
    /// answer does not tell which addresses are registered.
    nobody: Arc<str>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// [`LONGEST_QUEUE`] others wait already. This is no fault of the service.
    #[error("too many passwords are waiting to be hashed or checked")]
    Busy,
    #[error("Argon2 refuses to work")]
    Argon2(#[from] argon2::Error),
    #[error("a password hash cannot be read or written")]
    Form(#[from] argon2::password_hash::phc::Error),
    #[error("a password hash is not one of Argon2")]
    Foreign(#[from] argon2::password_hash::Error),
    #[error("a password hash lacks its salt or its output")]
    Incomplete,
    #[error("a password hash of {0} KiB is more than the {MOST_KIB} KiB that are allowed")]
    TooLarge(u32),
    #[error("there is no memory for password hashes of {0} KiB: lower PASSWORD_HASH_MEMORY_KIB")]
    NoMemory(u32),
    #[error("the system has no random numbers")]
    Random(#[from] getrandom::Error),
    #[error("password work did not end")]
    Ended(#[from] tokio::task::JoinError),
}

impl Passwords {
    /// Hashes take `memory_kib` of memory each. All of it is taken here, once for each processor, and kept.
    ///
    /// # Errors
    ///
    /// When the memory is out of range or not there, or the system has no random numbers.
    pub fn new(memory_kib: u32) -> Result<Self, Error> {
        let params = Params::new(memory_kib, PASSES, LANES, None)?;
        let lender = Lender::new(memory_kib)?;
        // Random output stands for the hash of a password that nobody will ever find.
        let nobody = phc(&params, &random()?, &random()?)?.into();
        Ok(Self { params, lender, nobody })
    }

    /// The PHC string to store for a new password.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] when too many wait; others when the system has no random numbers for the salt.
    pub async fn hash(&self, password: String) -> Result<String, Error> {
        let params = self.params.clone();
        self.with_memory(move |memory| hash(&params, memory, password.as_bytes())).await
    }

    /// Whether the password belongs to the stored hash. Without a hash the answer is no, at the same cost.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`] when too many wait; others when the stored hash is not one.
    pub async fn verify(&self, password: String, stored: Option<String>) -> Result<bool, Error> {
        let nobody = Arc::clone(&self.nobody);
        self.with_memory(move |memory| {
            let belongs = verify(memory, password.as_bytes(), stored.as_deref().unwrap_or(&nobody))?;
            Ok(belongs && stored.is_some())
        })
        .await
    }

    async fn with_memory<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Lent) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        // The memory moves into the work, which goes on when the caller goes away.
        let mut memory = self.lender.lend().await?;
        tokio::task::spawn_blocking(move || work(&mut memory)).await?
    }
}

fn hash(params: &Params, memory: &mut Lent, password: &[u8]) -> Result<String, Error> {
    let salt = random()?;
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    compute(ALGORITHM, VERSION, params.clone(), memory, password, &salt, &mut output)?;
    phc(params, &salt, &output)
}

/// A hash as it is stored: with all that is needed to compute it again.
fn phc(
    params: &Params,
    salt: &[u8; Salt::RECOMMENDED_LENGTH],
    output: &[u8; Params::DEFAULT_OUTPUT_LEN],
) -> Result<String, Error> {
    let hash = PasswordHash {
        algorithm: ALGORITHM.ident(),
        version: Some(VERSION.into()),
        params: ParamsString::try_from(params)?,
        salt: Some(Salt::new(salt)?),
        hash: Some(Output::new(output)?),
    };
    Ok(hash.to_string())
}

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// Computes with the parameters of the stored hash, which may be others than those of new ones.
fn verify(memory: &mut Lent, password: &[u8], stored: &str) -> Result<bool, Error> {
    let stored = PasswordHash::new(stored)?;
    let algorithm = Algorithm::try_from(stored.algorithm.as_str())?;
    let version = stored.version.map_or(Ok(Version::default()), Version::try_from)?;
    let params = Params::try_from(&stored)?;
    let (salt, expected) = stored.salt.zip(stored.hash).ok_or(Error::Incomplete)?;
    let mut output = [0; Output::MAX_LENGTH];
    let output = &mut output[..expected.len()];
    compute(algorithm, version, params, memory, password, &salt, output)?;
    Ok(output.ct_eq(expected.as_bytes()).into())
}

fn compute(
    algorithm: Algorithm,
    version: Version,
    params: Params,
    memory: &mut Lent,
    password: &[u8],
    salt: &[u8],
    output: &mut [u8],
) -> Result<(), Error> {
    memory.grow(params.m_cost())?;
    Argon2::new(algorithm, version, params).hash_password_into_with_memory(password, salt, output, &mut **memory)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    #[tokio::test]
    async fn tells_right_from_wrong_and_unknown() {
        let passwords = Passwords::new(8).unwrap();
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("wrong horse".to_owned(), Some(hash)).await.unwrap());
        assert!(!passwords.verify("correct horse".to_owned(), None).await.unwrap());
        for bad in [
            "not a hash",
            "$argon2id$v=19$m=8,t=2,p=1",
            "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
        ] {
            assert!(passwords.verify("any".to_owned(), Some(bad.to_owned())).await.is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn hashes_made_with_other_parameters_are_verified() {
        let passwords = Passwords::new(8).unwrap();
        for (kib, passes, lanes, output, algorithm, version) in [
            (64, 3, 1, None, Algorithm::Argon2id, Version::V0x13),
            (8, 1, 1, Some(16), Algorithm::Argon2i, Version::V0x10),
            // Two lanes take a multiple of eight blocks: here 32 of the 33.
            (33, 1, 2, Some(64), Algorithm::Argon2d, Version::V0x13),
        ] {
            let argon2 = Argon2::new(algorithm, version, Params::new(kib, passes, lanes, output).unwrap());
            // Of the crate itself, which allocates its own memory.
            let hash = argon2.hash_password_with_salt(b"correct horse", b"a salt of sixteen").unwrap().to_string();
            assert!(passwords.verify("correct horse".to_owned(), Some(hash.clone())).await.unwrap(), "{hash}");
            assert!(!passwords.verify("wrong horse".to_owned(), Some(hash)).await.unwrap());
        }
        let huge =
            "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E";
        let refused = passwords.verify("any".to_owned(), Some(huge.to_owned())).await;
        assert!(matches!(refused, Err(Error::TooLarge(u32::MAX))), "{refused:?}");
    }

    #[tokio::test]
    async fn the_crate_itself_verifies_what_is_stored() {
        let hash = Passwords::new(8).unwrap().hash("correct horse".to_owned()).await.unwrap();
        Argon2::default().verify_password(b"correct horse", hash.as_str()).unwrap();
    }

    #[tokio::test]
    async fn an_unknown_user_costs_as_much_as_a_known_one() {
        let passwords = Passwords::new(64).unwrap();
        let hash = passwords.hash("correct horse".to_owned()).await.unwrap();
        let shape = |hash: &str| hash.split('$').map(str::to_owned).collect::<Vec<_>>();
        let (nobody, somebody) = (shape(&passwords.nobody), shape(&hash));
        assert_eq!(nobody[..4], somebody[..4]);
        assert_eq!(
            nobody[4..].iter().map(String::len).collect::<Vec<_>>(),
            somebody[4..].iter().map(String::len).collect::<Vec<_>>()
        );
    }

    #[tokio::test]
    async fn equal_passwords_have_different_hashes() {
        let passwords = Passwords::new(8).unwrap();
        let hash = || passwords.hash("correct horse".to_owned());
        assert_ne!(hash().await.unwrap(), hash().await.unwrap());
    }
}
