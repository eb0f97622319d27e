//! The words that stand in place of a script, and the texts made of the command line's definitions.

use crate::strobe::shell;

/// A flag that no text may lack.
const FLAG: &str = "dry-run";

fn text(line: &str) -> String {
    let output = shell(line);
    assert!(output.status.success(), "{line}: {output:?}");
    String::from_utf8(output.stdout).expect("it prints text")
}

#[test]
fn a_file_named_like_a_command_is_still_a_script() {
    let folder = std::env::temp_dir().join(format!("strobe-words-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a new folder");
    std::fs::write(folder.join("explain"), "begin {").expect("a writable folder");
    let output = shell(&format!("cd {} && strobe explain", folder.display()));
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("unclosed-brace"), "{said}");
}

#[test]
fn a_command_that_follows_a_program_is_its_parameter() {
    let said = shell("strobe -e 'begin {' explain").stderr;
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(said.contains("unclosed-brace"), "{said}");
}

#[test]
fn manual_and_completions_know_every_flag() {
    let manual = text("strobe man").replace('\\', "");
    assert!(manual.contains(FLAG), "{manual}");
    for shell in ["bash", "zsh", "fish"] {
        let completions = text(&format!("strobe completions {shell}"));
        assert!(completions.contains(FLAG), "{completions}");
    }
}

#[test]
fn every_command_is_in_the_help_and_has_its_page() {
    let help = text("strobe --help");
    for command in ["explain", "man", "completions"] {
        assert!(help.contains(command), "{help}");
        assert!(text(&format!("strobe man {command}")).contains(&format!("strobe-{command}")));
    }
}
