/* One line for each law; included by kinetics.c, without guard on purpose. */
#ifdef VM_KINETICS
VM_KINETICS(stz)
#endif
#ifdef VM_BARRIER
VM_BARRIER(linear)
VM_BARRIER(cooperative)
#endif
#ifdef VM_MEMORY
VM_MEMORY(flow_units)
VM_MEMORY(free_volume)
VM_MEMORY(effective_temperature)
#endif
