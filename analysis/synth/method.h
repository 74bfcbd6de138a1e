/* How a method of the virtual microscope turns atoms and a probe into the intensity behind the foil. */
#ifndef VM_SYNTH_METHOD_H
#define VM_SYNTH_METHOD_H

#include "optics.h"

typedef struct {
  const char *name, *doc, *source;
  /** Electrons may scatter more than once: the method conserves them by itself, and limits waves to 2/3 of the
   * frequencies of the grid. Otherwise optics->scattered attenuates the beam. */
  bool multiple;
  /** Once for a scan; optics outlives the context. Not collective. */
  PetscErrorCode (*create)(const VmOptics *optics, void **context);
  /** The box of probes between lo and hi [nm]; NULL: VmOpticsBox. Not collective. */
  void (*box)(void *context, const double lo[2], const double hi[2], VmTileBox *box);
  /** Bytes that a tile of the box needs; infinite: more than the method can do at once. Not collective. */
  double (*bytes)(void *context, const VmTileBox *box);
  /** Makes a tile the current one; atoms: all of the box, periodic images included. Not collective. */
  PetscErrorCode (*tile)(void *context, const VmAtoms *atoms, const VmTileBox *box);
  /** Intensity [grid0][grid1] (order of the discrete transform; sum over all electrons 1) of a probe at r [nm], whose
   * window must lie in the current tile, with so much more defocus [nm] (0 unless there is a defocus spread). Not
   * collective. */
  PetscErrorCode (*probe)(void *context, const double r[2], double focus, double *intensity);
  /** One line about the numerical choices made; text[size]. Not collective. */
  void (*describe)(void *context, size_t size, char *text);
  PetscErrorCode (*destroy)(void **context);
} VmSynthMethod;

extern const VmSynthMethod *const vm_synth_methods[]; /* NULL-terminated */
extern const char *const vm_synth_method_names[];

#endif
