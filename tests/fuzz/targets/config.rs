//! See `photo_fuzz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| photo_fuzz::config::check(input));
