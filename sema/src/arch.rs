//! Kinds of CPU and their registers: what static probes, whose notes may be of any of them, name.

/// A kind of CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arch {
    /// 64-bit Intel and AMD.
    X86_64,
    /// 64-bit ARM.
    Arm64,
}

/// `arch/x86/include/uapi/asm/ptrace.h`, with the names that the language has for them.
static X86_64: &[(&str, u32)] = &[
    ("r15", 0),
    ("r14", 8),
    ("r13", 16),
    ("r12", 24),
    ("bp", 32),
    ("bx", 40),
    ("r11", 48),
    ("r10", 56),
    ("r9", 64),
    ("r8", 72),
    ("ax", 80),
    ("cx", 88),
    ("dx", 96),
    ("si", 104),
    ("di", 112),
    ("orig_ax", 120),
    ("ip", 128),
    ("cs", 136),
    ("flags", 144),
    ("sp", 152),
    ("ss", 160),
];

/// `arch/arm64/include/uapi/asm/ptrace.h`.
static ARM64: &[(&str, u32)] = &[
    ("r0", 0),
    ("r1", 8),
    ("r2", 16),
    ("r3", 24),
    ("r4", 32),
    ("r5", 40),
    ("r6", 48),
    ("r7", 56),
    ("r8", 64),
    ("r9", 72),
    ("r10", 80),
    ("r11", 88),
    ("r12", 96),
    ("r13", 104),
    ("r14", 112),
    ("r15", 120),
    ("r16", 128),
    ("r17", 136),
    ("r18", 144),
    ("r19", 152),
    ("r20", 160),
    ("r21", 168),
    ("r22", 176),
    ("r23", 184),
    ("r24", 192),
    ("r25", 200),
    ("r26", 208),
    ("r27", 216),
    ("r28", 224),
    ("r29", 232),
    ("r30", 240),
    ("sp", 248),
    ("pc", 256),
    ("pstate", 264),
];

impl Arch {
    /// The kind that this program was built for.
    pub fn native() -> Self {
        if cfg!(target_arch = "aarch64") {
            Arch::Arm64
        } else {
            Arch::X86_64
        }
    }

    /// Every register and its offset in `struct pt_regs`.
    pub fn registers(self) -> &'static [(&'static str, u32)] {
        match self {
            Arch::X86_64 => X86_64,
            Arch::Arm64 => ARM64,
        }
    }

    /// Offset of a register.
    pub fn register(self, name: &str) -> Option<u32> {
        let found = self.registers().iter().find(|(n, _)| *n == name);
        found.map(|(_, offset)| *offset)
    }

    /// Offset of the stack pointer.
    pub fn stack_pointer(self) -> u32 {
        match self {
            Arch::X86_64 => 152,
            Arch::Arm64 => 248,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Arch;

    #[test]
    fn stack_pointers_are_registers() {
        for arch in [Arch::X86_64, Arch::Arm64] {
            assert_eq!(arch.register("sp"), Some(arch.stack_pointer()));
        }
        assert_eq!(Arch::X86_64.register("xyz"), None);
    }
}
