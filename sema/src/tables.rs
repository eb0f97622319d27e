//! What inference knows of maps and variables; it grows from round to round until it is stable.

use crate::ir::{self, Aggregation, MapId, MapKind, MapValue, VarId};
use crate::ty::{Join, Ty, join};
use lexer::Span;
use std::collections::HashMap;

/// Every map of the script, by order of first appearance.
#[derive(Debug, Default)]
pub(crate) struct Maps {
    entries: Vec<MapEntry>,
    ids: HashMap<String, MapId>,
    /// The maps that the macros around were given, by their names for them.
    given: Vec<HashMap<String, MapId>>,
    /// The maps that a macro used though it was not given them, and how deep that macro is.
    strays: Vec<(usize, String, Span)>,
    /// Whether anything was learnt since the flag was last taken.
    changed: bool,
}

/// What is known of one map.
#[derive(Clone, Debug)]
pub(crate) struct MapEntry {
    pub(crate) name: String,
    /// Where the script first names it.
    pub(crate) span: Span,
    /// The key: known once an access was seen; the inner option is nothing for a scalar map.
    pub(crate) key: Option<(Option<Ty>, Span)>,
    pub(crate) value: Option<(Held, Span)>,
    /// Kind and number of keys that the script declares.
    pub(crate) declared: Option<(MapKind, u32)>,
    /// Whether there is an assignment whose key has a mistake, or is not known yet.
    pub(crate) attempted: bool,
    /// The program that updates it; nothing before the first update, and `Some(None)` once there
    /// are several.
    writer: Option<Option<usize>>,
}

/// What a map holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Plain(Ty),
    Aggregation(Aggregation),
}

/// Whether a fact could be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Learnt {
    /// It agrees with what was known, or widened it.
    Agrees,
    /// `int64` was taken, because no integer type holds every value of both.
    SignLost,
    /// It contradicts what was fixed at this place.
    Conflict(Span),
}

impl Maps {
    /// The map of this name, made when it is new.
    pub(crate) fn id(&mut self, name: &str, span: Span) -> MapId {
        if let Some(given) = self.given.last() {
            match given.get(name) {
                Some(&id) => return id,
                None => self.strays.push((self.given.len(), name.to_owned(), span)),
            }
        }
        if let Some(&id) = self.ids.get(name) {
            return id;
        }
        self.changed = true;
        let id = MapId(self.entries.len() as u32);
        self.ids.insert(name.to_owned(), id);
        self.entries.push(MapEntry {
            name: name.to_owned(),
            span,
            key: None,
            value: None,
            declared: None,
            attempted: false,
            writer: None,
        });
        id
    }

    /// Enters a macro that is given these maps, by its names for them.
    pub(crate) fn enter_macro(&mut self, given: HashMap<String, MapId>) {
        self.given.push(given);
    }

    /// Leaves a macro; yields the maps that it used though it was not given them.
    pub(crate) fn leave_macro(&mut self) -> Vec<(String, Span)> {
        let depth = self.given.len();
        self.given.pop();
        let own = self.strays.extract_if(.., |stray| stray.0 == depth);
        own.map(|(_, name, span)| (name, span)).collect()
    }

    /// Goes back to the names of a macro's caller for a while; yields what to resume with.
    pub(crate) fn suspend(&mut self) -> Option<HashMap<String, MapId>> {
        self.given.pop()
    }

    /// Goes on in a macro.
    pub(crate) fn resume(&mut self, given: Option<HashMap<String, MapId>>) {
        self.given.extend(given);
    }

