VM_ATOM_STAT(rdf)
VM_ATOM_STAT(voronoi)
VM_ATOM_STAT(bond_order)
