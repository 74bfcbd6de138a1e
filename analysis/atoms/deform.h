/* Deformation of the last step of a mesoscale result: mean strain, periodic displacement, flow units. */
#ifndef VM_ATOMS_DEFORM_H
#define VM_ATOMS_DEFORM_H

#include <vitromech/base.h>

typedef struct {
  double strain[6];      /* mean, xx, yy, zz, yz, xz, xy */
  double length[3];      /* mesoscale box [nm], 0 if there is no result */
  int64_t n[3];          /* voxels; n[0] = 0: no displacement field */
  int64_t first, planes; /* x-planes first ... first + planes - 1 held here; -1 and n[0] are periodic images */
  double *u;             /* [planes][n1][n2][3] nm */
  double *unit;          /* [planes][n1][n2] 1 in flow units, else 0; NULL: not read */
} VmDeformation;

/**
 * Reads what the part lo <= s_x < hi (fractional) of the box needs.
 *
 * \param[in] path     result.h5, or NULL: no deformation
 * \param[in] elastic  without the plastic strain of events, and then without displacement: the elastic strain about
 *                     its mean is incompatible, orthogonal in energy to every displacement (in a body of equal moduli)
 * \param[in] units    flow units are wanted as well
 * Collective. VM_ERR_INPUT if the file is no vitromech result, or holds no strain, or no flow units that are wanted, or
 * does not say which part of its strain is elastic.
 */
PetscErrorCode VmDeformationRead(MPI_Comm comm, const char *path, double lo, double hi, bool elastic, bool units,
                                 VmDeformation *deformation);
PetscErrorCode VmDeformationDestroy(VmDeformation *deformation);

/** Displacement [nm] at fractional coordinates 0 <= s < 1 (s[0] in this rank's part), trilinear between voxel centres.
 * Not collective. */
void VmDisplacementAt(const VmDeformation *deformation, const double s[3], double u[3]);

/** True if the voxel at fractional coordinates s, as for VmDisplacementAt, is a flow unit. Not collective. */
bool VmFlowUnitAt(const VmDeformation *deformation, const double s[3]);

/** Largest length of the displacement component along a unit vector [nm]. Collective. */
PetscErrorCode VmDisplacementRange(MPI_Comm comm, const VmDeformation *deformation, const double along[3],
                                   double *largest);

#endif
