/* Transmission functions in single precision, eight lanes. */
#include "lanes_single.h"

#define MAGIC 12582912.0 /* 1.5 2^23 */
enum { HALF_PI_PARTS = 3, SINE_TERMS = 4, COSINE_TERMS = 5 };
static const REAL half_pi[HALF_PI_PARTS] = {1.5703125F, 4.837512969970703125e-4F, 7.54978995489188216e-8F};

#include "lanes_slices.h"

void VmSlicesFillSingle(const VmSliceJob *job, void *transmission) { FillSlices(job, transmission); }
