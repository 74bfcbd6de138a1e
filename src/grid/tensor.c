#include <vitromech/tensor.h>
#include <math.h>

const char *const vm_component_names[7] = {"xx", "yy", "zz", "yz", "xz", "xy", NULL};
const int vm_voigt_index[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
const int vm_voigt_pair[6][2] = {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};

static double DeviatorSquare(const double a[6])
{
  const double mean = (a[0] + a[1] + a[2]) / 3.0;
  const double dev[6] = {a[0] - mean, a[1] - mean, a[2] - mean, a[3], a[4], a[5]};
  return VmDot6(dev, dev);
}

double VmEquivalentStrain(const double eps[6]) { return sqrt(2.0 / 3.0 * DeviatorSquare(eps)); }

double VmEquivalentStress(const double sig[6]) { return sqrt(1.5 * DeviatorSquare(sig)); }
