/* What a scan follows from, in one checksum. */
#ifndef VM_SYNTH_FINGERPRINT_H
#define VM_SYNTH_FINGERPRINT_H

#include "optics.h"

enum { VM_FINGERPRINT = 65 }; /* room for the text */

/** SHA-256 of the parameters, the seed, the version of the program and the atoms, whichever rank has them.
 * Collective. */
PetscErrorCode VmFingerprint(MPI_Comm comm, const VmMicroscopeParams *params, const VmAtoms *atoms, uint64_t seed,
                             char text[VM_FINGERPRINT]);

#endif
