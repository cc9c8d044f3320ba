//! Gives every check what the fuzzer has found worth keeping, without the fuzzer.

use std::path::Path;

use photo_fuzz::CHECKS;

#[test]
fn what_the_fuzzer_kept_still_holds() {
    for (name, check) in CHECKS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        let mut inputs = 0;
        for entry in std::fs::read_dir(&folder).expect("every check has a folder") {
            let path = entry.expect("it can be read").path();
            println!("{}", path.display());
            check(&std::fs::read(&path).expect("a file"));
            inputs += 1;
        }
        assert!(inputs > 0, "{} is empty", folder.display());
    }
}
