//! Labels that every HTTP service needs.

use crate::Label;
use crate::label::NumberLabel;

/// The method of an HTTP request: those of RFC 9110 and PATCH (RFC 5789); any other is `_OTHER`, as the semantic
/// conventions for HTTP say.
///
/// ```
/// use picometer::label::HttpMethod;
///
/// assert_eq!(HttpMethod::parse("GET"), HttpMethod::Get);
/// assert_eq!(HttpMethod::parse("get"), HttpMethod::Other);
/// ```
#[derive(Label, Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the variants are the methods
pub enum HttpMethod {
    #[label("GET")]
    Get,
    #[label("POST")]
    Post,
    #[label("PUT")]
    Put,
    #[label("DELETE")]
    Delete,
    #[label("PATCH")]
    Patch,
    #[label("HEAD")]
    Head,
    #[label("OPTIONS")]
    Options,
    #[label("CONNECT")]
    Connect,
    #[label("TRACE")]
    Trace,
    #[label("_OTHER")]
    Other,
}

impl HttpMethod {
    /// The method with this name, which is case-sensitive.
    #[must_use]
    pub fn parse(name: &str) -> Self {
        Self::from_value(name).unwrap_or(Self::Other)
    }
}

/// The status code of an HTTP answer: any of three digits, as servers can send them, though HTTP defines none above 599. Any
/// other number is shown as -1. `Option<HttpStatus>` is the label of requests of which some have no answer.
pub type HttpStatus = NumberLabel<100, 999>;
