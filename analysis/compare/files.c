/* Two analysis files beside each other. */
#include "overlay.h"
#include "pair.h"

#include <vitromech/compare.h>
#include <vitromech/log.h>
#include <vitromech/schema.h>
#include <math.h>
#include <string.h>

/* Relative root mean square difference and Pearson correlation over the points that are numbers in both. */
static void Distance(int64_t n, const double *a, const double *b, double *rms, double *correlation)
{
  double points = 0.0, mean[2] = {0.0, 0.0}, difference = 0.0, size = 0.0, square[2] = {0.0, 0.0}, product = 0.0;
  for (int64_t i = 0; i < n; ++i) {
    if (!isfinite(a[i]) || !isfinite(b[i])) continue;
    points += 1.0;
    mean[0] += a[i];
    mean[1] += b[i];
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += 0.25 * (a[i] + b[i]) * (a[i] + b[i]);
  }
  for (int64_t i = 0; i < n; ++i) {
    if (!isfinite(a[i]) || !isfinite(b[i])) continue;
    const double x = a[i] - mean[0] / points, y = b[i] - mean[1] / points;
    square[0] += x * x;
    square[1] += y * y;
    product += x * y;
  }
  *rms = difference == 0.0 ? 0.0 : sqrt(difference / size);
  *correlation = product / sqrt(square[0] * square[1]);
}

typedef struct {
  MPI_Comm comm;
  VmH5 file[2];
  double level;
  FILE *csv;
  VmH5 overlay; /* or NULL */
  int tested, different;
} Comparison;

static const char *Verdict(Comparison *c, double probability)
{
  if (!isfinite(probability)) return "";
  ++c->tested;
  if (probability >= c->level) return "alike";
  ++c->different;
  return "DIFFERENT";
}

static void WriteCsv(const Comparison *c, const char *name, const char *distance, const double numbers[6],
                     const char *verdict)
{
  if (!c->csv) return;
  fprintf(c->csv, "%s,%s", name, distance);
  for (int i = 0; i < 6; ++i) fprintf(c->csv, isfinite(numbers[i]) ? ",%.10g" : ",", numbers[i]);
  fprintf(c->csv, ",%s\n", verdict);
}

