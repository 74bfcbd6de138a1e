/* Centre of a diffraction pattern: of the direct beam, or of the rings. */
#include <vitromech/transform.h>
#include <math.h>

#define FIRST_STEP 4.0          /* pixels */
#define LAST_STEP (1.0 / 256.0) /* pixels */

/* Centre of mass and area [pixels] of the intensity above a level within a radius of `about`. */
static double CentreOfMass(const VmDetector *detector, const double *pattern, double level, const double about[2],
                           double radius, double centre[2])
{
  const int64_t npix = detector->det[0] * detector->det[1];
  double area = 0.0, sum = 0.0, moment[2] = {0.0, 0.0};
  for (int64_t p = 0; p < npix; ++p) {
    const double i = (double)(p / detector->det[1]), j = (double)(p % detector->det[1]);
    if (!detector->valid[p] || !(pattern[p] >= level) || hypot(i - about[0], j - about[1]) > radius) continue;
    area += 1.0;
    sum += pattern[p];
    moment[0] += pattern[p] * i;
    moment[1] += pattern[p] * j;
  }
  for (int a = 0; a < 2; ++a) centre[a] = sum > 0.0 ? moment[a] / sum : about[a];
  return area;
}

void VmCentreBeam(const VmDetector *detector, const double *pattern, double centre[2])
{
  const int64_t npix = detector->det[0] * detector->det[1];
  const double middle[2] = {0.5 * (double)(detector->det[0] - 1), 0.5 * (double)(detector->det[1] - 1)};
  double highest = -INFINITY, disc[2];
  for (int64_t p = 0; p < npix; ++p)
    if (detector->valid[p] && pattern[p] > highest) highest = pattern[p];
  const double area = CentreOfMass(detector, pattern, 0.5 * highest, middle, INFINITY, disc);
  CentreOfMass(detector, pattern, 0.1 * highest, disc, 1.0 + 1.5 * sqrt(area / VM_PI), centre);
}

typedef struct {
  const VmDetector *detector;
  const double *pattern;
  double k_min, bin;
  int bins;
  double *weight, *sum; /* [bins + 1] linear splines of the radial mean */
} Rings;

/* Radius of a pixel in bins, negative if it is left out. */
static double RingOf(const Rings *s, const double centre[2], int64_t i, int64_t j)
{
  const VmDetector *d = s->detector;
  if (!d->valid[i * d->det[1] + j]) return -1.0;
  const double x = ((double)i - centre[0]) * d->pitch[0], y = ((double)j - centre[1]) * d->pitch[1];
  const double k = sqrt(x * x + y * y);
  return k < s->k_min || k >= s->bin * s->bins ? -1.0 : k / s->bin;
}

/* Mean squared distance of the pattern from its radial mean about a centre. */
static double Residual(Rings *s, const double centre[2])
{
  const VmDetector *d = s->detector;
  double residual = 0.0, count = 0.0;
  for (int b = 0; b <= s->bins; ++b) s->weight[b] = s->sum[b] = 0.0;
  for (int pass = 0; pass < 2; ++pass) {
    for (int64_t i = 0; i < d->det[0]; ++i)
      for (int64_t j = 0; j < d->det[1]; ++j) {
        const double r = RingOf(s, centre, i, j), value = s->pattern[i * d->det[1] + j];
        if (r < 0.0) continue;
        const int b = (int)r;
        const double f = r - b;
        if (pass == 0) {
          s->weight[b] += 1.0 - f;
          s->weight[b + 1] += f;
          s->sum[b] += (1.0 - f) * value;
          s->sum[b + 1] += f * value;
        } else {
          const double difference = value - (1.0 - f) * s->sum[b] - f * s->sum[b + 1];
          residual += difference * difference;
          count += 1.0;
        }
      }
    if (pass == 0)
      for (int b = 0; b <= s->bins; ++b)
        if (s->weight[b] > 0.0) s->sum[b] /= s->weight[b];
  }
  return count > 0.0 ? residual / count : INFINITY;
}

PetscErrorCode VmCentreRings(const VmDetector *detector, const double *pattern, double k_min, double centre[2])
{
  static const double direction[4][2] = {{1, 0}, {-1, 0}, {0, 1}, {0, -1}};
  const double reach = VmDetectorReach(detector);
  Rings s = {
      .detector = detector, .pattern = pattern, .k_min = k_min, .bin = fmax(detector->pitch[0], detector->pitch[1])};
  PetscFunctionBegin;
  s.bins = (int)fmax(1.0, floor((reach - FIRST_STEP * s.bin) / s.bin));
  PetscCall(PetscMalloc2((size_t)s.bins + 1, &s.weight, (size_t)s.bins + 1, &s.sum));
  double best[2] = {detector->centre[0], detector->centre[1]}, lowest = Residual(&s, best);
  for (double step = FIRST_STEP; step >= LAST_STEP;) {
    bool moved = false;
    for (int d = 0; d < 4; ++d) {
      const double trial[2] = {best[0] + step * direction[d][0], best[1] + step * direction[d][1]};
      const double residual = Residual(&s, trial);
      if (residual < lowest && trial[0] >= 0 && trial[1] >= 0 && trial[0] < (double)detector->det[0] &&
          trial[1] < (double)detector->det[1]) {
        lowest = residual;
        best[0] = trial[0];
        best[1] = trial[1];
        moved = true;
      }
    }
    if (!moved) step *= 0.5;
  }
  centre[0] = best[0];
  centre[1] = best[1];
  PetscCall(PetscFree2(s.weight, s.sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}
