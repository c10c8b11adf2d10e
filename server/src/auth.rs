//! Who is asking: passwords, tokens, and the keys behind them.

pub mod key_file;
pub mod password;
pub mod service_key;
pub mod token;