    pub(crate) fn get(&self, id: MapId) -> &MapEntry {
        &self.entries[id.0 as usize]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &MapEntry> {
        self.entries.iter()
    }

    /// Whether anything was learnt since the last call.
    pub(crate) fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// Whether a map is assigned values of which nothing is known.
    pub(crate) fn any_unknown(&self) -> bool {
        self.entries.iter().any(MapEntry::is_unknown)
    }

    /// Takes what is in maps of which nothing is known for numbers; yields whether there are any.
    pub(crate) fn guess(&mut self) -> bool {
        let mut any = false;
        for entry in &mut self.entries {
            if entry.value.is_none() && entry.attempted || entry.is_unknown() {
                entry.value = Some((Held::Plain(Ty::I64), entry.span));
                any = true;
            }
        }
        any
    }

    /// Notes an assignment whose key has a mistake, or is not known yet.
    pub(crate) fn note_attempt(&mut self, id: MapId) {
        self.entries[id.0 as usize].attempted = true;
    }

    pub(crate) fn declare(&mut self, id: MapId, kind: MapKind, size: u32) {
        self.entries[id.0 as usize].declared = Some((kind, size));
    }

    /// Notes that a program updates the map in place.
    pub(crate) fn note_writer(&mut self, id: MapId, program: usize) {
        let writer = &mut self.entries[id.0 as usize].writer;
        *writer = match *writer {
            None => Some(Some(program)),
            Some(Some(other)) if other == program => Some(Some(program)),
            Some(_) => Some(None),
        };
    }

    /// Learns the type of a key; nothing for a scalar access.
    pub(crate) fn learn_key(&mut self, id: MapId, key: Option<&Ty>, span: Span) -> Learnt {
        let entry = &mut self.entries[id.0 as usize];
        let Some((known, at)) = &mut entry.key else {
            entry.key = Some((key.cloned(), span));
            self.changed = true;
            return Learnt::Agrees;
        };
        match (known, key) {
            (None, None) => Learnt::Agrees,
            (Some(known), Some(key)) => learn(known, key, *at, &mut self.changed),
            _ => Learnt::Conflict(*at),
        }
    }

    /// Learns what the map holds.
    pub(crate) fn learn_value(&mut self, id: MapId, held: &Held, span: Span) -> Learnt {
        let entry = &mut self.entries[id.0 as usize];
        let Some((known, at)) = &mut entry.value else {
            entry.value = Some((held.clone(), span));
            self.changed = true;
            return Learnt::Agrees;
        };
        match (known, held) {
            (Held::Plain(known), Held::Plain(ty)) => learn(known, ty, *at, &mut self.changed),
            (Held::Aggregation(known), Held::Aggregation(new)) => {
                match merge_aggregations(*known, *new) {
                    Some(merged) => {
                        self.changed |= *known != merged;
                        *known = merged;
                        Learnt::Agrees
                    }
                    None => Learnt::Conflict(*at),
                }
            }
            _ => Learnt::Conflict(*at),
        }
    }

    /// The maps as the typed program has them; those of which nothing is known are left out of
    /// use, but keep their place.
    pub(crate) fn lower(&self, max_map_keys: u32) -> Vec<ir::Map> {
        self.entries.iter().map(|e| e.lower(max_map_keys)).collect()
    }
}

impl MapEntry {
    /// Whether it is assigned values of which nothing is known.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.value, Some((Held::Plain(Ty::Unknown), _)))
    }

    fn lower(&self, max_map_keys: u32) -> ir::Map {
        let key = self
            .key
            .as_ref()
            .and_then(|(key, _)| key.as_ref())
            .map(Ty::lower);
        let value = match &self.value {
            Some((Held::Plain(ty), _)) => MapValue::Plain(ty.lower()),
            Some((Held::Aggregation(aggregation), _)) => MapValue::Aggregation(*aggregation),
            None => MapValue::Plain(Ty::I64.lower()),
        };
        let (kind, max_entries) = match (self.declared, &key) {
            (Some((kind, size)), Some(_)) => (kind, size),
            (None, Some(_)) => (MapKind::Hash, max_map_keys),
            (_, None) => (MapKind::Scalar, 1),
        };
        let kind = match &value {
            MapValue::Aggregation(aggregation) => per_cpu(kind, *aggregation, max_entries),
            MapValue::Plain(_) => kind,
        };
        ir::Map {
            name: self.name.clone(),
            key,
            value,
            kind,
            max_entries,
            shared: self.writer == Some(None),
            span: self.span,
        }
    }
}

/// Bytes on each CPU up to which the buckets of histograms are per-CPU. The kernel would make the
/// entries of a larger table one by one, and has memory of this sort for two or three at once.
const PER_CPU_BUCKETS: u64 = 8 << 20;

