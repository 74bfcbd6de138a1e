/* Geometry of the virtual microscope from its parameters. */
#include "method.h"
#include "propagate.h"
#include <vitromech/scatter.h>
#include <math.h>

#define ATOM_REACH 0.4 /* nm: beyond it the potential of an atom is below 1e-3 of that of its neighbours */

enum { PROBE_TAIL = 7 }; /* points beyond the aperture at which the tapered probe has fallen below 1e-4 */

int64_t VmSmoothSize(int64_t n, int64_t multiple)
{
  static const int64_t primes[4] = {2, 3, 5, 7};
  for (n = (n + multiple - 1) / multiple * multiple;; n += multiple) {
    int64_t rest = n;
    for (int i = 0; i < 4; ++i) {
      while (rest % primes[i] == 0) rest /= primes[i];
    }
    if (rest == 1) return n;
  }
}

void VmOpticsInit(const VmMicroscopeParams *params, VmOptics *optics)
{
  const int64_t window = params->window;

  *optics = (VmOptics){.params = params};
  optics->wavelength = VmElectronWavelength(1e3 * params->voltage);
  optics->interaction = VmInteractionConstant(1e3 * params->voltage);
  optics->aperture = 1e-3 * params->semi_angle / optics->wavelength;
  for (int d = 0; d < 2; ++d) optics->tilt[d] = 1e-3 * params->tilt[d] / optics->wavelength;
  optics->period = (double)window / params->detector.pitch;
  /* What lies beyond the edge of the grid is folded back by as much as the probe's spectrum is wide, and must not reach
   * the detector. */
  const int64_t margin = (int64_t)ceil(optics->aperture * optics->period) + PROBE_TAIL;
  const int64_t widest = PetscMax(params->detector.pixels[0], params->detector.pixels[1]);
  for (int d = 0; d < 2; ++d) {
    optics->grid[d] = vm_synth_methods[params->method]->multiple
                          ? VmSmoothSize((3 * window * widest + 1) / 2, VM_WAVE_MULTIPLE)
                          : VmSmoothSize(window * params->detector.pixels[d] + 2 * margin, 2);
    optics->spacing[d] = optics->period / (double)optics->grid[d];
  }
}

void VmOpticsBox(const VmOptics *optics, const double lo[2], const double hi[2], VmTileBox *box)
{
  const double margin = 0.5 * optics->period + ATOM_REACH;
  for (int d = 0; d < 2; ++d) {
    box->origin[d] = lo[d] - margin;
    box->grid[d] = VmSmoothSize((int64_t)ceil((hi[d] - lo[d] + 2.0 * margin) / optics->spacing[d]), 2);
  }
}

PetscErrorCode VmOpticsWindow(const VmOptics *optics, const VmTileBox *box, const double r[2], int64_t first[2],
                              double centre[2])
{
  PetscFunctionBegin;
  for (int d = 0; d < 2; ++d) {
    const double at = (r[d] - box->origin[d]) / optics->spacing[d];
    first[d] = (int64_t)floor(at + 0.5) - optics->grid[d] / 2;
    centre[d] = at - (double)first[d];
    VmAssert(first[d] >= 0 && first[d] + optics->grid[d] <= box->grid[d]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
