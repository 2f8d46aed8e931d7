//! Which file of a crate imports which: read off the source, since cargo knows crates only.
//!
//! A path leads from module to module as far as there are modules, and on through `pub use`, to the file that has what is
//! named. A module and what lies in its folder are one room: imports between them are how Rust splits a file, and do not
//! count. What is only there under test does not count either.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module's path in its crate: `["engine", "link"]`; the root's is empty.
type Module = Vec<String>;

/// The modules of a crate that have files, and where their imports lead.
#[derive(Debug, Default)]
pub(crate) struct Imports {
    sources: BTreeMap<Module, String>,
    /// What each module hands on from elsewhere: name and path.
    reexports: BTreeMap<Module, Vec<(String, Vec<String>)>>,
}

impl Imports {
    /// Reads the crate whose root this file is.
    pub(crate) fn read(root: &Path) -> Imports {
        let mut imports = Imports::default();
        imports.read_module(root, root.parent().unwrap(), Module::new());
        imports.find_reexports();
        imports
    }

    /// The same of sources in memory, by module path (`""`, `a`, `a::b`).
    pub(crate) fn of(sources: &[(&str, &str)]) -> Imports {
        let module =
            |path: &str| path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let sources = sources.iter().map(|(path, source)| (module(path), bare(source))).collect();
        let mut imports = Imports { sources, ..Imports::default() };
        imports.find_reexports();
        imports
    }

    /// A way from a file through others back to itself, if there is one.
    pub(crate) fn circle(&self) -> Option<Vec<String>> {
        let edges: BTreeMap<&Module, BTreeSet<Module>> =
            self.sources.keys().map(|module| (module, self.imported_by(module))).collect();
        self.sources.keys().find_map(|start| {
            let mut reached: BTreeMap<Module, Module> = BTreeMap::new();
            let mut next = vec![start.clone()];
            while let Some(module) = next.pop() {
                for to in &edges[&module] {
                    if to == start {
                        return Some(way(start, &module, &reached));
                    }
                    if !reached.contains_key(to) {
                        reached.insert(to.clone(), module.clone());
                        next.push(to.clone());
                    }
                }
            }
            None
        })
    }

    /// How many imports from file to file there are.
    pub(crate) fn count(&self) -> usize {
        self.sources.keys().map(|module| self.imported_by(module).len()).sum()
    }

    fn read_module(&mut self, file: &Path, folder: &Path, module: Module) {
        let source = bare(&fs::read_to_string(file).unwrap());
        for name in declared(&source) {
            let beside = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
            let Some(file) = beside.into_iter().find(|path: &PathBuf| path.exists()) else { continue };
            let child: Module = module.iter().cloned().chain([name.clone()]).collect();
            self.read_module(&file, &folder.join(&name), child);
        }
        self.sources.insert(module, source);
    }

    fn find_reexports(&mut self) {
        let of_source = |source: &String| {
            uses(source)
                .into_iter()
                .filter(|(is_public, ..)| *is_public)
                .map(|(_, name, path)| (name, path))
                .collect()
        };
        self.reexports =
            self.sources.iter().map(|(module, source)| (module.clone(), of_source(source))).collect();
    }

    fn imported_by(&self, module: &Module) -> BTreeSet<Module> {
        let source = &self.sources[module];
        let imported = uses(source).into_iter().map(|(_, _, path)| path);
        let found = imported.chain(named(source)).filter_map(|path| self.resolve(module, &path, 0));
        found.filter(|to| !to.starts_with(module) && !module.starts_with(to)).collect()
    }

    /// The file that has what this path names, seen from a module; none if it leads out of the crate.
    fn resolve(&self, from: &Module, path: &[String], hops: usize) -> Option<Module> {
        let mut rest = path;
        let mut at = match path.first()?.as_str() {
            "crate" => Module::new(),
            "self" => from.clone(),
            "super" => from[..from.len().checked_sub(1)?].to_vec(),
            name => {
                let child: Module = from.iter().cloned().chain([name.to_owned()]).collect();
                self.sources.contains_key(&child).then_some(())?;
                from.clone()
            }
        };
        if ["crate", "self", "super"].contains(&path[0].as_str()) {
            rest = &path[1..];
        }
        while let Some((name, after)) = rest.split_first() {
            if name == "super" {
                at.pop()?;
            } else {
                let child: Module = at.iter().cloned().chain([name.clone()]).collect();
                if !self.sources.contains_key(&child) {
                    return Some(self.handed_on(&at, name, hops).unwrap_or(at));
                }
                at = child;
            }
            rest = after;
        }
        Some(at)
    }

