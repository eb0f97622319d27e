//! What `explain` says of a script, in the terminal and in a browser.

use crate::strobe::{is_root, shell};
use std::process::Command;

const SCRIPT: &str = "rawtracepoint:sys_enter /comm == \"x\"/ { @[comm] = count(); \
    if (pid > 5) { printf(\"%s %d\\n\", comm, pid); } } interval:s:1 { exit(); }";

/// Browsers that can print a page's document.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

fn explained(flags: &str) -> String {
    let output = shell(&format!("strobe explain {flags} '{SCRIPT}'"));
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("it prints text")
}

#[test]
fn a_script_is_told_in_the_order_in_which_it_happens() {
    if !is_root("explaining a script of this machine") {
        return;
    }
    let text = explained("");
    let facts = [
        "2 programs and 1 map",
        "fires when a thread enters a system call",
        "/comm == \"x\"/",
        "the program ends here",
        "@[comm] = count()",
        "1 is added to the count",
        "bpf_map_lookup_elem",
        "if (pid > 5) { … }",
        "a record of 32 bytes",
        "bpf_ringbuf_",
        "every 1 s",
        "key: str[16], 16 bytes",
        "at byte 8: str[16], 16 bytes",
        "`@` takes 4096 keys",
    ];
    let mut rest = text.as_str();
    for fact in facts {
        let at = rest.find(fact);
        let at = at.unwrap_or_else(|| panic!("{fact:?} does not follow, in:\n{text}"));
        rest = &rest[at..];
    }
}

#[test]
fn tools_and_files_are_explained_too() {
    if !is_root("explaining a saved tool") {
        return;
    }
    let output = shell("strobe explain runqlat");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    assert!(text.contains("from one thread to another"), "{text}");
}

#[test]
fn in_a_browser_what_belongs_together_lights_up_together() {
    let known = |name: &&&str| Command::new(name).arg("--version").output().is_ok();
    let Some(browser) = BROWSERS.iter().find(known) else {
        eprintln!("skipped: there is no Chromium to open the page in");
        return;
    };
    if !is_root("explaining a script of this machine") {
        return;
    }
    let page = std::env::temp_dir().join(format!("strobe-page-{}.html", std::process::id()));
    explained(&format!("--html {}", page.display()));
    // The second step of the first program, the condition, is named by the address.
    let line = format!(
        "{browser} --headless --no-sandbox --disable-gpu --dump-dom 'file://{}#g2'",
        page.display()
    );
    let output = shell(&line);
    std::fs::remove_file(&page).expect("the page is there");
    let document = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{output:?}");
    for panel in ["source", "notes", "tree", "llvm", "ebpf"] {
        let start = format!("<section id=\"{panel}\">");
        let (_, rest) = document.split_once(&start).expect("the panel is there");
        let (content, _) = rest.split_once("</section>").expect("it ends");
        let lit = content.matches("class=\"g on\" data-g=\"2\"").count();
        assert!(lit > 0, "nothing lights up in {panel}:\n{content}");
        let all = content.matches(" on\"").count();
        assert_eq!(lit, all, "something else lights up in {panel}:\n{content}");
    }
}
