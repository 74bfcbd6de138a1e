/* Geometry of the virtual microscope from its parameters. */
#include "optics.h"
#include <vitromech/scatter.h>
#include <math.h>

#define ATOM_REACH 0.4 /* nm: beyond it the potential of an atom is below 1e-3 of that of its neighbours */

enum { PROBE_TAIL = 7 }; /* points beyond the aperture at which the tapered probe has fallen below 1e-4 */

int64_t VmSmoothSize(int64_t n)
{
  static const int64_t primes[4] = {2, 3, 5, 7};
  for (n += n % 2;; n += 2) {
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
  optics->period = (double)window / params->detector.pitch;
  /* What lies beyond the edge of the grid is folded back by as much as the probe's spectrum is wide, and must not reach
   * the detector. */
  const int64_t margin = (int64_t)ceil(optics->aperture * optics->period) + PROBE_TAIL;
  for (int d = 0; d < 2; ++d) {
    optics->grid[d] = VmSmoothSize(window * params->detector.pixels[d] + 2 * margin);
    optics->spacing[d] = optics->period / (double)optics->grid[d];
  }
}

void VmOpticsBox(const VmOptics *optics, const double lo[2], const double hi[2], VmTileBox *box)
{
  const double margin = 0.5 * optics->period + ATOM_REACH;
  for (int d = 0; d < 2; ++d) {
    box->origin[d] = lo[d] - margin;
    box->grid[d] = VmSmoothSize((int64_t)ceil((hi[d] - lo[d] + 2.0 * margin) / optics->spacing[d]));
  }
}
