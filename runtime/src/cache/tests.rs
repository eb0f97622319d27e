//! The cache on files of its own: what comes back, and what counts as none.

use super::{Cache, Entry, Key, directory};
use crate::fixture::ObjectBuilder;
use crate::host::{Fact, Host};
use codegen::Object;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

fn object() -> Object {
    ObjectBuilder::new("begin { exit(); }").build()
}

/// A directory that goes when dropped.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("strobe-cache-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    fn cache(&self) -> Cache {
        directory::prepare(&self.0).expect("a directory in the temporary directory can be made");
        Cache {
            directory: self.0.clone(),
        }
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).expect("the directory is there");
        entries.flatten().map(|entry| entry.path()).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn key(text: &str) -> Key {
    let mut key = Key::default();
    key.add(text);
    key
}

#[test]
fn an_object_comes_back_as_it_was_put() {
    let place = Place::new("back");
    let (cache, host) = (place.cache(), Host::new());
    assert_eq!(cache.get(&key("a"), &host), None);
    cache
        .put(&key("a"), Vec::new(), &object())
        .expect("it can be kept");
    assert_eq!(cache.get(&key("a"), &host), Some(object()));
    assert_eq!(cache.get(&key("b"), &host), None);
    let file = &place.files()[0];
    let mode = fs::metadata(file)
        .expect("the entry is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_parts_of_a_key_cannot_run_into_each_other() {
    let (mut one, mut other) = (key("ab"), key("a"));
    one.add("c");
    other.add("bc");
    assert_ne!(one, other);
}

#[test]
fn a_key_of_the_same_file_name_is_another_key() {
    let place = Place::new("same");
    let (cache, host) = (place.cache(), Host::new());
    cache
        .put(&key("a"), Vec::new(), &object())
        .expect("it can be kept");
    let file = place.files().remove(0);
    fs::rename(&file, place.0.join(key("b").file_name())).expect("it can be renamed");
    assert_eq!(cache.get(&key("b"), &host), None);
}

#[test]
fn an_object_is_of_no_use_when_what_it_rests_on_has_changed() {
    let place = Place::new("facts");
    let (cache, host) = (place.cache(), Host::new());
    let facts = vec![Fact::Modules { digest: 1 }];
    cache
        .put(&key("a"), facts, &object())
        .expect("it can be kept");
    assert_eq!(cache.get(&key("a"), &host), None);
}

#[test]
fn a_damaged_entry_counts_as_none_and_is_removed() {
    let place = Place::new("damaged");
    let (cache, host) = (place.cache(), Host::new());
    cache
        .put(&key("a"), Vec::new(), &object())
        .expect("it can be kept");
    let file = place.files().remove(0);
    let whole = fs::read(&file).expect("the entry is there");
    for end in 0..whole.len() {
        assert!(Entry::decode(&whole[..end]).is_none(), "cut at {end}");
    }
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        assert!(Entry::decode(&bytes).is_none(), "changed at {at}");
    }
    fs::write(&file, &whole[..whole.len() / 2]).expect("it can be written");
    assert_eq!(cache.get(&key("a"), &host), None);
    assert!(place.files().is_empty());
}

#[test]
fn many_at_once_read_whole_entries_or_none() {
    let place = Place::new("many");
    let cache = place.cache();
    let key = key("a");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let host = Host::new();
                for _ in 0..50 {
                    cache
                        .put(&key, Vec::new(), &object())
                        .expect("it can be kept");
                    assert_eq!(cache.get(&key, &host), Some(object()));
                }
            });
        }
    });
    assert_eq!(place.files().len(), 1);
}

#[test]
fn the_oldest_entries_make_room() {
    let place = Place::new("room");
    let cache = place.cache();
    let quarter = vec![0; directory::MAX_BYTES as usize / 4];
    for (name, age) in [("old", 30), ("older", 40), ("oldest", 50), ("new", 1)] {
        let path = place.0.join(name);
        fs::write(&path, &quarter).expect("it can be written");
        let time = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
        let file = fs::File::options()
            .write(true)
            .open(&path)
            .expect("it is there");
        file.set_modified(time).expect("the time can be set");
    }
    fs::write(place.0.join(".new-1-1"), "left behind").expect("it can be written");
    cache
        .put(&key("a"), Vec::new(), &object())
        .expect("it can be kept");
    directory::shrink(&place.0).expect("entries can be removed");
    let has = |name: &str| place.0.join(name).exists();
    assert!(has("new") && has("old") && !has("older") && !has("oldest"));
    assert!(has(".new-1-1"), "somebody may still be writing it");
    assert!(has(&key("a").file_name()));
}

#[test]
fn a_directory_that_others_can_write_is_left_alone() {
    let place = Place::new("others");
    let made = fs::DirBuilder::new().mode(0o700).create(&place.0);
    made.expect("a directory can be made");
    let open = fs::Permissions::from_mode(0o777);
    fs::set_permissions(&place.0, open).expect("it is ours");
    assert!(directory::prepare(&place.0).is_err());
    let link = Place::new("link");
    std::os::unix::fs::symlink(Path::new("/tmp"), &link.0).expect("a link can be made");
    assert!(directory::prepare(&link.0).is_err());
    fs::remove_file(&link.0).expect("the link is there");
}

#[test]
fn where_nothing_can_be_written_nothing_is_left() {
    let place = Place::new("gone");
    let cache = place.cache();
    fs::remove_dir(&place.0).expect("it is empty");
    assert!(cache.put(&key("a"), Vec::new(), &object()).is_err());
    assert_eq!(cache.get(&key("a"), &Host::new()), None);
}
