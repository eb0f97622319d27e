//! What the rules need to know of a Rust source: its functions and its `unsafe` blocks.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

/// A function and how many lines its body takes, braces included.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
}

/// What was found in a source; lines count from 1.
#[derive(Debug, Default)]
pub struct Facts {
    pub functions: Vec<Function>,
    /// Lines of the word `unsafe`, with whether a block follows.
    pub unsafes: Vec<(usize, bool)>,
    /// Macros called, by name.
    pub macros: Vec<(usize, String)>,
    /// The first word in the brackets of every attribute.
    pub attributes: Vec<(usize, String)>,
}

/// Reads a source. `None` where it is not Rust.
pub fn read(text: &str) -> Option<Facts> {
    let mut facts = Facts::default();
    walk(text.parse().ok()?, &mut facts);
    Some(facts)
}

fn walk(stream: TokenStream, facts: &mut Facts) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    for (i, tree) in trees.iter().enumerate() {
        match tree {
            TokenTree::Ident(word) if word == "fn" => facts.functions.extend(function(&trees[i..])),
            TokenTree::Ident(word) if word == "unsafe" => {
                let block = matches!(trees.get(i + 1), Some(next) if braced(next).is_some());
                facts.unsafes.push((line(word), block));
            }
            TokenTree::Ident(word) if punct(trees.get(i + 1), '!') => {
                facts.macros.push((line(word), word.to_string()));
            }
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                facts.attributes.extend(attribute(&trees[i + 1..]));
            }
            TokenTree::Group(group) => walk(group.stream(), facts),
            _ => {}
        }
    }
}

/// The function that starts at the word `fn`, unless it is a type or has no body.
fn function(trees: &[TokenTree]) -> Option<Function> {
    let Some(TokenTree::Ident(name)) = trees.get(1) else {
        return None;
    };
    let body = trees[2..]
        .iter()
        .take_while(|t| !matches!(t, TokenTree::Punct(p) if p.as_char() == ';'))
        .find_map(braced)?;
    let (open, close) = (body.span_open().start().line, body.span_close().end().line);
    Some(Function {
        name: name.to_string(),
        line: line(name),
        lines: close - open + 1,
    })
}

fn attribute(trees: &[TokenTree]) -> Option<(usize, String)> {
    match trees.first()? {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
            match group.stream().into_iter().next()? {
                TokenTree::Ident(word) => Some((line(&word), word.to_string())),
                _ => None,
            }
        }
        _ => None,
    }
}

fn braced(tree: &TokenTree) -> Option<&Group> {
    match tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group),
        _ => None,
    }
}

fn punct(tree: Option<&TokenTree>, character: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(p)) if p.as_char() == character)
}

fn line(word: &Ident) -> usize {
    word.span().start().line
}

#[test]
fn functions_blocks_macros_and_attributes_are_found() {
    let facts = read(
        "#[test]\nfn a<T: Fn(u8)>() -> u8 {\n  let f: fn(u8);\n  unsafe { b!() }\n}\n\
         trait T { fn none(&self); unsafe fn c() {} }\n",
    )
    .expect("it is Rust");
    let functions: Vec<_> = facts
        .functions
        .iter()
        .map(|f| (&*f.name, f.line, f.lines))
        .collect();
    assert_eq!(functions, [("a", 2, 4), ("c", 6, 1)]);
    assert_eq!(facts.unsafes, [(4, true), (6, false)]);
    assert_eq!(facts.macros, [(4, "b".to_owned())]);
    assert_eq!(facts.attributes, [(1, "test".to_owned())]);
}
