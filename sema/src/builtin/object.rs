//! What the kernel tells of its own objects, files and sockets, where a probe is given them.

use super::{Builtin, Call, Check, provider};
use crate::cx::Cx;
use crate::error;
use crate::infer::check_expr;
use crate::ir::{AttachTarget, ExprKind, ProgramType};
use crate::kernel::btf::TypeId;
use crate::ty::{Pointee, Ty};
use crate::typed::Typed;

pub(super) static TABLE: &[Builtin] = &[
    Builtin {
        name: "path",
        signature: "path(struct path[, size])",
        doc: "The name of the file that a struct path of the kernel, or a pointer to one, stands for. Of a \
          name that is longer than the size, the end is given.",
        probes: "iter, and fentry and fexit of the functions that the kernel allows it in",
        example: "iter:task_file { print(path(ctx.file.f_path)) }",
        check: Check::Call(1, 2, path),
        ..Builtin::PLAIN
    },
    Builtin {
        name: "socket_cookie",
        signature: "socket_cookie(struct sock *)",
        doc: "The number that the kernel has given a socket, which no other socket gets; 0 for no socket.",
        probes: "iter, fentry and fexit",
        example: "fentry:tcp_sendmsg { @[socket_cookie(args.sk)] = count() }",
        check: Check::Call(1, 1, socket_cookie),
        ..Builtin::PLAIN
    },
];

/// The functions that may ask for a name: `btf_allowlist_d_path` of `kernel/trace/bpf_trace.c`.
const FUNCTIONS: &[&str] = &[
    "dentry_open",
    "filp_close",
    "security_file_open",
    "security_file_permission",
    "security_inode_getattr",
    "security_path_truncate",
    "vfs_fallocate",
    "vfs_getattr",
    "vfs_truncate",
];

fn path(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    let allowed = match &cx.program.site.attach {
        AttachTarget::Iter(_) => true,
        AttachTarget::Fentry(f) => FUNCTIONS.contains(&f.function.as_str()),
        _ => false,
    };
    if !allowed {
        let places = format!(
            "`iter`, or `fentry` and `fexit` of `{}`",
            FUNCTIONS.join("`, `")
        );
        let report = error::wrong_provider(call.name, provider(cx), &places, call.span);
        return cx.fail(report, call.span);
    }
    let value = check_expr(&call.args[0], cx);
    if !is_path(&value, cx) {
        return call.wrong("a `struct path` or a pointer to one", &value, cx);
    }
    let Some(cap) = capacity(call, cx) else {
        return Typed::unknown(call.span);
    };
    let address = value.into_ir();
    if !address.kind.is_tracked() {
        let report = error::untracked_pointer(call.name, address.span);
        return cx.fail(report, call.span);
    }
    let address = Box::new(address);
    let ty = Ty::Str { cap, cut: false };
    Typed::value(ExprKind::FilePath { address }, ty, call.span)
}

fn is_path(value: &Typed, cx: &Cx<'_>) -> bool {
    match value.ty {
        Ty::Struct(id) => is_named(id, cx, |name| name == "struct path"),
        _ => points_to(value, cx, |name| name == "struct path"),
    }
}

fn points_to(value: &Typed, cx: &Cx<'_>, fits: impl FnOnce(&str) -> bool) -> bool {
    match value.ty {
        Ty::Pointer {
            to: Pointee::Btf(id),
            ..
        } => is_named(id, cx, fits),
        _ => false,
    }
}

fn is_named(id: TypeId, cx: &Cx<'_>, fits: impl FnOnce(&str) -> bool) -> bool {
    let name = cx.btf().and_then(|btf| btf.type_name(btf.resolve(id)?));
    name.is_ok_and(|name| fits(&name))
}

/// Bytes for the name, its terminator counted.
fn capacity(call: &Call<'_>, cx: &mut Cx<'_>) -> Option<u32> {
    let most = cx.config.max_strlen;
    if call.args.len() < 2 {
        return Some(most + 1);
    }
    let size = call.constant(1, "a number of bytes", cx)?;
    let fits = u32::try_from(size).ok().filter(|n| (1..=most).contains(n));
    if fits.is_none() {
        let wanted = format!("from 1 to max_strlen, which is {most}");
        cx.report(error::out_of_bounds(
            "the size of a name",
            &wanted,
            call.args[1].span,
        ));
    }
    fits
}

fn socket_cookie(call: &Call<'_>, cx: &mut Cx<'_>) -> Typed {
    if cx.program.site.program != ProgramType::Tracing {
        let places = "`iter`, `fentry` or `fexit`";
        let report = error::wrong_provider(call.name, provider(cx), places, call.span);
        return cx.fail(report, call.span);
    }
    let value = call.value(0, cx);
    // All of them begin with a `struct sock_common`.
    if !points_to(&value, cx, |name| {
        name.ends_with("sock") || name == "struct sock_common"
    }) {
        return call.wrong("a pointer to a socket", &value, cx);
    }
    let socket = value.into_ir();
    if !socket.kind.is_tracked() {
        let report = error::untracked_pointer(call.name, socket.span);
        return cx.fail(report, call.span);
    }
    Typed::value(ExprKind::SocketCookie(Box::new(socket)), Ty::U64, call.span)
}
