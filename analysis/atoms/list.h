VM_ATOMS_FORMAT(xyz)
VM_ATOMS_FORMAT(lammps_data)
VM_ATOMS_FORMAT(lammps_dump)
