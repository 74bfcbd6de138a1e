/* One line for each generator of flow units; included twice by disorder.c, without guard on purpose. */
VM_DISORDER(gaussian_field)
VM_DISORDER(spheres)
