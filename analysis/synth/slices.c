#include "slices.h"

double VmSlicesFillBytes(const int64_t grid[2], const int64_t fine[2], int species, size_t bytes)
{
  const double kept = (double)grid[1], inside = 2.0 / 3.0 * (double)grid[1];
  const double fields = (double)fine[0] * ((double)fine[1] + species * kept + 2.0 * inside);
  return (double)bytes * (fields + 0.5 * (double)grid[0] * (species * kept + inside));
}
