/* Chromatic partial coherence: an incoherent sum over defocus. */
#include "quadrature.h"
#include "scan.h"
#include <math.h>

#define TOLERANCE 1e-5

/* Error of the n-point mean of exp(i a x) over the normal distribution, for all phases up to a. */
static double EnvelopeError(int n, const double *node, const double *weight, double a)
{
  enum { STEPS = 8 };
  double worst = 0.0;
  for (int s = 1; s <= STEPS; ++s) {
    const double phase = a * s / STEPS;
    double sum = 0.0;
    for (int i = 0; i < n; ++i) sum += weight[i] * cos(phase * node[i]);
    worst = fmax(worst, fabs(sum - exp(-0.5 * phase * phase)));
  }
  return worst;
}

bool VmFociChoose(const VmOptics *optics, VmFoci *foci)
{
  const double sigma = optics->params->defocus_spread;
  const double phase = VM_PI * optics->wavelength * sigma * optics->aperture * optics->aperture;

  *foci = (VmFoci){.foci = 1, .weight = {1.0}};
  if (sigma == 0.0) return true;
  for (foci->foci = 3; foci->foci <= VM_MAX_FOCI; ++foci->foci) {
    VmGaussHermite(foci->foci, foci->focus, foci->weight);
    if (EnvelopeError(foci->foci, foci->focus, foci->weight, phase) > TOLERANCE) continue;
    for (int i = 0; i < foci->foci; ++i) foci->focus[i] *= sigma;
    return true;
  }
  return false;
}
