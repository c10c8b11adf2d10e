//! Lays out memory as the machine has it that QEMU emulates for the target.

use std::path::Path;
use std::{env, fs};

fn main() {
    let target = env::var("TARGET").unwrap_or_default();
    let machine = match target.as_str() {
        "thumbv6m-none-eabi" => "microbit",
        "thumbv7m-none-eabi" => "lm3s6965evb",
        "thumbv7em-none-eabi" | "thumbv7em-none-eabihf" => "mps2-an386",
        "riscv32imac-unknown-none-elf" | "riscv32imc-unknown-none-elf" => "virt",
        _ => panic!("no machine is known for {target}: build for one of the targets of ci/firmware.sh"),
    };
    let memory = format!("memory/{machine}.x");
    let out = env::var("OUT_DIR").unwrap_or_default();
    if let Err(error) = fs::copy(&memory, Path::new(&out).join("memory.x")) {
        panic!("{memory}: {error}");
    }
    println!("cargo::rustc-link-search={out}");
    println!("cargo::rustc-link-arg=-Tlink.x");
    println!("cargo::rustc-link-arg=--nmagic");
    println!("cargo::rerun-if-changed=memory");
}
