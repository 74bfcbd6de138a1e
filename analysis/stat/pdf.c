/* Pair distribution function G(r) by the sine transform of I(k), for all directions and by sectors of the pattern. */
#include "groups.h"
#include "pdf_params.h"
#include <vitromech/atoms.h>
#include <vitromech/least_squares.h>
#include <vitromech/scatter.h>
#include <vitromech/stat.h>
#include <math.h>

#define R_STEP 0.005 /* nm */

/* sums: [VM_GROUPS][1 + rings*sectors] frames and sums of I(k, sector) */
typedef struct {
  const VmPdfParams *params;
  VmSurvey survey;
  VmPolar polar;
  int rings, sectors, nr, powers, terms; /* terms of the fit: powers of k, and single atoms if they are known */
  double *samples;                       /* [VM_STAT_BLOCK][rings*sectors] */
  double *mean, *square;                 /* [rings] <f>^2, <f^2> [nm^2] */
  double *sine;                          /* [nr][rings] 8 pi sin(2 pi k r) window dk */
  double *intensity, *reduced;           /* [rings] */
} Context;

static double RadiusOf(int i) { return (i + 0.5) * R_STEP; }

static void SetFactors(const VmPdfParams *p, VmPolar polar, double *mean, double *square)
{
  for (int q = 0; q < polar->rings; ++q) {
    double total = 0.0, fraction;
    int number;
    mean[q] = square[q] = 0.0;
    for (const char *at = p->composition; at && *at;) {
      at = VmPdfNextElement(at, &number, &fraction);
      const double f = VmScatteringFactor(number, polar->k[q]);
      mean[q] += fraction * f;
      square[q] += fraction * f * f;
      total += fraction;
    }
    mean[q] *= mean[q] / (total * total);
    square[q] /= total;
  }
}

static void SetSines(const VmPdfParams *p, VmPolar polar, double k_max, int nr, double *sine)
{
  for (int i = 0; i < nr; ++i)
    for (int q = 0; q < polar->rings; ++q) {
      const double k = polar->k[q], x = VM_PI * k / k_max;
      const double window = p->window == VM_PDF_LORCH ? sin(x) / x : 1.0;
      sine[i * polar->rings + q] = 8.0 * VM_PI * sin(2.0 * VM_PI * k * RadiusOf(i)) * window * polar->width;
    }
}

