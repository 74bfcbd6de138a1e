/* Transmission functions in double precision, four lanes. */
#include "lanes_double.h"

#define MAGIC 6755399441055744.0 /* 1.5 2^52 */
enum { HALF_PI_PARTS = 2, SINE_TERMS = 7, COSINE_TERMS = 8 };
static const REAL half_pi[HALF_PI_PARTS] = {1.57079632673412561417, 6.07710050650619224932e-11};

#include "lanes_slices.h"

void VmSlicesFillDouble(const VmSliceJob *job, void *transmission) { FillSlices(job, transmission); }
