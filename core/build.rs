//! Stops the build for a target that the crate is not for: its own errors there would say nothing about the reason.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_POINTER_WIDTH").is_ok_and(|bits| bits == "16") {
        println!("cargo::error=picometer needs a target whose pointers have 32 bits or more");
    }
}
