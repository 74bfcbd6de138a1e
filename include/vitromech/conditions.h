/* L2. The conditions a diffraction measurement was made under; they travel with a cube into what is measured on it. */
#ifndef VITROMECH_CONDITIONS_H
#define VITROMECH_CONDITIONS_H

#include <vitromech/h5.h>

#define VM_PATH_CONDITIONS "/conditions"

typedef struct {
  char composition[64]; /* atomic per cent, e.g. "Zr55Co25Al20"; "" if unknown */
  double energy;        /* keV; this and all below NAN if unknown */
  double semi_angle;    /* mrad, of convergence */
  double probe;         /* nm, 0.61 lambda/semi_angle */
  double thickness;     /* nm */
  double scan[2];       /* probe positions */
  double pitch;         /* nm between probe positions */
  double area;          /* nm^2 scanned */
  double dose;          /* electrons per probe; 0: noise-free */
  double repeat;        /* nm across the beam after which simulated atoms repeat */
} VmConditions;

/** All unknown. Not collective. */
void VmConditionsInit(VmConditions *conditions);

/** "Cu64.7Zr35.3" of counted atoms: falling fraction, one decimal at most. Not collective.
 * \param[in] count   [n] atoms of each species
 * \param[in] symbol  [n] their symbols */
void VmConditionsComposition(VmConditions *conditions, int n, const int64_t *count, const char *const *symbol);

/** Attributes of a group, of VM_PATH_CONDITIONS as a rule; what is unknown is not written. Collective. */
PetscErrorCode VmConditionsWrite(VmH5 file, const char *group, const VmConditions *conditions);

/** What VM_PATH_CONDITIONS of a file says; all unknown if it has none. Collective. */
PetscErrorCode VmConditionsRead(VmH5 file, VmConditions *conditions);

/** Writes the conditions of a cube into a file of its analysis: those of the cube's own file if that is HDF5 and has
 * some. Collective.
 * \param[in] scan, pitch  of the cube; pitch 0 if unknown
 * \param[in] energy       keV, 0 if unknown */
PetscErrorCode VmConditionsCarry(MPI_Comm comm, const char *cube_path, const int64_t scan[2], const double pitch[2],
                                 double energy, VmH5 out);

#endif
