/* What a scan follows from, in one checksum. */
#ifndef VM_SYNTH_FINGERPRINT_H
#define VM_SYNTH_FINGERPRINT_H

#include "optics.h"

enum { VM_FINGERPRINT = 65 }; /* room for the text */

/** SHA-256 of the parameters, the seed, the version of the program, the atoms (NULL: none), whichever rank has them,
 * and a text. Collective. */
PetscErrorCode VmFingerprint(MPI_Comm comm, const VmMicroscopeParams *params, const VmAtoms *atoms, const char *more,
                             uint64_t seed, char text[VM_FINGERPRINT]);

#endif
