//! Types that continue others: those of modules, and of scripts.

use super::*;

#[test]
fn module_types_continue_those_of_the_kernel() {
    let mut b = Builder::new();
    let int = b.int("int", 4, 1);
    let base = Arc::new(parse(&b));
    // A module's ids and string offsets start where those of its base end.
    let mut m = Builder::continuing(&base);
    let own = m.structure("own", 4, &[("value", int, 0, 0)]);
    m.enumeration("e", 4, false, &[("OWN", 7)]);
    let btf = Btf::split(Arc::clone(&base), "module", m.finish()).unwrap();
    assert_eq!(own, TypeId(2));
    assert_eq!(btf.find("own", Kind::Struct), Some(own));
    assert_eq!(btf.find("int", Kind::Int), Some(int));
    assert_eq!(
        btf.find_constant("OWN").unwrap().map(|it| it.value),
        Some(7)
    );
    let member = btf.find_member(own, "value").unwrap().unwrap().member;
    assert_eq!(btf.type_name(member.ty).unwrap(), "int");
    assert_eq!(btf.len(), 4);
    assert!(base.get(own).is_err());
}

/// A module with a type of every kind whose record mentions others.
fn every_kind(base: &Arc<Btf>, name: &str) -> Btf {
    let mut m = Builder::continuing(base);
    let int = base.find("int", Kind::Int).unwrap();
    let wheel = m.structure("wheel", 4, &[("size", int, 0, 0)]);
    let tagged = m.type_tag("rcu", wheel);
    let pointer = m.pointer(tagged);
    let constant = m.constant(pointer);
    let volatile = m.volatile(constant);
    let restrict = m.restrict(volatile);
    let array = m.array(restrict, 3);
    let members = [("all", array, 0, 0), ("bits", int, 192, 3)];
    let car = m.structure("car", 32, &members);
    m.union("either", 32, &[("car", car, 0, 0), ("wheel", wheel, 0, 0)]);
    m.typedef("car_t", car);
    m.forward("nowhere", true);
    m.float("small", 4);
    m.enumeration("gear", 4, true, &[("BACK", -1), (name, 5)]);
    m.enumeration("long_gear", 8, false, &[("LONG", 1 << 40)]);
    let takes = m.prototype(car, &[("wheel", pointer), ("count", int)]);
    let function = m.function("drive", takes);
    m.variable("parked", car);
    m.decl_tag("fast", function);
    Btf::split(Arc::clone(base), name, m.finish()).unwrap()
}

#[test]
fn modules_that_continue_one_kernel_are_stacked() {
    let mut b = Builder::new();
    b.int("int", 4, 1);
    let base = Arc::new(parse(&b));
    let (first, second) = (every_kind(&base, "FIRST"), every_kind(&base, "SECOND"));
    let stacked = Btf::stacked(&second, Arc::new(first)).unwrap();
    let own = base.len()..second.len();
    assert_eq!(stacked.len(), second.len() + own.len() as u32);
    for id in own.map(TypeId) {
        let there = stacked.renumbered(id);
        assert_eq!(there.0, id.0 + second.len() - base.len());
        assert_eq!(stacked.kind(there), second.kind(id));
        assert_eq!(stacked.definition(there), second.definition(id));
        assert_eq!(stacked.size_of(there), second.size_of(id));
        // What it mentions is of the same module, or of the kernel.
        let (ours, theirs) = (stacked.get(there).unwrap(), second.get(id).unwrap());
        let moved: Vec<TypeId> = mentioned(&theirs)
            .map(|id| stacked.renumbered(id))
            .collect();
        assert_eq!(mentioned(&ours).collect::<Vec<_>>(), moved, "{theirs:?}");
    }
    // Constants are one another's neighbours, each of its own module.
    for (name, own) in [("FIRST", false), ("SECOND", true)] {
        let found = stacked.find_constant(name).unwrap().unwrap();
        assert_eq!((found.value, found.ty.0 >= second.len()), (5, own));
    }
    // The lower one comes first for whoever does not ask for one.
    let car = second.find_own("car", Kind::Struct).unwrap();
    assert_eq!(stacked.find("car", Kind::Struct), Some(car));
    assert_eq!(
        stacked.find_own("car", Kind::Struct),
        Some(stacked.renumbered(car))
    );
    assert_eq!(stacked.renumbered(TypeId(1)), TypeId(1));
}

/// The types that a type mentions.
fn mentioned(ty: &BtfType<'_>) -> impl Iterator<Item = TypeId> + use<> {
    let all = match ty {
        BtfType::Pointer(id)
        | BtfType::Const(id)
        | BtfType::Volatile(id)
        | BtfType::Restrict(id) => vec![*id],
        BtfType::Typedef { target, .. }
        | BtfType::TypeTag { target, .. }
        | BtfType::Variable { target, .. }
        | BtfType::DeclTag { target, .. } => vec![*target],
        BtfType::Array(array) => vec![array.elem],
        BtfType::Struct(composite) | BtfType::Union(composite) => {
            composite.members.iter().map(|member| member.ty).collect()
        }
        BtfType::Function { prototype, .. } => vec![*prototype],
        BtfType::Prototype(prototype) => {
            let params = prototype.params.iter().map(|param| param.ty);
            params.chain([prototype.result]).collect()
        }
        _ => Vec::new(),
    };
    all.into_iter()
}

#[test]
fn a_script_comes_before_the_kernel_and_the_kernel_before_a_module() {
    let mut b = Builder::new();
    let int = b.int("int", 4, 1);
    b.structure("own", 4, &[("kernels", int, 0, 0)]);
    let base = Arc::new(parse(&b));
    let mut m = Builder::continuing(&base);
    m.structure("own", 8, &[("others", int, 0, 0)]);
    let bytes = m.finish();
    let size = |btf: &Btf| btf.size_of(btf.find("own", Kind::Struct).unwrap());
    let module = Btf::split(Arc::clone(&base), "module", bytes.clone()).unwrap();
    assert_eq!(size(&module), Ok(Some(4)));
    let script = Btf::over(base, "script", bytes).unwrap();
    assert_eq!(size(&script), Ok(Some(8)));
}