/// The kind that keeps one value a CPU, as aggregations do. Histograms that are too large for that
/// are shared: their buckets are added to atomically.
fn per_cpu(kind: MapKind, aggregation: Aggregation, entries: u32) -> MapKind {
    let bytes = u64::from(aggregation.size()) * u64::from(entries);
    match kind {
        MapKind::Hash if aggregation.buckets() > 0 && bytes > PER_CPU_BUCKETS => MapKind::Hash,
        MapKind::Hash => MapKind::PerCpuHash,
        MapKind::LruHash => MapKind::LruPerCpuHash,
        MapKind::Scalar => MapKind::PerCpuScalar,
        kind => kind,
    }
}

/// Widens a known type so that it holds a new one too.
pub(crate) fn learn(known: &mut Ty, new: &Ty, at: Span, changed: &mut bool) -> Learnt {
    let (joined, learnt) = match join(known, new) {
        Join::Fits(ty) => (ty, Learnt::Agrees),
        Join::SignLost => (Ty::I64, Learnt::SignLost),
        Join::Mismatch => return Learnt::Conflict(at),
    };
    // Once 64 bits wide with its sign lost, a type stays as it is: uint64 joins in silently.
    if joined != *known {
        *known = joined;
        *changed = true;
    }
    learnt
}

/// Two uses of one aggregation may differ in the sign of their argument alone; then it is signed.
fn merge_aggregations(a: Aggregation, b: Aggregation) -> Option<Aggregation> {
    use Aggregation::{Avg, Max, Min, Stats, Sum, Tseries};
    match (a, b) {
        (Sum { signed: s }, Sum { signed: t }) => Some(Sum { signed: s || t }),
        (Min { signed: s }, Min { signed: t }) => Some(Min { signed: s || t }),
        (Max { signed: s }, Max { signed: t }) => Some(Max { signed: s || t }),
        (Avg { signed: s }, Avg { signed: t }) => Some(Avg { signed: s || t }),
        (Stats { signed: s }, Stats { signed: t }) => Some(Stats { signed: s || t }),
        (
            Tseries {
                signed: s,
                interval: i,
                count: n,
                fold: f,
            },
            Tseries {
                signed: t,
                interval: j,
                count: m,
                fold: g,
            },
        ) if (i, n, f) == (j, m, g) => Some(Tseries {
            signed: s || t,
            interval: i,
            count: n,
            fold: f,
        }),
        _ => (a == b).then_some(a),
    }
}

/// The variables of one program: a table that survives the rounds, and the scopes of this round.
#[derive(Debug, Default)]
pub(crate) struct Variables {
    table: Vec<Variable>,
    /// The entry of each declaration: its name, its place, and how often the round has met that
    /// place before. Rounds differ in what they know, and so in what they get to see.
    declarations: HashMap<(String, Span, u32), VarId>,
    /// How often this round has met each place.
    met: HashMap<(String, Span), u32>,
    /// Each block around, the innermost last.
    scopes: Vec<Scope>,
    /// Where the variables of blocks that have ended were assigned first, those of macros left out.
    gone: HashMap<String, Span>,
    changed: bool,
}

/// A block, as far as names go.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    names: HashMap<String, VarId>,
    /// Whether it is a macro's, from which nothing around can be seen.
    closed: bool,
}

/// What is known of one variable.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    /// Where its type was fixed first.
    pub(crate) span: Span,
    /// Whether the script states its type.
    pub(crate) fixed: bool,
    /// Its type in memory, where that is all that is known of it.
    lowered: Option<ir::Type>,
}

impl Variables {
    /// Begins a round.
    pub(crate) fn restart(&mut self) {
        self.met.clear();
        self.gone.clear();
        self.scopes = vec![Scope::default()];
    }

    /// Something, if anything was learnt since the last call.
    pub(crate) fn take_changed(&mut self) -> Option<()> {
        std::mem::take(&mut self.changed).then_some(())
    }

    pub(crate) fn enter(&mut self) {
        self.scopes.push(Scope::default());
    }

    /// Enters a macro, which sees these variables of its caller by names of its own.
    pub(crate) fn enter_macro(&mut self, names: HashMap<String, VarId>) {
        self.scopes.push(Scope {
            names,
            closed: true,
        });
    }