static PetscErrorCode SetUp(const void *params, VmSurvey survey, void **context)
{
  const VmPdfParams *p = params;
  const double pitch = fmin(survey->detector.pitch[0], survey->detector.pitch[1]);
  const double k_min = isnan(p->k_min) ? 0.6 * survey->first_ring : p->k_min;
  const double k_max = isnan(p->k_max) ? VmDetectorReach(&survey->detector) : p->k_max;
  Context *c;
  double *k;
  int rings;
  PetscFunctionBegin;
  if (isnan(k_min)) VmThrow(survey->comm, VM_ERR_INPUT, "pdf: no first ring was found: give k_min");
  if (!(k_max - k_min > 10.0 * pitch))
    VmThrow(survey->comm, VM_ERR_INPUT, "pdf: less than 10 rings between k_min = %g and k_max = %g 1/nm", k_min, k_max);
  PetscCall(PetscNew(&c));
  PetscCall(VmRingsCreate(k_min, k_max, pitch, &rings, &k));
  *c = (Context){.params = p,
                 .survey = survey,
                 .rings = rings,
                 .sectors = (int)p->sectors,
                 .nr = (int)ceil(p->r_max / R_STEP),
                 .powers = (int)p->background + (p->composition ? 0 : 2),
                 .terms = (int)p->background + (p->composition ? 1 : 2)};
  PetscCall(
      VmPolarCreateShared(survey->comm, &survey->detector, rings, k, pitch, c->sectors, VM_POLAR_AREA, &c->polar));
  PetscCall(PetscFree(k));
  PetscCall(PetscMalloc1(VM_STAT_BLOCK * (size_t)(rings * c->sectors), &c->samples));
  PetscCall(PetscMalloc4((size_t)rings, &c->mean, (size_t)rings, &c->square, (size_t)rings, &c->intensity,
                         (size_t)rings, &c->reduced));
  PetscCall(PetscMalloc1((size_t)(rings * c->nr), &c->sine));
  SetFactors(p, c->polar, c->mean, c->square);
  SetSines(p, c->polar, k_max, c->nr, c->sine);
  *context = c;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(void **context)
{
  Context *c = *context;
  PetscFunctionBegin;
  PetscCall(VmPolarDestroy(&c->polar));
  PetscCall(PetscFree(c->samples));
  PetscCall(PetscFree4(c->mean, c->square, c->intensity, c->reduced));
  PetscCall(PetscFree(c->sine));
  PetscCall(PetscFree(*context));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static size_t GroupSize(const Context *c) { return 1 + (size_t)(c->rings * c->sectors); }

static void Size(const void *context, size_t *nsum, size_t *nmap)
{
  *nsum = VM_GROUPS * GroupSize(context);
  *nmap = 0;
}

static PetscErrorCode Accumulate(void *context, const VmTile *tile, double *sums, double *maps)
{
  Context *c = context;
  const int bins = c->rings * c->sectors;
  (void)maps;
  VmPolarApplyLanes(c->polar, tile->n, c->survey->npix, tile->lanes, c->samples);
  for (int64_t f = 0; f < tile->n; ++f) {
    double *group = sums + (size_t)VmGroupOf(tile->first + f, c->survey->frames) * GroupSize(c);
    group[0] += 1.0;
    for (int b = 0; b < bins; ++b) group[1 + b] += c->samples[f * bins + b];
  }
  return PETSC_SUCCESS;
}

/* Part `term` of the smooth intensity of a ring. */
static double Basis(const Context *c, int term, int q)
{
  if (term == c->powers) return c->square[q] / c->square[0];
  return pow(c->polar->k[q] / c->polar->k[0], -2.0 * term);
}

/* What the smooth part is subtracted from is divided by, but for a constant factor. */
static double Scale(const Context *c, int q) { return c->params->composition ? c->mean[q] : c->intensity[q]; }

/* k (I - smooth)/scale: oscillates about zero. */
static double Residual(const void *context, const double *x, int64_t i, double *gradient)
{
  const Context *c = context;
  const int q = (int)i;
  double smooth = 0.0;
  if (isnan(c->intensity[q])) { /* masked */
    for (int t = 0; t < c->terms; ++t) gradient[t] = 0.0;
    return 0.0;
  }
  const double weight = c->polar->k[q] / c->polar->k[0] * Scale(c, 0) / (Scale(c, q) * c->intensity[0]);
  for (int t = 0; t < c->terms; ++t) {
    gradient[t] = -weight * Basis(c, t, q);
    smooth += x[t] * Basis(c, t, q);
  }
  return weight * (c->intensity[q] - smooth);
}

/* reduced [rings] = k (S - 1) from c->intensity; G [nr]. Below the first ring k (S - 1) is taken as linear. */
static void Transform(const Context *c, double *reduced, double *g)
{
  double x[VM_FIT_MOST] = {0};
  const double low = c->polar->k[0] - 0.5 * c->polar->width;
  int first = 0;
  while (first < c->rings - 1 && isnan(c->intensity[first])) ++first;
  x[c->terms - 1] = c->intensity[first];
  (void)VmLeastSquares(c->terms, x, c->rings, Residual, c, NULL);
  for (int q = 0; q < c->rings; ++q) {
    double smooth = 0.0;
    for (int t = 0; t < c->terms; ++t) smooth += x[t] * Basis(c, t, q);
    /* single atoms scatter amplitude * <f^2>, oscillations are relative to amplitude * <f>^2 */
    const double amplitude = c->params->composition ? x[c->terms - 1] * c->mean[q] / c->square[0] : smooth;
    reduced[q] = isnan(c->intensity[q]) ? 0.0 : c->polar->k[q] * (c->intensity[q] - smooth) / amplitude;
  }
  for (int i = 0; i < c->nr; ++i) {
    const double phase = 2.0 * VM_PI * RadiusOf(i);
    /* integral of k sin(2 pi k r) from 0 to the first ring */
    const double line = sin(phase * low) / (phase * phase) - low * cos(phase * low) / phase;
    g[i] = 8.0 * VM_PI * reduced[first] / c->polar->k[first] * line;
    for (int q = 0; q < c->rings; ++q) g[i] += c->sine[i * c->rings + q] * reduced[q];
  }
}

/* First maximum beyond r_min that is not below half of the highest. */
static double FirstPeak(const Context *c, const double *g)
{
  const int begin = PetscMax(1, (int)(c->params->r_min / R_STEP));
  double highest = 0.0;
  for (int i = begin; i + 1 < c->nr; ++i) highest = fmax(highest, g[i] >= g[i - 1] && g[i] > g[i + 1] ? g[i] : 0.0);
  for (int i = begin; i + 1 < c->nr; ++i)
    if (g[i] >= g[i - 1] && g[i] > g[i + 1] && g[i] >= 0.5 * highest)
      return RadiusOf(i) + 0.5 * R_STEP * (g[i - 1] - g[i + 1]) / (g[i - 1] - 2.0 * g[i] + g[i + 1]);
  return NAN;
}

/* Strain of a direction: a body strained by e has G(r/(1 + e))/(1 + e)^2. */
static double StrainOf(const Context *c, const double *mean, const double *g)
{
  double product = 0.0, square = 0.0;
  for (int i = PetscMax(1, (int)(c->params->r_min / R_STEP)); i + 1 < c->nr; ++i) {
    const double change = -(RadiusOf(i) * (mean[i + 1] - mean[i - 1]) / (2.0 * R_STEP) + 2.0 * mean[i]);
    product += change * (g[i] - mean[i]);
    square += change * change;
  }
  return product / square;
}

/* Places of values: reduced [rings], G [nr], first peak, G of sectors [sectors][nr], strain difference, shear strain */
static size_t MeanAt(const Context *c) { return (size_t)c->rings; }
static size_t PeakAt(const Context *c) { return MeanAt(c) + (size_t)c->nr; }
static size_t SectorAt(const Context *c, int s) { return PeakAt(c) + 1 + (size_t)(s * c->nr); }
static size_t StrainAt(const Context *c) { return SectorAt(c, c->sectors); }
static size_t Values(const Context *c) { return StrainAt(c) + 2; }

static void Intensity(const Context *c, const double *sums, int sector)
{
  for (int q = 0; q < c->rings; ++q) {
    double sum = 0.0, count = 0.0;
    for (int s = 0; s < c->sectors; ++s) {
      const int bin = q * c->sectors + s;
      if (!c->polar->valid[bin] || (sector >= 0 && s != sector)) continue;
      sum += sums[1 + bin] / sums[0];
      count += 1.0;
    }
    c->intensity[q] = count > 0.0 ? sum / count : NAN;
  }
}

static void Curves(const void *context, const double *sums, double *values)
{
  const Context *c = context;
  double cosine = 0.0, sine = 0.0;
  Intensity(c, sums, -1);
  Transform(c, values, values + MeanAt(c));
  values[PeakAt(c)] = FirstPeak(c, values + MeanAt(c));
  for (int s = 0; s < c->sectors; ++s) {
    const double angle = 2.0 * VM_PI * s / c->sectors;
    Intensity(c, sums, s);
    Transform(c, c->reduced, values + SectorAt(c, s));
    const double strain = StrainOf(c, values + MeanAt(c), values + SectorAt(c, s));
    cosine += 2.0 * strain * cos(2.0 * angle) / c->sectors;
    sine += 2.0 * strain * sin(2.0 * angle) / c->sectors;
  }
  values[StrainAt(c)] = 2.0 * cosine; /* e(phi) = (e_xx + e_yy)/2 + (e_xx - e_yy)/2 cos 2 phi + e_xy sin 2 phi */
  values[StrainAt(c) + 1] = sine;
}

static PetscErrorCode AddCurve(VmStatResult result, const char *name, int64_t n, const double *values,
                               const double *errors, VmMeta meta, const char *definition)
{
  char error[64];
  PetscFunctionBegin;
  snprintf(error, sizeof error, "%s_error", name);
  PetscCall(VmStatResultAdd(result, name, VM_F64, 1, &n, values, meta, definition));
  meta.long_name = "standard error (bootstrap over 16 parts of the scan)";
  PetscCall(VmStatResultAdd(result, error, VM_F64, 1, &n, errors, meta, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddSectors(const Context *c, const double *values, const double *errors, VmStatResult result)
{
  const int64_t dims[2] = {c->sectors, c->nr};
  PetscFunctionBegin;
  if (c->sectors == 1) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmStatResultAdd(result, "G_sectors", VM_F64, 2, dims, values + SectorAt(c, 0),
                            (VmMeta){"1/nm^2", "G(r) of sectors, the first about the det0 axis", "sector,r"}, NULL));
  if (c->sectors < 6) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmStatResultEstimate(result, "strain_difference", values[StrainAt(c)], errors[StrainAt(c)], "1",
                                 "e_xx - e_yy, x along det0",
                                 "least squares of G(r, phi) - G(r) = -e(phi) (r G' + 2 G), second order in phi"));
  PetscCall(
      VmStatResultEstimate(result, "strain_xy", values[StrainAt(c) + 1], errors[StrainAt(c) + 1], "1", "e_xy", NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddAll(const Context *c, const double *values, const double *errors, VmStatResult result)
{
  const int64_t nr = c->nr, rings = c->rings;
  double *curve;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(2 * nr), &curve));
  PetscCall(VmStatResultAdd(result, "k", VM_F64, 1, &rings, c->polar->k,
                            (VmMeta){"1/nm", "scattering vector 1/d, middle of the ring", "k"}, NULL));
  PetscCall(AddCurve(result, "F", rings, values, errors, (VmMeta){"1/nm", "reduced intensity F(k)", "k"},
                     c->params->composition
                         ? "k (I - A <f^2> - background)/(A <f>^2), A and background by least squares of F"
                         : "k (I - smooth)/smooth, smooth part of I by least squares of F"));
  for (int i = 0; i < c->nr; ++i) curve[i] = RadiusOf(i);
  PetscCall(VmStatResultAdd(result, "r", VM_F64, 1, &nr, curve, (VmMeta){"nm", "distance", "r"}, NULL));
  PetscCall(AddCurve(result, "G", nr, values + MeanAt(c), errors + MeanAt(c),
                     (VmMeta){"1/nm^2", "reduced pair distribution function G(r) = 4 pi rho r (g - 1)", "r"},
                     "8 pi integral of F(k) sin(2 pi k r) window(k) dk"));
  for (int i = 0; i < c->nr; ++i) {
    const double uniform = 4.0 * VM_PI * c->params->density * RadiusOf(i);
    curve[i] = 1.0 + values[MeanAt(c) + (size_t)i] / uniform;
    curve[nr + i] = errors[MeanAt(c) + (size_t)i] / uniform;
  }
  if (!isnan(c->params->density))
    PetscCall(
        AddCurve(result, "g", nr, curve, curve + nr, (VmMeta){"1", "pair distribution function g(r)", "r"}, NULL));
  PetscCall(VmStatResultEstimate(result, "first_peak", values[PeakAt(c)], errors[PeakAt(c)], "nm", "first peak of G(r)",
                                 "first maximum beyond r_min that is not below half of the highest"));
  PetscCall(AddSectors(c, values, errors, result));
  PetscCall(PetscFree(curve));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Finalise(void *context, const double *sums, const double *maps, VmStatResult result)
{
  const Context *c = context;
  double *total, *values, *errors;
  PetscFunctionBegin;
  (void)maps;
  PetscCall(PetscMalloc3(GroupSize(c), &total, Values(c), &values, Values(c), &errors));
  VmGroupTotal(GroupSize(c), sums, total);
  Curves(c, total, values);
  PetscCall(VmGroupErrors(GroupSize(c), sums, Values(c), Curves, c, errors));
  PetscCall(AddAll(c, values, errors, result));
  PetscCall(PetscFree3(total, values, errors));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmStatOps vm_stat_pdf = {
    .head = {"pdf",
             "pair distribution function G(r) of I(k), also by sectors of the pattern, with the strain they show",
             "D. J. H. Cockayne & D. R. McKenzie, Acta Cryst. A44 (1988) 870; E. Lorch, J. Phys. C 2 (1969) 229",
             &vm_pdf_table},
    .reads_lanes = true,
    .setup = SetUp,
    .destroy = Destroy,
    .size = Size,
    .accumulate = Accumulate,
    .merge = VmStatMergeSum,
    .finalise = Finalise};
