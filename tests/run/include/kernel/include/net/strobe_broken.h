#error "this kernel has no such thing"
