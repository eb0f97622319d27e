//! The files that a script imports: found, read once each, and put before it.
//!
//! A path is relative to the file that names it. What a file imports comes before the file itself,
//! so that its `begin` probes run first; files that import each other are each read once.

use crate::script::MAX_BYTES;
use lexer::{Diagnostic, FileId, SourceMap, Span};
use parser::ast::{Definition, Item, Program};
use std::collections::HashSet;
use std::fs::{File, read_dir};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Files that a script may import; more is a directory that was given by mistake.
const MAX_FILES: usize = 256;

/// Permission of a file or directory to be changed by anybody.
const OTHERS_WRITE: u32 = 0o002;

/// A file that was imported.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    file: FileId,
    /// Whether it is C rather than a script.
    is_header: bool,
}

/// Reads what a script imports into its sources; in the order in which it is to be put before it.
///
/// # Errors
/// When a file is missing, unreadable, or could have been written by anybody.
pub fn read(sources: &mut SourceMap, script: FileId) -> Result<Vec<Import>, Vec<Diagnostic>> {
    // Most scripts import nothing, and are read just once.
    if !sources.text(script).contains("import") {
        return Ok(Vec::new());
    }
    let home = Path::new(sources.name(script)).parent();
    let home = home.unwrap_or(Path::new("")).to_owned();
    let mut search = Search {
        sources,
        seen: HashSet::new(),
        found: Vec::new(),
        reports: Vec::new(),
    };
    let own = search.sources.name(script).to_owned();
    search.seen.extend(Path::new(&own).canonicalize());
    search.follow(script, &home);
    match search.reports.is_empty() {
        true => Ok(search.found),
        false => Err(search.reports),
    }
}

/// The tree of a script, with what it imports before it, and what is wrong with any of them.
pub fn parse(
    sources: &SourceMap,
    script: FileId,
    imports: &[Import],
) -> (Program, Vec<Diagnostic>) {
    let (mut tree, mut reports) = parser::parse(sources, script);
    let mut before = Vec::new();
    for import in imports {
        if import.is_header {
            let text = sources.text(import.file).to_owned();
            let span = Span::new(import.file, 0, text.len() as u32);
            before.push(Item::Definition(Definition { text, span }));
            continue;
        }
        let (imported, wrong) = parser::parse(sources, import.file);
        before.extend(imported.items);
        reports.extend(wrong);
    }
    before.append(&mut tree.items);
    tree.items = before;
    (tree, reports)
}

struct Search<'a> {
    sources: &'a mut SourceMap,
    /// The files that were read, by their real paths.
    seen: HashSet<PathBuf>,
    found: Vec<Import>,
    reports: Vec<Diagnostic>,
}

impl Search<'_> {
    /// Reads what a file imports.
    fn follow(&mut self, file: FileId, home: &Path) {
        let (tree, _) = parser::parse(self.sources, file);
        for item in tree.items {
            if let Item::Import(import) = item {
                let path = home.join(&import.path);
                self.import(&path, import.span);
            }
        }
    }

    fn import(&mut self, path: &Path, span: Span) {
        if path.is_dir() {
            return self.directory(path, span);
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if self.is_trusted(folder, span) && self.is_trusted(path, span) {
            self.file(path, span);
        }
    }

    /// Reads the scripts and headers of a directory, by name.
    fn directory(&mut self, path: &Path, span: Span) {
        if !self.is_trusted(path, span) {
            return;
        }
        let entries = match read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.reports.push(unreadable(path, &error, span)),
        };
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|file| is_script(file) || is_header(file));
        files.sort();
        for file in files {
            if self.is_trusted(&file, span) {
                self.file(&file, span);
            }
        }
    }

    /// Whether nobody but its owner and their group can have written what is there.
    fn is_trusted(&mut self, path: &Path, span: Span) -> bool {
        let open = path
            .metadata()
            .is_ok_and(|about| about.permissions().mode() & OTHERS_WRITE != 0);
        if open {
            self.reports.push(anybody_writes(path, span));
        }
        !open
    }

    fn file(&mut self, path: &Path, span: Span) {
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if !self.seen.insert(real) {
            return;
        }
        if self.seen.len() > MAX_FILES {
            return self.reports.push(too_many(span));
        }
        let name = path.to_string_lossy().into_owned();
        let text = match text_of(path) {
            Ok(bytes) if bytes.len() as u64 <= MAX_BYTES => lexer::decode(&name, bytes),
            Ok(bytes) => Err(lexer::too_large(&name, bytes.len())),
            Err(error) => Err(unreadable(path, &error, span)),
        };
        let file = match text {
            Ok(text) => self.sources.add(name, text),
            Err(report) => return self.reports.push(report),
        };
        let is_header = is_header(path);
        if !is_header {
            self.follow(file, path.parent().unwrap_or(Path::new("")));
        }
        self.found.push(Import { file, is_header });
    }
}

fn text_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|ext| ext == "bt")
}

fn is_header(path: &Path) -> bool {
    path.extension().is_some_and(|ext| ext == "h")
}

fn unreadable(path: &Path, error: &std::io::Error, span: Span) -> Diagnostic {
    let reason = crate::script::reason(error);
    Diagnostic::error(
        "unreadable-import",
        format!("cannot read `{}`: {reason}", path.display()),
    )
    .primary(span, "imported here")
    .note("a path is relative to the file that imports it")
    .help("name a `.bt` or `.h` file, or a directory of such")
}

fn anybody_writes(path: &Path, span: Span) -> Diagnostic {
    Diagnostic::error(
        "import-not-safe",
        format!("anybody may write to `{}`", path.display()),
    )
    .primary(span, "imported here")
    .note("what is imported runs with the rights that you have, so others must not change it")
    .help(format!(
        "take the right away: `chmod o-w {}`",
        path.display()
    ))
}

fn too_many(span: Span) -> Diagnostic {
    Diagnostic::error(
        "too-many-imports",
        format!("more than {MAX_FILES} files are imported"),
    )
    .primary(span, "one too many")
    .help("import the files that are needed, or a smaller directory")
}
