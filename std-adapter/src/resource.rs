//! The resource: what is being measured, as attributes.

use std::collections::BTreeMap;
use std::process;
use std::sync::{Mutex, PoisonError};

use uuid::{Builder, Uuid};

/// The attributes of the resource, `service.name` among them, in the order of their keys.
///
/// ```
/// let resource = picometer_std::Resource::new("shop").with("deployment.environment.name", "test");
/// assert_eq!(resource.attributes()[1], ("service.name", "shop"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource(BTreeMap<String, String>);

impl Resource {
    /// The resource of the service `name`. What several processes push with it is one series at a receiver, unless
    /// [`with_instance_id`](Self::with_instance_id) tells them apart.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(BTreeMap::from([("service.name".to_owned(), name.into())]))
    }

    /// Sets an attribute, in place of one with the same key. An attribute without a key is left out.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let key = key.into();
        if !key.is_empty() {
            self.0.insert(key, value.into());
        }
        self
    }

    /// Sets `service.instance.id`, which tells this process from others of the same service, to a random UUID: the same
    /// one as long as the process runs, another in each process, forked ones included. Where the system gives no random
    /// bytes there is none, and a warning. It may be called from any thread; two that are first wait for each other.
    ///
    /// ```
    /// let resource = picometer_std::Resource::new("shop").with_instance_id();
    /// assert_eq!(resource.attributes()[0].0, "service.instance.id");
    /// assert_eq!(resource, picometer_std::Resource::new("shop").with_instance_id());
    /// ```
    #[must_use]
    pub fn with_instance_id(self) -> Self {
        /// The process that the id belongs to, and the id.
        static OWN: Mutex<Option<(u32, Uuid)>> = Mutex::new(None);
        let mut own = OWN.lock().unwrap_or_else(PoisonError::into_inner);
        if own.is_none_or(|(process, _)| process != process::id()) {
            *own = random_uuid().map(|id| (process::id(), id));
        }
        match *own {
            Some((_, id)) => self.with(INSTANCE_ID, id.to_string()),
            None => self,
        }
    }

    /// The attributes as OpenTelemetry has them.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
    }

    /// The attributes as labels of `target_info`. Those whose keys become one are joined with `;`, in the order of
    /// their keys (OpenTelemetry, "Prometheus and OpenMetrics Compatibility").
    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        let mut labels: BTreeMap<String, String> = BTreeMap::new();
        for (key, value) in &self.0 {
            labels
                .entry(label(key))
                .and_modify(|there| {
                    there.push(';');
                    there.push_str(value);
                })
                .or_insert_with(|| value.clone());
        }
        labels
    }
}

/// The semantic conventions recommend a random UUID, version 4, where nothing tells instances apart by itself.
pub(crate) const INSTANCE_ID: &str = "service.instance.id";

fn random_uuid() -> Option<Uuid> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .inspect_err(|error| tracing::warn!(%error, "no {INSTANCE_ID}: replicas cannot be told apart"))
        .ok()?;
    Some(Builder::from_random_bytes(bytes).into_uuid())
}

fn label(key: &str) -> String {
    let mut label = String::with_capacity(key.len() + 1);
    if key.starts_with(|first: char| first.is_ascii_digit()) {
        label.push('_');
    }
    for c in key.chars() {
        let c = if c.is_ascii_alphanumeric() { c } else { '_' };
        if !(c == '_' && label.ends_with('_')) {
            label.push(c);
        }
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_become_one_are_joined() {
        let resource = Resource::new("shop").with("host-name", "b").with("host.name", "c").with("1st", "x");
        let labels: Vec<_> = resource.labels().into_iter().collect();
        let expected = [("_1st", "x"), ("host_name", "b;c"), ("service_name", "shop")];
        assert_eq!(labels, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
}
