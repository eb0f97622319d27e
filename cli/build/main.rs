//! What is made before `strobe` is compiled: the table of saved tools, and how it is linked.

mod link;
mod tools;

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=cli/build");
    link::arrange();
    tools::embed()
}
