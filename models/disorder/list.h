/* One line for each model; included by disorder.c, without guard on purpose. */
#ifdef VM_DISORDER
VM_DISORDER(gaussian_field)
VM_DISORDER(spheres)
VM_DISORDER(file)
#endif
#ifdef VM_DISTRIBUTION
VM_DISTRIBUTION(gaussian)
VM_DISTRIBUTION(lognormal)
VM_DISTRIBUTION(file)
#endif
