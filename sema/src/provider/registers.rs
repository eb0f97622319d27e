//! The context of kprobes and uprobes: `struct pt_regs` of `asm/ptrace.h`, what is in which
//! register, and how functions pass their arguments.

/// A register's name and its offset in the context.
type Register = (&'static str, u16);

/// How functions of an architecture are called.
pub(crate) struct Convention {
    /// Registers by name.
    registers: &'static [Register],
    /// Offset of each argument that is passed in a register.
    arguments: &'static [u16],
    /// Offset of what a function returns.
    return_value: u16,
    /// Offset of the stack pointer.
    stack: u16,
    /// Bytes on the stack, when a function is entered, before its first argument there.
    stack_skip: u16,
}

#[cfg(target_arch = "x86_64")]
static CONVENTION: Convention = Convention {
    registers: &[
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
    ],
    arguments: &[112, 104, 96, 88, 72, 64],
    return_value: 80,
    stack: 152,
    // The return address.
    stack_skip: 8,
};

#[cfg(target_arch = "aarch64")]
static CONVENTION: Convention = Convention {
    registers: &[
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
    ],
    arguments: &[0, 8, 16, 24, 32, 40, 48, 56],
    return_value: 0,
    stack: 248,
    stack_skip: 0,
};

/// The convention of this machine.
pub(crate) fn convention() -> &'static Convention {
    &CONVENTION
}

impl Convention {
    /// Offset of a register in the context.
    pub(crate) fn register(&self, name: &str) -> Option<i64> {
        let found = self.registers.iter().find(|(known, _)| *known == name);
        found.map(|(_, offset)| i64::from(*offset))
    }

    /// Every register's name.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.registers.iter().map(|(name, _)| *name).collect()
    }

    /// Offset of the n-th argument that is passed in a register.
    pub(crate) fn argument(&self, n: u32) -> Option<i64> {
        let offset = self.arguments.get(n as usize)?;
        Some(i64::from(*offset))
    }

    /// How many arguments are passed in registers.
    pub(crate) fn argument_count(&self) -> usize {
        self.arguments.len()
    }

    /// Offset of what a function returns.
    pub(crate) fn return_value(&self) -> i64 {
        i64::from(self.return_value)
    }

    /// Offset of the stack pointer.
    pub(crate) fn stack(&self) -> i64 {
        i64::from(self.stack)
    }

    /// Offset of the instruction pointer.
    pub(crate) fn instruction(&self) -> i64 {
        let names = ["ip", "pc"];
        let found = names.iter().find_map(|name| self.register(name));
        found.unwrap_or_default()
    }

    /// Bytes from the stack pointer to the n-th argument on the stack, when a function is entered.
    pub(crate) fn stack_argument(&self, n: u32) -> i64 {
        i64::from(self.stack_skip) + 8 * i64::from(n)
    }
}

#[cfg(test)]
mod tests {
    use super::convention;
    use crate::kernel::btf::Kind;
    use crate::kernel::fixtures;

    /// The fixtures are of an x86-64 kernel.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn offsets_are_those_of_the_kernel() {
        let btf = crate::kernel::btf::Btf::parse("vmlinux", fixtures::BTF).unwrap();
        let registers = btf.find("pt_regs", Kind::Struct).unwrap();
        for name in convention().names() {
            let member = btf.find_member(registers, name).unwrap().unwrap().member;
            let ours = convention().register(name).unwrap();
            assert_eq!(i64::from(member.bit_offset / 8), ours, "{name}");
        }
    }
}
