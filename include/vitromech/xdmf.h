/* L2. XDMF sidecar, so that ParaView and VisIt open result.h5. x of the grid is X there. */
#ifndef VITROMECH_XDMF_H
#define VITROMECH_XDMF_H

#include <vitromech/h5.h>

/** Rewrites `xdmf_path` for all of /fields/<step> in the open file: cell data on a regular grid of the given spacing
 * [nm], tensors as six named scalars, times from the attribute `time` of each step's group. Collective. */
PetscErrorCode VmXdmfWrite(VmH5 file, const char *h5_name, const char *xdmf_path, const int64_t n[3], double spacing);

#endif
