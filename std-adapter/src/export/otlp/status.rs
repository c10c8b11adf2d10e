//! A gRPC status in words.

use std::error::Error;

use tonic::{Code, Status, TimeoutExpired};

/// As long as a receiver's message gets in a log line; enough for a sentence or two.
const LONGEST_MESSAGE: usize = 300;

/// `UNAVAILABLE: transport error: Connection refused (os error 111)`
pub(super) fn describe(status: &Status) -> String {
    let code = name(status.code());
    let mut text = match status.message() {
        "" => code.to_string(),
        message => format!("{code}: {}", cut(message)),
    };
    if let Some(source) = status.source() {
        let cause = root_cause(source);
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// The innermost error, where the words are that help: the outer ones say `transport error`.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    cut(&innermost.to_string())
}

/// Whether our own side ended the call because its time was over. tonic reports that as CANCELLED.
pub(super) fn expired(status: &Status) -> bool {
    let mut cause = status.source();
    while let Some(error) = cause {
        if error.is::<TimeoutExpired>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// What a peer sent, made fit for one log line.
pub(super) fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(LONGEST_MESSAGE).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(LONGEST_MESSAGE).is_some() {
        cut.push('…');
    }
    cut
}

/// The name that specifications and other clients' logs use; `Debug` writes `ResourceExhausted`.
fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_becomes_one_short_line() {
        let text = format!("a\r\nb\u{1b}[31m{}", "x".repeat(1000));
        let cut = cut(&text);
        assert!(cut.starts_with("a  b [31m"));
        assert_eq!(cut.chars().count(), LONGEST_MESSAGE + 1);
        assert_eq!(describe(&Status::unavailable("try later")), "UNAVAILABLE: try later");
        assert_eq!(describe(&Status::aborted("")), "ABORTED");
    }
}
