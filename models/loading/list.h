/* One line for each loading programme; included twice by loading.c, without guard on purpose. */
VM_LOADING(strain_rate)
VM_LOADING(stress_rate)
VM_LOADING(creep)
VM_LOADING(relaxation)
VM_LOADING(cyclic)
VM_LOADING(piecewise)
VM_LOADING(harmonic)
