/* Constants of the electron beam, CODATA 2018. */
#include <vitromech/scatter.h>
#include <math.h>

#define PLANCK 6.62607015e-34    /* J s */
#define ELECTRON 1.602176634e-19 /* C */
#define MASS 9.1093837015e-31    /* kg */
#define LIGHT_SPEED 299792458.0  /* m/s */

double VmElectronWavelength(double voltage)
{
  const double ev = ELECTRON * voltage;
  return 1e9 * PLANCK / sqrt(2.0 * MASS * ev * (1.0 + ev / (2.0 * MASS * LIGHT_SPEED * LIGHT_SPEED)));
}

double VmInteractionConstant(double voltage)
{
  const double gamma = 1.0 + ELECTRON * voltage / (MASS * LIGHT_SPEED * LIGHT_SPEED);
  return 1e-9 * 2.0 * VM_PI * gamma * MASS * ELECTRON * 1e-9 * VmElectronWavelength(voltage) / (PLANCK * PLANCK);
}
