//! Expressions that print as calls of functions, for `-d ir`.

use super::{Expr, ExprKind, Type};

/// The text of an expression that is like a call; nothing for one that is not.
pub(super) fn text(kind: &ExprKind, ty: &Type, show: &dyn Fn(&Expr) -> String) -> String {
    match kind {
        ExprKind::Bytes(bytes) => format!("{bytes:?}"),
        ExprKind::Reinterpret(value) => format!("{ty}({})", show(value)),
        ExprKind::Inet { family, address } => {
            format!("inet({}, {})", show(family), show(address))
        }
        ExprKind::ByteSwap(value) => format!("bswap({})", show(value)),
        ExprKind::StrLen(value) => format!("strlen({})", show(value)),
        ExprKind::StrFind(text, part) => format!("find({}, {})", show(text), show(part)),
        ExprKind::Concat(left, right) => format!("concat({}, {})", show(left), show(right)),
        ExprKind::FilePath { address } => format!("path({})", show(address)),
        ExprKind::SocketCookie(socket) => format!("socket_cookie({})", show(socket)),
        ExprKind::Order {
            left,
            right,
            bytes,
            count,
        } => {
            let count = match count {
                Some(count) => show(count),
                None => bytes.to_string(),
            };
            format!("order({}, {}, {count})", show(left), show(right))
        }
        ExprKind::Table { index, texts, .. } => {
            format!("text {} of {}", show(index), texts.len())
        }
        ExprKind::Act(act, value) => format!("{act:?}({})", show(value)),
        ExprKind::Packet { data, bytes, .. } => {
            format!("packet({}, {})", show(data), show(bytes))
        }
        ExprKind::WriteUser { to, from, len } => {
            format!("write_user({}, {}, {})", show(to), show(from), show(len))
        }
        _ => String::new(),
    }
}
