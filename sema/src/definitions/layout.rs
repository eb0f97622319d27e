//! Where members are: the rules of the System V ABI, as gcc and clang apply them.

/// A struct or union while its members are placed. Positions are in bits.
#[derive(Debug)]
pub(super) struct Layout {
    union: bool,
    packed: bool,
    /// Where the next member of a struct may start.
    next: u64,
    /// The end of the member that reaches furthest.
    end: u64,
    /// Alignment in bytes.
    align: u64,
}

/// What is placed: size and alignment in bytes of its type, the width of a bit-field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub(super) size: u64,
    pub(super) align: u64,
    pub(super) bits: Option<u64>,
    /// Whether it has a name: nameless bit-fields do not align what they are in.
    pub(super) named: bool,
    pub(super) packed: bool,
    /// The alignment that an attribute asks for.
    pub(super) asked: Option<u64>,
}

impl Layout {
    pub(super) fn new(union: bool, packed: bool) -> Self {
        Layout {
            union,
            packed,
            next: 0,
            end: 0,
            align: 1,
        }
    }

    /// Places a member; yields its position in bits.
    pub(super) fn place(&mut self, member: Placed) -> u64 {
        let packed = self.packed || member.packed;
        let natural = if packed { 1 } else { member.align };
        let align = natural.max(member.asked.unwrap_or(1));
        let (at, len) = match member.bits {
            None => (up(self.next, align * 8), member.size * 8),
            Some(0) => (up(self.next, member.align.max(align) * 8), 0),
            Some(width) => {
                let start = match member.asked {
                    Some(asked) => up(self.next, asked * 8),
                    None => self.next,
                };
                // A bit-field does not cross the storage units of its type.
                let unit = member.size * 8;
                let crosses = start / unit != (start + width - 1) / unit;
                let at = if crosses && !packed {
                    up(start, member.align * 8)
                } else {
                    start
                };
                (at, width)
            }
        };
        let at = if self.union { 0 } else { at };
        if member.named {
            self.align = self.align.max(align);
        }
        self.next = if self.union {
            0
        } else {
            at.saturating_add(len)
        };
        self.end = self.end.max(at.saturating_add(len));
        at
    }

    /// Size and alignment in bytes, once every member is placed.
    pub(super) fn finish(self, asked: Option<u64>) -> (u64, u64) {
        let align = self.align.max(asked.unwrap_or(1));
        (up(self.end, align * 8) / 8, align)
    }
}

/// `value` raised to the next multiple.
fn up(value: u64, multiple: u64) -> u64 {
    value
        .div_ceil(multiple.max(1))
        .saturating_mul(multiple.max(1))
}
