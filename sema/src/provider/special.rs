//! `begin` and `end`: run by strobe itself.

use super::{Point, Site};
use crate::cx::Cx;
use crate::error;
use crate::ir::AttachTarget;

pub(super) fn begin(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    site("begin", AttachTarget::Begin, point, cx)
}

pub(super) fn end(point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    site("end", AttachTarget::End, point, cx)
}

fn site(name: &str, attach: AttachTarget, point: &Point, cx: &mut Cx<'_>) -> Vec<Site> {
    if let Some(part) = point.parts.first() {
        cx.report(error::attach_point_form(point.provider, part.span));
    }
    vec![Site {
        name: name.to_owned(),
        attach,
        ..Site::default()
    }]
}
