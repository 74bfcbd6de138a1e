/* L4. Avalanches of the athermal limit: events at one instant of the load, and the law of their sizes. */
#ifndef VITROMECH_AVALANCHE_H
#define VITROMECH_AVALANCHE_H

#include <vitromech/kmc.h>

typedef struct {
  double time;           /* s */
  int64_t size;          /* events */
  int64_t generations;   /* duration: longest chain of an event and what it set off */
  double plastic_strain; /* equivalent of the mean eigenstrain that its events add */
  double stress_drop;    /* fall of the equivalent mean stress [GPa] */
  double strain[6];      /* sum of the eigenstrain of its events */
} VmAvalanche;

/** Adds an event to an avalanche, or begins one with it: then `ended` is true and `before` the finished avalanche (size
 * 0 if there was none). Not collective. */
void VmAvalancheAdd(VmAvalanche *avalanche, const VmEvent *event, int64_t voxels, VmAvalanche *before, bool *ended);

/* Sizes s >= smallest with probability proportional to s^-exponent exp(-s/cutoff). */
typedef struct {
  int64_t count;                               /* sizes used */
  double exponent, exponent_error;             /* standard errors from the curvature of the likelihood */
  double inverse_cutoff, inverse_cutoff_error; /* 0 +- 0: the data have none, the law is a pure power law */
  bool found;                                  /* false: fewer than three different sizes, or no maximum */
} VmSizeLaw;

/** Maximum-likelihood fit of the law of avalanche sizes. Not collective. Source: Clauset, Shalizi & Newman, SIAM Review
 * 51 (2009) 661, sec. 3 and table 2.1, discrete, with exponential cutoff. */
VmSizeLaw VmSizeLawFit(int64_t n, const int64_t *sizes, int64_t smallest);

#endif
