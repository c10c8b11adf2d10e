//! JSON Web Tokens, signed with HMAC-SHA256.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

/// Seconds that an access token is good for.
pub const ACCESS_LIFETIME: i64 = 30 * 60;
/// Seconds that a refresh token is good for.
pub const REFRESH_LIFETIME: i64 = 7 * 24 * 60 * 60;

/// HMAC-SHA256 wants a key no shorter than its output (RFC 7518, section 3.2).
pub const SHORTEST_KEY: usize = 32;

/// What a token may be used for. One kind is never accepted for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenType {
    Access,
    Refresh,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user's id.
    #[serde(with = "decimal")]
    pub sub: i64,
    #[serde(rename = "type")]
    pub token_type: TokenType,
    /// The user's token generation at the time; logging out makes it outdated.
    #[serde(rename = "gen")]
    pub generation: i64,
    pub iat: i64,
    pub exp: i64,
}

impl Claims {
    /// The claims of a token issued now.
    pub fn new(user_id: i64, generation: i64, token_type: TokenType) -> Self {
        let now = jiff::Timestamp::now().as_second();
        let lifetime = match token_type {
            TokenType::Access => ACCESS_LIFETIME,
            TokenType::Refresh => REFRESH_LIFETIME,
        };
        Self { sub: user_id, token_type, generation, iat: now, exp: now.saturating_add(lifetime) }
    }
}

/// Signs tokens and checks them.
#[derive(Clone)]
pub struct Tokens {
    encoding: Arc<EncodingKey>,
    decoding: Arc<DecodingKey>,
    validation: Arc<Validation>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("JWT_SECRET_KEY has {0} bytes, and needs at least {SHORTEST_KEY}: unset it to have a random one made")]
    ShortKey(usize),
    #[error("cannot sign a token")]
    Sign(#[source] jsonwebtoken::errors::Error),
}

impl Tokens {
    /// # Errors
    ///
    /// When the key is too short.
    pub fn new(key: &[u8]) -> Result<Self, Error> {
        if key.len() < SHORTEST_KEY {
            return Err(Error::ShortKey(key.len()));
        }
        let mut validation = Validation::new(Algorithm::HS256);
        // The tokens are checked by the clock that made them.
        validation.leeway = 0;
        Ok(Self {
            encoding: Arc::new(EncodingKey::from_secret(key)),
            decoding: Arc::new(DecodingKey::from_secret(key)),
            validation: Arc::new(validation),
        })
    }

    /// # Errors
    ///
    /// When the signature cannot be computed.
    pub fn sign(&self, claims: &Claims) -> Result<String, Error> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.encoding).map_err(Error::Sign)
    }

    /// The claims of a token of this type that was signed here and has not expired.
    pub fn verify(&self, token: &str, expected: TokenType) -> Option<Claims> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation).ok()?.claims;
        (claims.token_type == expected).then_some(claims)
    }
}

/// `sub` is a string by its definition (RFC 7519, section 4.1.2).
mod decimal {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = &[7; 32];

    #[test]
    fn round_trips() {
        let tokens = Tokens::new(KEY).unwrap();
        let claims = Claims::new(42, 3, TokenType::Access);
        let token = tokens.sign(&claims).unwrap();
        assert_eq!(tokens.verify(&token, TokenType::Access), Some(claims));
    }

    #[test]
    fn refuses_the_other_type_an_old_one_another_key_and_no_signature() {
        let tokens = Tokens::new(KEY).unwrap();
        let claims = Claims::new(42, 0, TokenType::Refresh);
        let token = tokens.sign(&claims).unwrap();
        assert_eq!(tokens.verify(&token, TokenType::Access), None);
        assert_eq!(Tokens::new(&[8; 32]).unwrap().verify(&token, TokenType::Refresh), None);

        let expired = Claims { exp: claims.iat - 1, ..claims.clone() };
        assert_eq!(tokens.verify(&tokens.sign(&expired).unwrap(), TokenType::Refresh), None);

        let payload = token.split('.').nth(1).unwrap();
        // {"alg":"none"}
        assert_eq!(tokens.verify(&format!("eyJhbGciOiJub25lIn0.{payload}."), TokenType::Refresh), None);
        assert_eq!(tokens.verify("", TokenType::Refresh), None);
    }

    #[test]
    fn refuses_a_short_key() {
        assert!(matches!(Tokens::new(&[7; 31]), Err(Error::ShortKey(31))));
    }
}
