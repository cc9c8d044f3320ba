//! How much memory all thumbnails together may take.

use std::fs;
use std::path::{Path, PathBuf};

/// The share where nothing limits the process, and the most it ever is, in mebibytes.
const MAX_SHARE_MIB: u64 = 512;

/// Less than this makes hardly any photo small, in mebibytes.
const MIN_SHARE_MIB: u64 = 16;

/// Thumbnails get one in so many parts of the container's memory: uploads, connections and the
/// stores need theirs at the same time.
const MEMORY_PARTS: u64 = 4;

/// Where control groups are mounted.
const CGROUPS: &str = "/sys/fs/cgroup";

/// How much memory thumbnails may take, in mebibytes: a share of what the process' control group
/// may have.
pub(super) fn share_mib() -> u32 {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limit = limit(Path::new(CGROUPS), &own).unwrap_or(u64::MAX);
    let share = (limit / MEMORY_PARTS / (1 << 20)).clamp(MIN_SHARE_MIB, MAX_SHARE_MIB);
    u32::try_from(share).unwrap_or(u32::MAX)
}

/// The least limit of all groups that the process is in, in bytes; `None` if none has one. `own` is
/// what `/proc/self/cgroup` says: lines of a number, controllers and a path, the first two empty in
/// version 2.
fn limit(mounted: &Path, own: &str) -> Option<u64> {
    let groups = own.lines().filter_map(|line| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let path = path.trim_start_matches('/');
        if controllers.is_empty() {
            Some((mounted.to_owned(), path, "memory.max"))
        } else {
            let is_memory = controllers.split(',').any(|it| it == "memory");
            is_memory.then(|| (mounted.join("memory"), path, "memory.limit_in_bytes"))
        }
    });
    // A group may have more than one above it. In a container its own is all that can be seen, and
    // the path may be the one outside.
    let files = groups.flat_map(|(root, path, file)| {
        let paths: Vec<PathBuf> =
            Path::new(path).ancestors().map(|group| root.join(group).join(file)).collect();
        paths
    });
    files.filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok()).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(root: &Path, path: &str, limit: &str) {
        let file = root.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, format!("{limit}\n")).unwrap();
    }

    #[test]
    fn the_least_limit_of_all_groups_counts_in_both_versions() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(limit(root, "0::/"), None);
        group(root, "memory.max", "max");
        assert_eq!(limit(root, "0::/a/b\n"), None);
        group(root, "a/memory.max", "2000");
        group(root, "a/b/memory.max", "3000");
        assert_eq!(limit(root, "0::/a/b\n"), Some(2000));
        group(root, "memory/memory.limit_in_bytes", "9223372036854771712");
        group(root, "memory/docker/x/memory.limit_in_bytes", "1000");
        assert_eq!(limit(root, "3:cpu:/a\n4:memory:/docker/x\n0::/\n"), Some(1000));
        // The path is not what it is called in here.
        group(root, "memory.max", "500");
        assert_eq!(limit(root, "0::/docker/y\n"), Some(500));
    }

    #[test]
    fn the_share_is_within_its_bounds() {
        assert!((16..=512).contains(&share_mib()));
    }
}
