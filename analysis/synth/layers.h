/* Layers of a tile (moments, slices, or heights) on their way from atoms to potentials. */
#ifndef VM_SYNTH_LAYERS_H
#define VM_SYNTH_LAYERS_H

#include "potential.h"
#include <fftw3.h>

enum { VM_LAYERS_BATCH = 8 }; /* layers spread in one pass over the atoms */

typedef struct {
  const VmOptics *optics;
  const VmAtoms *atoms;
  const VmTileBox *box;
  const VmEwald *ewald;          /* of moments */
  const VmSlices *slices;        /* NULL: moments */
  VmHeights heights;             /* of finite potentials; count 0: infinite */
  int open, sums;                /* first slice that is not whole yet; room for how many (finite) */
  double *below[VM_MAX_SPECIES]; /* [reach + 1][half] what lies below a face m heights from the nucleus (finite) */
  int64_t *order;                /* atoms sorted by place, so that neighbours in the list share memory */
  int64_t fine[2], samples[2];   /* grids of the spreading, and of the layers made */
  double *spread;                /* [VM_LAYERS_BATCH][fine0][fine1] */
  fftw_complex *modes;           /* [fine0][fine1/2 + 1] */
  fftw_complex **sum;            /* [sums] of [grid0][grid1/2 + 1] */
  double *correction[2];
  fftw_plan forward, backward;
} VmLayers;

/** Room and plans; sums = VM_LAYERS_BATCH for infinite potentials. Not collective. */
PetscErrorCode VmLayersCreate(VmLayers *w);
PetscErrorCode VmLayersDestroy(VmLayers *w);

/** Spreads layers first ... first + batch - 1 of one species. Not collective. */
void VmLayersSpread(const VmLayers *w, int species, int first, int batch);

/** Transforms a layer of the batch into w->modes. Not collective. */
void VmLayersTransform(const VmLayers *w, int layer);

/** v(k)/area of a species on the tile's modes, factor [grid0][grid1/2 + 1]. Not collective. */
void VmLayersFactor(const VmLayers *w, int species, double *factor);

/** Adds w->modes, corrected for the spreading window, times factor to a sum, |m| < n/2 on both axes. Not collective. */
void VmLayersAdd(const VmLayers *w, const double *factor, fftw_complex *sum);

/** A layer from its modes, on the grid of samples, into w->spread. Not collective. */
void VmLayersSample(VmLayers *w, const fftw_complex *sum);

/** Slices that must be open at once. Not collective. */
int VmHeightsOpen(const VmHeights *heights, int slices);

/** Makes the slices of finite potentials and hands them one after the other to take. Not collective. */
PetscErrorCode VmLayersFinite(VmLayers *w, VmPotentialTake take, void *context);

#endif