    /// Where a module has a name from, if it only hands it on. A chain of such is followed for a while.
    fn handed_on(&self, module: &Module, name: &str, hops: usize) -> Option<Module> {
        const MAX_HOPS: usize = 8;
        let (_, path) = self.reexports.get(module)?.iter().find(|(known, _)| known == name)?;
        if hops < MAX_HOPS { self.resolve(module, path, hops + 1) } else { None }
    }
}

/// The way that was found, from the start and back to it.
fn way(start: &Module, last: &Module, reached: &BTreeMap<Module, Module>) -> Vec<String> {
    let mut way = vec![start.clone()];
    let mut at = last;
    while at != start {
        way.push(at.clone());
        at = &reached[at];
    }
    way.push(start.clone());
    way.iter().rev().map(|module| format!("crate::{}", module.join("::"))).collect()
}

/// Source without comments, and without what is only there under test.
fn bare(source: &str) -> String {
    let lines = source.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
    let mut code = String::new();
    let mut is_for_tests = false;
    for line in lines {
        if line.trim_start().starts_with("#[cfg(test)]") || line.trim_start().starts_with("#![cfg(test)]") {
            is_for_tests = true;
        } else if is_for_tests {
            // One declaration, or a module to the end of the file, as all of ours are.
            if line.trim_end().ends_with('{') {
                return code;
            }
            is_for_tests = line.trim_start().starts_with("#[");
        } else {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

/// Modules that are declared and lie elsewhere.
fn declared(source: &str) -> Vec<String> {
    let statements = source.lines().map(|line| line.trim().trim_end_matches(';'));
    let names = statements.filter_map(|line| match line.split_once("mod ")? {
        (visibility, name) if visibility.is_empty() || visibility.starts_with("pub") => Some(name),
        _ => None,
    });
    names
        .filter(|name| name.chars().all(|char| char.is_alphanumeric() || char == '_'))
        .map(str::to_owned)
        .collect()
}

/// What `use` brings in: whether it is handed on, under which name, and from where.
fn uses(source: &str) -> Vec<(bool, String, Vec<String>)> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find("use ") {
        let line_start = rest[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let before = rest[line_start..at].trim();
        let is_statement = before.is_empty() || before.starts_with("pub");
        let (statement, after) = rest[at + 4..].split_once(';').unwrap_or((&rest[at + 4..], ""));
        if is_statement {
            spread(statement, &mut Vec::new(), &mut |name, path| {
                found.push((!before.is_empty(), name, path))
            });
        }
        rest = if is_statement { after } else { &rest[at + 4..] };
    }
    found
}

/// Takes a tree of imports apart.
fn spread(tree: &str, prefix: &mut Vec<String>, tell: &mut impl FnMut(String, Vec<String>)) {
    let tree = tree.trim();
    let depth = prefix.len();
    if let Some((path, group)) = tree.split_once('{') {
        prefix.extend(path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
        branches(group.trim_end().trim_end_matches('}'))
            .into_iter()
            .for_each(|branch| spread(branch, prefix, tell));
    } else {
        let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
        let names = path.split("::").map(|name| name.trim().to_owned());
        let is_first = prefix.is_empty();
        prefix
            .extend(names.filter(|name| !["", "*"].contains(&name.as_str()) && (is_first || name != "self")));
        let name = if alias.is_empty() {
            prefix.last().cloned().unwrap_or_default()
        } else {
            alias.trim().to_owned()
        };
        tell(name, prefix.clone());
    }
    prefix.truncate(depth);
}

/// What commas part, but for those in braces.
fn branches(group: &str) -> Vec<&str> {
    let (mut found, mut level, mut start) = (Vec::new(), 0, 0);
    for (at, char) in group.char_indices() {
        match char {
            '{' => level += 1,
            '}' => level -= 1,
            ',' if level == 0 => {
                found.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&group[start..]);
    found.retain(|branch| !branch.trim().is_empty());
    found
}

/// Paths that are written out where they are used.
fn named(source: &str) -> Vec<Vec<String>> {
    let is_part = |char: char| char.is_alphanumeric() || char == '_' || char == ':';
    let words = source.split(|char| !is_part(char));
    let paths = words.filter(|word| ["crate::", "super::"].iter().any(|start| word.starts_with(start)));
    paths.map(|path| path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect()).collect()
}
