/* The spectrum of a stage of steady oscillation. */
#ifndef VM_DRIVE_SPECTRUM_H
#define VM_DRIVE_SPECTRUM_H

#include "sim_private.h"
#include <vitromech/harmonic.h>

/* What is kept of each point; the last six only with `stiffness`. */
enum {
  VM_STORAGE,
  VM_LOSS,
  VM_TAN_DELTA,
  VM_DISSIPATION,
  VM_ITERATIONS,
  VM_SHEAR_STORAGE,
  VM_SHEAR_LOSS,
  VM_BULK_STORAGE,
  VM_BULK_LOSS,
  VM_STIFFNESS_STORAGE,
  VM_STIFFNESS_LOSS,
  VM_SPECTRUM_COLUMNS
};

typedef struct {
  VmSim sim;
  const VmHarmonicParams *params;
  const char *name; /* of the group below /statistics and of the CSV */
  char group[64];
  int component; /* driven */
  VmHarmonicLoad load;
  int64_t temperatures, frequencies;
  double *temperature, *omega; /* K, 1/s */
} VmSpectrum;

/** Columns of this spectrum, and numbers of a column at one point. Not collective. */
int VmSpectrumColumns(const VmSpectrum *spectrum);
int64_t VmSpectrumWidth(int column);

/** The group of the result file with empty columns, or columns cut to the temperatures that are done. Collective. */
PetscErrorCode VmSpectrumOpen(const VmSpectrum *spectrum, int64_t done);

/** Appends one temperature: values[column] [frequencies][width]. Collective. */
PetscErrorCode VmSpectrumAppend(const VmSpectrum *spectrum, double *const *values);

/** Axes, CSV, shift factors, master curve and fits of a spectrum that is whole; storage, loss, tan_delta [temperatures]
 * [frequencies] are handed out, free with PetscFree3. Collective. */
PetscErrorCode VmSpectrumFinish(const VmSpectrum *spectrum, double **storage, double **loss, double **tan_delta);

#endif
