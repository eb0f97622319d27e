//! Clocks and the calendar.

use std::ffi::CString;

/// Nanoseconds of `CLOCK_MONOTONIC`: since boot, sleep not counted.
pub(crate) fn monotonic_ns() -> u64 {
    now(libc::CLOCK_MONOTONIC)
}

/// Nanoseconds of `CLOCK_BOOTTIME`: since boot, sleep counted.
pub(crate) fn boot_ns() -> u64 {
    now(libc::CLOCK_BOOTTIME)
}

/// Nanoseconds of `CLOCK_TAI`: since 1970, leap seconds counted.
pub(crate) fn tai_ns() -> u64 {
    now(libc::CLOCK_TAI)
}

/// Nanoseconds of `CLOCK_REALTIME`: since 1970.
pub(crate) fn realtime_ns() -> u64 {
    now(libc::CLOCK_REALTIME)
}

fn now(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the struct is live for the call, which cannot fail for these clocks.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanoseconds = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds * 1_000_000_000 + nanoseconds
}

/// Appends a time (seconds since 1970) in the local zone, formatted by `strftime(3)`. A format
/// that holds a NUL, or that yields more than 64 KiB, yields nothing.
pub(crate) fn format_local(seconds: i64, format: &[u8], out: &mut Vec<u8>) {
    const MOST: usize = 64 * 1024;
    let Ok(c_format) = CString::new(format) else {
        return;
    };
    if format.is_empty() {
        return;
    }
    let mut tm = std::mem::MaybeUninit::uninit();
    let seconds: libc::time_t = seconds;
    // SAFETY: both pointers are good for the call, which fills `tm` unless it returns null.
    if unsafe { libc::localtime_r(&raw const seconds, tm.as_mut_ptr()) }.is_null() {
        return;
    }
    // SAFETY: `localtime_r` has filled it.
    let tm: libc::tm = unsafe { tm.assume_init() };
    let mut room = 64 + 4 * format.len();
    while room <= MOST {
        let mut text = vec![0u8; room];
        // SAFETY: the buffer is as long as it is said to be, the format ends in a NUL.
        let written = unsafe {
            libc::strftime(
                text.as_mut_ptr().cast(),
                room,
                c_format.as_ptr(),
                &raw const tm,
            )
        };
        if written > 0 {
            out.extend_from_slice(&text[..written]);
            return;
        }
        room *= 4;
    }
}
