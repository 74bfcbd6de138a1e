VM_MAP_STAT(clusters)
VM_MAP_STAT(autocorrelation)
VM_MAP_STAT(percolation)
