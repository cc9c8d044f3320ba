//! A short torture of the whole system. `cargo run --release -p photo-tests --bin torture` is the
//! long one.

use std::process::Command;

/// With twenty-five acts each kind has its turn, whatever the seed.
#[test]
fn a_tortured_system_loses_nothing_and_leaves_nothing_behind() {
    let torture = env!("CARGO_BIN_EXE_torture");
    let args = ["--jobs", "300", "--kills", "25", "--seed", "2"];
    let output = Command::new(torture).args(args).output().unwrap();
    let [report, progress] =
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    assert!(output.status.success(), "{progress}\n{report}");
    assert!(report.contains("300 of 300 right") && report.ends_with("PASS\n"), "{report}");
}