    /// Goes back to the blocks of a macro's caller for a while; yields what to resume with.
    pub(crate) fn suspend(&mut self) -> Vec<Scope> {
        let own = self.scopes.iter().rposition(|scope| scope.closed);
        self.scopes.split_off(own.unwrap_or(self.scopes.len()))
    }

    /// Goes on in a macro.
    pub(crate) fn resume(&mut self, scopes: Vec<Scope>) {
        self.scopes.extend(scopes);
    }

    pub(crate) fn leave(&mut self) {
        let in_macro = self.scopes.iter().any(|scope| scope.closed);
        let left = self.scopes.pop().filter(|_| !in_macro);
        for (name, id) in left.into_iter().flat_map(|scope| scope.names) {
            let span = self.table[id.0 as usize].span;
            self.gone.entry(name).or_insert(span);
        }
    }

    /// Where a variable was assigned in a block that has ended.
    pub(crate) fn gone(&self, name: &str) -> Option<Span> {
        let in_macro = self.scopes.iter().any(|scope| scope.closed);
        self.gone.get(name).copied().filter(|_| !in_macro)
    }

    /// A new variable in the innermost scope.
    pub(crate) fn declare(&mut self, name: &str, fixed: Option<Ty>, span: Span) -> VarId {
        let times = self.met.entry((name.to_owned(), span)).or_default();
        *times += 1;
        let new = VarId(self.table.len() as u32);
        let declaration = (name.to_owned(), span, *times);
        let id = *self.declarations.entry(declaration).or_insert(new);
        if id == new {
            self.changed = true;
            self.table.push(Variable {
                name: name.to_owned(),
                fixed: false,
                lowered: None,
                ty: Ty::Unknown,
                span,
            });
        }
        if let Some(ty) = fixed {
            self.fix(id, &ty);
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.names.insert(name.to_owned(), id);
        }
        id
    }

    /// A new nameless variable of a type as it is in memory.
    pub(crate) fn declare_lowered(&mut self, ty: ir::Type, span: Span) -> VarId {
        let id = self.declare("", None, span);
        let variable = &mut self.table[id.0 as usize];
        self.changed |= variable.lowered.as_ref() != Some(&ty);
        variable.lowered = Some(ty);
        id
    }

    /// The variable that a name means here.
    pub(crate) fn find(&self, name: &str) -> Option<VarId> {
        self.visible()
            .find_map(|scope| scope.names.get(name).copied())
    }

    /// Whether the innermost scope itself declares the name.
    pub(crate) fn in_scope(&self, name: &str) -> Option<VarId> {
        self.scopes.last()?.names.get(name).copied()
    }

    /// Every name that can be seen here.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.visible().flat_map(|scope| scope.names.keys());
        names.map(String::as_str)
    }

    /// The blocks that can be seen here, the innermost first.
    fn visible(&self) -> impl Iterator<Item = &Scope> {
        let own = self.scopes.iter().rposition(|scope| scope.closed);
        self.scopes[own.unwrap_or(0)..].iter().rev()
    }

    pub(crate) fn get(&self, id: VarId) -> &Variable {
        &self.table[id.0 as usize]
    }

    /// States a variable's type.
    pub(crate) fn fix(&mut self, id: VarId, ty: &Ty) {
        let variable = &mut self.table[id.0 as usize];
        variable.fixed = true;
        self.changed |= variable.ty != *ty;
        variable.ty = ty.clone();
    }

    /// Widens a variable's type.
    pub(crate) fn learn(&mut self, id: VarId, ty: &Ty, span: Span) -> Learnt {
        let variable = &mut self.table[id.0 as usize];
        if variable.ty == Ty::Unknown {
            variable.span = span;
        }
        learn(&mut variable.ty, ty, variable.span, &mut self.changed)
    }

    pub(crate) fn lower(&self) -> Vec<ir::Variable> {
        let lower = |v: &Variable| ir::Variable {
            name: v.name.clone(),
            ty: v.lowered.clone().unwrap_or_else(|| v.ty.lower()),
        };
        self.table.iter().map(lower).collect()
    }
}
