/* Attributes in the object headers of HDF5 files. */
#ifndef VM_IO_H5_HEADER_H
#define VM_IO_H5_HEADER_H

#include <hdf5.h>
#include <stdbool.h>

/**
 * Whether the parts of every attribute in the header of the object at `address` lie within it. The library (1.10) moves
 * on by the sizes that stand in the file and reads what it finds there. Headers with a checksum are sound.
 *
 * \param[in] file  descriptor of the HDF5 file without a user block, with addresses of 8 bytes
 * Not collective. Source: HDF5 File Format Specification 3.0, IV.A.1.a and IV.A.2.m.
 */
bool VmH5HeaderSound(int file, haddr_t address);

#endif