/* Difference in units of both standard errors. */
static PetscErrorCode CompareNumber(Comparison *c, const VmPair *p)
{
  const double x = p->values[0][0], y = p->values[1][0];
  double both = 0.0, probability = NAN;
  char sigma[32] = "";
  PetscFunctionBegin;
  for (int s = 0; s < 2; ++s)
    if (p->errors[s]) both = hypot(both, p->errors[s][0]);
  if (both > 0.0 && isfinite(both) && isfinite(x - y)) {
    probability = erfc(fabs(x - y) / both * sqrt(0.5));
    snprintf(sigma, sizeof sigma, "(%.1f sigma)", fabs(x - y) / both);
  }
  const char *verdict = Verdict(c, probability);
  PetscCall(VmLog(c->comm, "  %-44s %-12.6g %-12.6g %+-12.4g %-13s %s", p->name, x, y, x - y, sigma, verdict));
  WriteCsv(c, p->name, "difference",
           (double[]){x, y, x - y, both > 0.0 ? x - y - 1.96 * both : NAN, both > 0.0 ? x - y + 1.96 * both : NAN,
                      probability},
           verdict);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CompareCurve(Comparison *c, const VmPair *p)
{
  double rms, correlation;
  VmDistance chi = {NAN, NAN, NAN, NAN};
  int64_t points = 0;
  char text[64] = "";
  PetscFunctionBegin;
  Distance(p->count[0], p->values[0], p->values[1], &rms, &correlation);
  if (p->errors[0] && p->errors[1])
    VmCurveChiSquare(p->count[0], p->values[0], p->errors[0], p->values[1], p->errors[1], &chi, &points);
  if (points > 0)
    snprintf(text, sizeof text, "%.3g of %lld points, p = %.2g", chi.value, (long long)points, chi.probability);
  const char *verdict = Verdict(c, chi.probability);
  char together[16] = "";
  if (isfinite(correlation)) snprintf(together, sizeof together, "%.4g", correlation);
  PetscCall(VmLog(c->comm, "  %-44s %-12.4g %-12s %-34s %s", p->name, rms, together, text, verdict));
  WriteCsv(c, p->name, "chi_square_per_point", (double[]){NAN, NAN, chi.value, NAN, NAN, chi.probability}, verdict);
  WriteCsv(c, p->name, "relative_rms", (double[]){NAN, NAN, rms, NAN, NAN, NAN}, "");
  WriteCsv(c, p->name, "correlation", (double[]){NAN, NAN, correlation, NAN, NAN, NAN}, "");
  if (c->overlay) PetscCall(VmOverlayCurve(c->overlay, c->file[0], p, &chi));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PrintDistance(Comparison *c, const char *name, const char *what, const VmDistance *d)
{
  char interval[48] = "", probability[24] = "";
  PetscFunctionBegin;
  if (isfinite(d->low)) snprintf(interval, sizeof interval, "(%.3g ... %.3g)", d->low, d->high);
  if (isfinite(d->probability)) snprintf(probability, sizeof probability, "p = %.2g", d->probability);
  const char *verdict = Verdict(c, d->probability);
  PetscCall(
      VmLog(c->comm, "  %-44s %-12s %-9.3g %-22s %-11s %s", name, what, d->value, interval, probability, verdict));
  WriteCsv(c, name, what, (double[]){NAN, NAN, d->value, d->low, d->high, d->probability}, verdict);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A length that stands beside a map, e.g. its pitch; NAN if there is none in nm. */
static PetscErrorCode LengthBeside(VmH5 file, const char *map, const char *name, double *length)
{
  const char *slash = strrchr(map, '/');
  char path[320], *unit;
  bool exists;
  PetscFunctionBegin;
  *length = NAN;
  snprintf(path, sizeof path, VM_PATH_STATISTICS "/%.*s%s", slash ? (int)(slash - map) + 1 : 0, map, name);
  PetscCall(VmH5Exists(file, path, &exists));
  if (!exists) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmH5AttrReadText(file, path, "unit", &unit));
  if (unit && strcmp(unit, "nm") == 0) PetscCall(VmH5Read(file, path, VM_F64, length));
  PetscCall(PetscFree(unit));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Says so where all of one map would lie between two points of the other. */
static PetscErrorCode WarnOfScales(const Comparison *c, const VmPair *p)
{
  double pitch[2], extent[2];
  PetscFunctionBegin;
  for (int s = 0; s < 2; ++s) {
    PetscCall(LengthBeside(c->file[s], p->name, "pitch", &pitch[s]));
    PetscCall(LengthBeside(c->file[s], p->name, "extent", &extent[s]));
  }
  for (int s = 0; s < 2; ++s)
    if (pitch[s] > extent[1 - s])
      PetscCall(
          VmWarn(c->comm,
                 "%s: the points of %c are %.4g nm apart, all of %c is %.4g nm wide: the two see other lengths, and "
                 "neither spread nor correlation of one predicts those of the other",
                 p->name, "AB"[s], pitch[s], "BA"[s], extent[1 - s]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Only the distributions are compared: two glasses do not have the same map. */
static PetscErrorCode CompareDistribution(Comparison *c, const VmPair *p)
{
  enum { SEED = 1 };
  VmMapDistance d;
  const bool maps = p->rank[0] == 2; /* the entries of a list are independent of each other */
  const VmMapView a = {{p->dims[0][0], maps ? p->dims[0][1] : 1}, p->values[0]},
                  b = {{p->dims[1][0], maps ? p->dims[1][1] : 1}, p->values[1]};
  PetscFunctionBegin;
  PetscCall(VmMapDistances(&a, &b, SEED, &d));
  PetscCall(PrintDistance(c, p->name, "KS", &d.kolmogorov_smirnov));
  PetscCall(PrintDistance(c, p->name, "Wasserstein", &d.wasserstein));
  if (maps) PetscCall(WarnOfScales(c, p));
  if (c->overlay) PetscCall(VmOverlayDistribution(c->overlay, c->file[0], p, &d));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is gone through in turn, each with a heading of its own. */
static const struct {
  VmPairKind kind;
  const char *heading[3];
} parts[] = {{VM_PAIR_NUMBER, {"number", "A", "B           A - B"}},
             {VM_PAIR_CURVE, {"curve", "rms, relative", "correlation  chi^2 per point"}},
             {VM_PAIR_DISTRIBUTION, {"distribution", "distance", "95 % interval"}}};
enum { PARTS = sizeof parts / sizeof parts[0] };

static PetscErrorCode CompareDataset(Comparison *c, const char *name, VmPairKind wanted)
{
  VmPair p;
  PetscFunctionBegin;
  PetscCall(VmPairRead(c->file, name, &p));
  if (wanted == VM_PAIR_CURVE && p.kind == VM_PAIR_APART && p.count[0] > 0 && p.count[1] > 0)
    PetscCall(VmLog(c->comm, "  %-44s shapes differ", name));
  if (p.kind == wanted && wanted == VM_PAIR_NUMBER) PetscCall(CompareNumber(c, &p));
  if (p.kind == wanted && wanted == VM_PAIR_CURVE) PetscCall(CompareCurve(c, &p));
  if (p.kind == wanted && wanted == VM_PAIR_DISTRIBUTION) PetscCall(CompareDistribution(c, &p));
  PetscCall(VmPairFree(&p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static bool IsError(const char *name)
{
  const size_t length = strlen(name);
  return length > 6 && strcmp(name + length - 6, "_error") == 0;
}

static PetscErrorCode CompareAll(Comparison *c, const VmH5Names *names)
{
  PetscFunctionBegin;
  for (int part = 0; part < PARTS; ++part) {
    const char *const *heading = parts[part].heading;
    PetscCall(VmLog(c->comm, "  %-44s %-12s %s", heading[0], heading[1], heading[2]));
    for (int i = 0; i < names->count; ++i) {
      char path[256];
      bool exists;
      if (IsError(names->name[i])) continue;
      snprintf(path, sizeof path, VM_PATH_STATISTICS "/%s", names->name[i]);
      PetscCall(VmH5Exists(c->file[1], path, &exists));
      if (exists) PetscCall(CompareDataset(c, names->name[i], parts[part].kind));
      else if (part == 0) PetscCall(VmLog(c->comm, "  %-44s not measured in B", names->name[i]));
    }
  }
  if (c->tested > 0)
    PetscCall(VmLog(
        c->comm, "%d of %d tests find a difference at the level of %.3g; %.1f would do so by chance if all were alike",
        c->different, c->tested, c->level, c->level * c->tested));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CloseCsv(const char *path, FILE *csv)
{
  if (!csv) return PETSC_SUCCESS;
  const bool failed = ferror(csv) != 0;
  if (fclose(csv) != 0 || failed) return VmRaiseLocal(VM_ERR_FILE, "cannot write %s", path);
  return PETSC_SUCCESS;
}

PetscErrorCode VmCompareFiles(MPI_Comm comm, VmH5 a, VmH5 b, double level, const char *csv_path, VmH5 overlay)
{
  int rank;
  FILE *csv = NULL;
  VmH5Names names;
  PetscErrorCode code = PETSC_SUCCESS;
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (csv_path && rank == 0) {
    csv = fopen(csv_path, "w");
    if (csv) fputs("quantity,distance,a,b,value,low,high,probability,verdict\n", csv);
    else code = VmRaiseLocal(VM_ERR_FILE, "cannot write %s", csv_path);
  }
  PetscCall(VmAgree(comm, code));
  PetscCall(VmH5Datasets(a, VM_PATH_STATISTICS, &names));
  Comparison c = {.comm = comm, .file = {a, b}, .level = level, .csv = csv, .overlay = overlay};
  code = CompareAll(&c, &names);
  PetscCall(VmH5NamesFree(&names));
  if (code) {
    if (csv) fclose(csv);
    PetscFunctionReturn(code);
  }
  PetscCall(VmAgree(comm, CloseCsv(csv_path, csv)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
