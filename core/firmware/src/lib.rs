//! What the proofs share: a timer whose interrupt can be aimed, and a way to look at the stack.

#![no_std]

pub mod board;
pub mod stack;
