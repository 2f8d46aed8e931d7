//! The corpus, replayed without a fuzzer.

use std::fs;
use std::path::Path;

/// Gives each input of the target's corpus to what the target does with it.
pub fn replay(target: &str, check: fn(&[u8])) {
    // Several crates have this file among their tests, each at a depth of its own.
    let mut above =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("fuzz/corpus"));
    let folder = above.find(|corpus| corpus.exists()).expect("the corpus is part of the tests").join(target);
    let mut inputs = 0;
    for entry in fs::read_dir(folder).expect("a folder for each target") {
        let path = entry.expect("a folder that can be listed").path();
        println!("{}", path.display());
        check(&fs::read(path).expect("an input that can be read"));
        inputs += 1;
    }
    assert!(inputs > 0, "an empty corpus tests nothing");
}
