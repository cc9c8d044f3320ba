//! The programs that docs/CLIENTS.md shows, as files that can be run.

use std::path::Path;
use std::process::Command;

use photo_tests::program::Program;

const DOCUMENT: &str = include_str!("../../../../docs/CLIENTS.md");

/// What begins the first line of a program, before its name.
const COMMENTS: [&str; 2] = ["# ", "// "];

/// A program of the document.
struct Shown {
    /// The name that its first line gives it.
    file: &'static str,
    /// What the first line says of its use.
    usage: &'static str,
    text: &'static str,
}

/// Every program of the document.
fn all() -> impl Iterator<Item = Shown> {
    let blocks = DOCUMENT.split("```").skip(1).step_by(2);
    blocks.filter_map(|block| {
        let (_language, text) = block.split_once('\n')?;
        let (first, _) = text.split_once('\n')?;
        let first = COMMENTS.iter().find_map(|comment| first.strip_prefix(comment))?;
        let (file, usage) = first.split_once(": ")?;
        Some(Shown { file, usage, text })
    })
}

/// The names of all programs, in their order.
pub fn files() -> Vec<&'static str> {
    all().map(|shown| shown.file).collect()
}

/// How many blocks the document has in languages that can be run.
pub fn blocks() -> usize {
    ["sh", "python", "js"].map(|it| DOCUMENT.matches(&format!("```{it}\n")).count()).iter().sum()
}

/// Starts a program as its first line says, in this folder, with these arguments and variables.
pub fn start(folder: &Path, file: &str, args: &[&str], variables: &[(&str, &str)]) -> Program {
    let shown = all().find(|shown| shown.file == file).unwrap_or_else(|| panic!("no {file}"));
    std::fs::write(folder.join(file), shown.text).unwrap();
    // The word before its name.
    let words: Vec<&str> = shown.usage.split(' ').collect();
    let at = words.iter().position(|word| *word == file);
    let interpreter = at.and_then(|at| words.get(at.checked_sub(1)?)).unwrap_or(&"sh");
    let mut command = Command::new(interpreter);
    command.arg(file).args(args).envs(variables.iter().copied());
    Program::spawn(file, folder, command)
}

/// The same of one that talks to a server; answers what it wrote, once it has ended well.
#[track_caller]
pub fn run(folder: &Path, server: &str, file: &str, args: &[&str]) -> String {
    let (status, said) = start(folder, file, args, &[("PHOTO_SERVER", server)]).ended();
    assert!(status.success(), "{file}: {status}\n{said}");
    said
}
