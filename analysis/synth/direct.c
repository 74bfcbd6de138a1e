/* Direct summation over atoms: the reference of the fast methods. */
#include <vitromech/microscope.h>
#include <vitromech/scatter.h>
#include <math.h>

PetscErrorCode VmKinematicDirect(const VmAtoms *atoms, double wavelength, int64_t n, const double (*k)[2],
                                 double complex *amplitude)
{
  double f[VM_MAX_SPECIES];

  PetscFunctionBegin;
  for (int64_t q = 0; q < n; ++q) {
    const double modulus2 = k[q][0] * k[q][0] + k[q][1] * k[q][1];
    double complex sum = 0.0;
    for (int s = 0; s < atoms->nspecies; ++s) f[s] = VmScatteringFactor(atoms->number[s], sqrt(modulus2));
    for (int64_t a = 0; a < atoms->n; ++a) {
      const double cycles = 0.5 * wavelength * modulus2 * atoms->z[a] - (k[q][0] * atoms->x[a] + k[q][1] * atoms->y[a]);
      sum += f[atoms->species[a]] * cexp(2.0 * VM_PI * I * cycles);
    }
    amplitude[q] = sum;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
