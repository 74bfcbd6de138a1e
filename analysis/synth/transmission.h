/* The transmission functions of a tile from its atoms. */
#ifndef VM_SYNTH_TRANSMISSION_H
#define VM_SYNTH_TRANSMISSION_H

#include "potential.h"
#include "propagate.h"

typedef struct {
  const VmOptics *optics;
  const VmAtoms *atoms; /* all of the box, periodic images included */
  const VmTileBox *box;
  const VmSlices *slices;
  double phase; /* interaction constant, rad/(V nm), times any scale */
  bool limited; /* |k| < 2/3 of the grid's Nyquist frequency */
} VmTransmissionRecipe;

/** Fills a transmission created for the box and its slices. If it is limited, exp(i phase v) is made on a grid 1.5
 * times as fine, so that its square terms are not aliased into what is kept, and falls smoothly to the limit
 * (VmTransmissionEdge): after a sharp end each atom would ring over the whole tile. Not collective. */
PetscErrorCode VmTransmissionMake(const VmTransmissionRecipe *recipe, VmTransmission *transmission);

/** Factor of the frequencies of a limited transmission: 1 up to 9/10 of the limit, then a squared cosine to 0.
 * \param[in] share  |k| over the limit
 * Not collective. */
double VmTransmissionEdge(double share);

/** Bytes that VmTransmissionMake needs at its peak beside the transmission and the atoms. Not collective. */
double VmTransmissionMakeBytes(const VmOptics *optics, const int64_t grid[2], const VmSlices *slices);

#endif
