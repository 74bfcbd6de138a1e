/* One line for each material law; included twice by material.c, without guard on purpose. */
VM_MATERIAL(elastic)
VM_MATERIAL(zener)
VM_MATERIAL(flow_unit)
