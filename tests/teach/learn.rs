//! The course: each lesson's own solution is accepted, and what is wrong is told.

use crate::strobe::{is_root, shell};

/// Lessons that there are at least.
const LEAST: usize = 12;

/// What the course says to lines typed one after another, from a lesson on.
fn typed(lesson: usize, lines: &[&str]) -> String {
    let line = format!(
        "printf '%s\\n' {} | strobe learn {lesson}",
        lines
            .iter()
            .map(|line| format!("'{line}'"))
            .collect::<Vec<_>>()
            .join(" ")
    );
    let output = shell(&line);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn lessons() -> usize {
    let said = typed(1, &["quit"]);
    let (_, rest) = said.split_once("Lesson 1 of ").expect("it counts");
    let number = rest.split(':').next().expect("a number");
    number.parse().expect("a number")
}

#[test]
fn every_lesson_accepts_its_solution() {
    if !is_root("the lessons") {
        return;
    }
    let count = lessons();
    assert!(count >= LEAST, "{count} lessons");
    for lesson in 1..=count {
        let said = typed(lesson, &["try", "quit"]);
        assert!(said.contains("\nWell done.\n"), "lesson {lesson}:\n{said}");
    }
}

#[test]
fn a_wrong_answer_is_told_what_it_lacks() {
    if !is_root("the lessons") {
        return;
    }
    // It counts calls instead of bytes.
    let said = typed(
        4,
        &["tracepoint:syscalls:sys_enter_write /comm == \"worker\"/ { @ = count(); }"],
    );
    assert!(said.contains("Not yet: a map should hold 64000"), "{said}");
    let said = typed(
        2,
        &["tracepoint:raw_syscalls:sys_entr { @ = count(); }", "hint"],
    );
    assert!(said.contains("error[unknown-tracepoint]"), "{said}");
    assert!(said.contains("does not run"), "{said}");
    assert!(said.contains("comm goes between the brackets"), "{said}");
}

#[test]
fn the_course_can_be_left_and_skipped_through() {
    let said = typed(1, &["list", "next", "solution", "quit"]);
    assert!(said.contains("Lesson 2 of"), "{said}");
    assert!(said.contains("@[comm] = count()"), "{said}");
    assert!(said.contains("Until next time"), "{said}");
}
