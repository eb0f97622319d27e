//! What teaches is true: pages, saved tools, lessons and generated documents, beside what they are
//! about.

mod codes;
mod commands;
mod examples;
mod explain;
mod grammar;
mod learn;
#[path = "../../cli/pages.rs"]
mod pages;
mod reference;
mod strobe;
mod tools;
