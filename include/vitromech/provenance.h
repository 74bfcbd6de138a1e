/* L2. Where a result comes from: /provenance of every file written. */
#ifndef VITROMECH_PROVENANCE_H
#define VITROMECH_PROVENANCE_H

#include <vitromech/h5.h>

typedef struct VmProvenance_s *VmProvenance;

/** Collects version, git hash, compiler, library versions, command line, host, ranks, start. Collective. */
PetscErrorCode VmProvenanceCreate(MPI_Comm comm, int argc, char **argv, uint64_t seed, VmProvenance *provenance);
PetscErrorCode VmProvenanceDestroy(VmProvenance *provenance);

/** Adds the verbatim text of an input, or the SHA-256 of a referenced file (read on rank 0), or the source of a model.
 * Collective. */
PetscErrorCode VmProvenanceAddInput(VmProvenance provenance, const char *name, const char *text);
PetscErrorCode VmProvenanceAddFile(VmProvenance provenance, const char *path);
PetscErrorCode VmProvenanceAddSource(VmProvenance provenance, const char *model, const char *source);

/** SHA-256 of a file added before, as 64 hex digits; NULL if it was not added. Not collective. */
const char *VmProvenanceChecksum(VmProvenance provenance, const char *path);

/** Writes /provenance; an existing block moves to /provenance/previous/<i>. Collective. */
PetscErrorCode VmProvenanceWrite(VmProvenance provenance, VmH5 file);
/** Sets the end time. Collective. */
PetscErrorCode VmProvenanceEnd(VmProvenance provenance, VmH5 file);

/** "vitromech 0.1.0 (git abc1234)". Not collective. */
const char *VmVersion(void);

/** SHA-256 of a file as 64 hex digits; false if it cannot be read. Not collective. */
bool VmSha256File(const char *path, char hex[65]);
/** SHA-256 of `size` bytes; false if the library fails. Not collective. */
bool VmSha256Text(const char *text, size_t size, char hex[65]);

#endif
