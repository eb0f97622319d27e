//! Types of the system's headers beside those of the kernel, which they may define too.

use lexer::SourceMap;
use sema::kernel::fixtures;
use sema::{Options, analyze};

/// A header that defines a struct of the kernel before types of its own.
const HEADER: &str = "
struct task_struct { char theirs; };
typedef long header_long;
typedef header_long header_longer;
struct header_time { header_longer seconds; int fraction; };
struct list_head { char theirs; };
enum header_mode { HEADER_MODE = 3 };
";

/// The reports about a script that includes the header, or what each of its `print`s prints.
fn printed(script: &str) -> Result<Vec<String>, Vec<String>> {
    let mut sources = SourceMap::new();
    let file = sources.add("script", script);
    let (tree, reports) = parser::parse(&sources, file);
    assert!(reports.is_empty(), "{reports:?}");
    let kernel = fixtures::machine().expect("fixtures that read");
    let kernel = kernel.header("sys/header.h", HEADER);
    match analyze(&tree, &kernel, &Options::default()) {
        Ok(program) => {
            let program = program.to_string();
            let lines = program.lines().map(str::trim_start);
            let printed = lines.filter_map(|line| line.strip_prefix("emit event "));
            Ok(printed.map(str::to_owned).collect())
        }
        Err(reports) => Err(reports.into_iter().map(|report| report.message).collect()),
    }
}

#[test]
fn what_the_kernel_defines_leaves_the_headers_other_types_as_they_are() {
    let script = "#include <sys/header.h>\n\
        struct mine { struct header_time time; struct list_head list; };\n\
        begin { print(sizeof(header_longer)); print(sizeof(struct header_time)); \
        print(offsetof(struct header_time, fraction)); print(HEADER_MODE); \
        print(offsetof(struct mine, list)); print(sizeof(struct mine)); }";
    let expected = ["0(8)", "1(16)", "2(8)", "3(3)", "4(16)", "5(32)"];
    assert_eq!(printed(script), Ok(expected.map(str::to_owned).to_vec()));
}

#[test]
fn a_scripts_own_struct_goes_before_the_headers_and_the_kernels() {
    let script = "#include <sys/header.h>\n\
        struct task_struct { long a; long b; };\n\
        begin { print(sizeof(struct task_struct)); print(sizeof(struct header_time)); }";
    let expected = ["0(16)", "1(16)"];
    assert_eq!(printed(script), Ok(expected.map(str::to_owned).to_vec()));
}
