//! How the C library's allocator, which Rust and libjpeg share, deals with large blocks.
//!
//! glibc keeps what is freed for the thread that freed it, and the more so the larger the blocks
//! were once: after hundreds of large photos a process would hold ten times what it uses.

/// Has blocks of this many bytes and more given back to the system as soon as they are freed. The
/// buffers of uploads and downloads are smaller: they are taken too often to ask the system each
/// time.
pub const LARGE: usize = 2 << 20;

/// Has large blocks given back to the system as soon as they are freed, for the rest of the
/// process. To be called once, at the start. Does nothing where the C library is not glibc.
pub fn give_large_blocks_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    glibc::give_large_blocks_back();
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    use libc::c_int;

    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "2 MiB fit")]
    const THRESHOLD: c_int = super::LARGE as c_int;

    #[allow(unsafe_code)]
    pub(crate) fn give_large_blocks_back() {
        // SAFETY: takes two numbers, has no conditions, and does its own locking. It refuses values
        // that it does not know, which changes nothing.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, THRESHOLD);
            // Without it the heap would be made smaller, and larger again, with every upload.
            libc::mallopt(libc::M_TRIM_THRESHOLD, THRESHOLD);
        }
    }
}

#[cfg(test)]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod tests {
    use std::fs;
    use std::hint::black_box;

    use super::*;

    /// The memory that the process holds, in bytes.
    fn resident() -> usize {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
    }

    /// A block that was written to.
    fn block(bytes: usize) -> Vec<u8> {
        black_box(vec![1; bytes])
    }

    #[test]
    fn large_blocks_are_given_back_though_smaller_ones_behind_them_stay() {
        give_large_blocks_back();
        // After this one, blocks up to its size would be kept.
        drop(block(32 << 20));
        let before = resident();
        let mut kept = Vec::new();
        for _ in 0..4 {
            let large = block(12 << 20);
            kept.push(block(4_000));
            drop(large);
            kept.push(block(LARGE / 4));
        }
        let grown = resident().saturating_sub(before);
        assert!(grown < 8 << 20, "{grown} bytes of {} blocks", kept.len());
    }
}
