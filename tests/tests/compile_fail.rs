//! What a wrong annotation says. One folder per kind of mistake; `ui/rustc` holds the messages that are rustc's own, or
//! that rustc adds to, and so change with it.

use std::process::Command;

/// The version of rustc whose words stand in `ui/rustc`.
const RUSTC: &str = "1.95";

#[test]
fn a_mistake_is_said_in_the_catalogues_words() {
    let cases = trybuild::TestCases::new();
    for kind in [
        "all_at_once",
        "declaration",
        "duplicate",
        "late",
        "leaving",
        "missing",
        "option",
        "position",
        "syntax",
        "unknown",
    ] {
        cases.compile_fail(format!("ui/{kind}/*.rs"));
    }
    cases.compile_fail("ui/derive_*/*.rs");
    if is_known_rustc() {
        for kind in ["body", "context", "derive", "late", "outcome", "syntax", "value_type"] {
            cases.compile_fail(format!("ui/rustc/{kind}/*.rs"));
        }
    }
}

/// Another rustc may word its part differently; what is ours in these messages holds there as well.
fn is_known_rustc() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("rustc runs").stdout;
    String::from_utf8_lossy(&version).split_whitespace().nth(1).is_some_and(|version| version.starts_with(RUSTC))
}
