//! The key of those who administer the service.

use std::sync::Arc;

use subtle::ConstantTimeEq;

use crate::config::Secret;

/// What X-Service-Key must hold.
#[derive(Clone)]
pub struct ServiceKey(Arc<Secret>);

impl ServiceKey {
    pub fn new(secret: Secret) -> Self {
        Self(Arc::new(secret))
    }

    /// Compares without telling by its time where the first difference is. The length of the key is no secret.
    pub fn matches(&self, given: &[u8]) -> bool {
        self.0.expose().as_bytes().ct_eq(given).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_itself_only() {
        let key = ServiceKey::new("open sesame".parse().unwrap());
        assert!(key.matches(b"open sesame"));
        for wrong in ["", "open", "open sesamE", "open sesame "] {
            assert!(!key.matches(wrong.as_bytes()), "{wrong}");
        }
    }
}
