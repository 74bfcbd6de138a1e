#include <vitromech/specimen.h>
#include <vitromech/log.h>
#include <vitromech/rng.h>
#include "cell.h"
#include <float.h>
#include <string.h>

struct VmSpecimenParams_s {
  VmList elements;
  double rotation[3], tilt[2], box[3];
  bool random_rotation;
};

#define AT(member) offsetof(VmSpecimenParams, member)

static const VmParam rows[] = {
    {.key = "elements",
     .type = VM_STRINGS,
     .offset = AT(elements),
     .default_text = "[]",
     .doc = "only atoms of these elements are kept, e.g. [Zr]; []: all"},
    {.key = "rotation",
     .type = VM_REAL,
     .offset = AT(rotation),
     .unit = "degree",
     .count = 3,
     .default_text = "[0 degree, 0 degree, 0 degree]",
     .min = -360,
     .max = 360,
     .doc = "turned about the middle: by the first angle about z, then the second about x, then the third about z, all "
            "axes at rest (Euler angles)"},
    {.key = "random_rotation",
     .type = VM_BOOL,
     .offset = AT(random_rotation),
     .default_text = "false",
     .doc = "turned first by a rotation drawn uniformly from all, by the seed of the case"},
    {.key = "tilt",
     .type = VM_REAL,
     .offset = AT(tilt),
     .unit = "degree",
     .count = 2,
     .default_text = "[0 degree, 0 degree]",
     .min = -90,
     .max = 90,
     .doc = "turned at last about x and then about y, as a specimen holder does"},
    {.key = "box",
     .type = VM_REAL,
     .offset = AT(box),
     .unit = "nm",
     .count = 3,
     .default_text = "none",
     .min = 0.01,
     .max = 1e5,
     .doc =
         "box that is cut from the middle, filled by images along the periodic axes; an edge that is a whole number of "
         "periods of a structure that is not turned stays periodic. none: all atoms"},
    {0}};

static PetscErrorCode Check(const void *params, const VmNode *node, VmReport report)
{
  const VmList *elements = &((const VmSpecimenParams *)params)->elements;
  PetscFunctionBegin;
  for (int i = 0; i < elements->count; ++i) {
    const char *symbol = ((char *const *)elements->items)[i];
    if (VmElementNumber(symbol)) continue;
    PetscCall(VmReportAdd(report, VmTreeGet(node, "elements"), "specimen.elements: \"%s\" is no element", symbol));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmTable vm_specimen_table = {.name = "specimen",
                                   .doc = "how the atoms stand in the microscope: selected, turned, cut",
                                   .size = sizeof(VmSpecimenParams),
                                   .rows = rows,
                                   .check = Check};

static void Multiply(const double a[3][3], const double b[3][3], double c[3][3])
{
  double product[3][3] = {{0}};
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      for (int m = 0; m < 3; ++m) product[i][j] += a[i][m] * b[m][j];
    }
  }
  memcpy(c, product, sizeof product);
}

/* Turns what went before by an angle [degree] about an axis. Multiples of a right angle are exact. */
static void TurnAbout(int axis, double degrees, double rotation[3][3])
{
  const int a = (axis + 1) % 3, b = (axis + 2) % 3;
  const double quarter = degrees / 90.0;
  double c = cos(degrees * VM_PI / 180.0), s = sin(degrees * VM_PI / 180.0), turn[3][3] = {{0}};
  if (quarter == round(quarter)) {
    c = round(c);
    s = round(s);
  }
  turn[axis][axis] = 1.0;
  turn[a][a] = turn[b][b] = c;
  turn[a][b] = -s;
  turn[b][a] = s;
  Multiply((const double(*)[3])turn, (const double(*)[3])rotation, rotation);
}

/* True if the structure is turned at all. */
static bool GetRotation(const VmSpecimenParams *p, uint64_t seed, double rotation[3][3])
{
  const double unity[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  memcpy(rotation, unity, sizeof unity);
  if (p->random_rotation) VmRngRotation((VmRngKey){seed, VM_STREAM_TILING}, UINT64_MAX, 0, rotation);
  TurnAbout(2, p->rotation[0], rotation);
  TurnAbout(0, p->rotation[1], rotation);
  TurnAbout(2, p->rotation[2], rotation);
  TurnAbout(0, p->tilt[0], rotation);
  TurnAbout(1, p->tilt[1], rotation);
  return memcmp(rotation, unity, sizeof unity) != 0;
}

static void Select(const VmList *elements, VmAtoms *atoms)
{
  bool wanted[VM_MAX_SPECIES];
  int64_t kept = 0;
  for (int s = 0; s < atoms->nspecies; ++s) {
    wanted[s] = elements->count == 0;
    for (int e = 0; e < elements->count; ++e) {
      wanted[s] = wanted[s] || VmElementNumber(((char *const *)elements->items)[e]) == atoms->number[s];
    }
  }
  for (int64_t i = 0; i < atoms->n; ++i) {
    if (!wanted[atoms->species[i]]) continue;
    atoms->x[kept] = atoms->x[i];
    atoms->y[kept] = atoms->y[i];
    atoms->z[kept] = atoms->z[i];
    atoms->species[kept] = atoms->species[i];
    atoms->id[kept++] = atoms->id[i];
  }
  atoms->n = kept;
}

/* Lowest and highest coordinates of all atoms. */
static PetscErrorCode Extent(MPI_Comm comm, const VmAtoms *atoms, double lo[3], double hi[3])
{
  const double *const r[3] = {atoms->x, atoms->y, atoms->z};
  double ends[6];

  PetscFunctionBegin;
  for (int d = 0; d < 3; ++d) {
    ends[d] = ends[d + 3] = -DBL_MAX;
    for (int64_t i = 0; i < atoms->n; ++i) {
      ends[d] = fmax(ends[d], -r[d][i]);
      ends[d + 3] = fmax(ends[d + 3], r[d][i]);
    }
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, ends, 6, MPI_DOUBLE, MPI_MAX, comm));
  for (int d = 0; d < 3; ++d) {
    lo[d] = -ends[d];
    hi[d] = ends[d + 3];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Middle of the cell along periodic axes, of the atoms along others. */
static PetscErrorCode Middle(MPI_Comm comm, const VmAtoms *atoms, double middle[3])
{
  double lo[3], hi[3];
  PetscFunctionBegin;
  PetscCall(Extent(comm, atoms, lo, hi));
  for (int c = 0; c < 3; ++c) {
    middle[c] = 0.5 * (lo[c] + hi[c]);
    if (!atoms->periodic[c]) continue;
    middle[c] = 0.0;
    for (int d = 0; d < 3; ++d) middle[c] += 0.5 * atoms->cell[d][c];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Images first ... last along each lattice vector that can reach the box about the middle. */
static void ImageRange(const VmAtoms *atoms, const double rotation[3][3], const double box[3], int first[3],
                       int last[3])
{
  double inverse[3][3], reach[3] = {0.0, 0.0, 0.0};
  VmCellInverse((const double(*)[3])atoms->cell, inverse);
  for (int corner = 0; corner < 8; ++corner) {
    double x[3], r[3] = {0.0, 0.0, 0.0}, s[3];
    for (int d = 0; d < 3; ++d) x[d] = (corner >> d & 1 ? 0.5 : -0.5) * box[d];
    for (int c = 0; c < 3; ++c) {
      for (int d = 0; d < 3; ++d) r[c] += rotation[d][c] * x[d];
    }
    VmRowTimes(r, (const double(*)[3])inverse, s);
    for (int d = 0; d < 3; ++d) reach[d] = fmax(reach[d], fabs(s[d]));
  }
  for (int d = 0; d < 3; ++d) {
    last[d] = atoms->periodic[d] ? (int)ceil(reach[d] + 0.5) : 0;
    first[d] = -last[d];
  }
}

/* All images whose turned place lies in the box about the middle; lower faces belong to it, upper ones do not. */
static PetscErrorCode Cut(const VmAtoms *atoms, int64_t ids, const double rotation[3][3], const double middle[3],
                          const double box[3], VmAtoms *out)
{
  int first[3], last[3], n[3];

  PetscFunctionBegin;
  ImageRange(atoms, rotation, box, first, last);
  for (int64_t i = 0; i < atoms->n; ++i) {
    int64_t code = 0;
    for (n[0] = first[0]; n[0] <= last[0]; ++n[0]) {
      for (n[1] = first[1]; n[1] <= last[1]; ++n[1]) {
        for (n[2] = first[2]; n[2] <= last[2]; ++n[2], ++code) {
          double p[3] = {atoms->x[i] - middle[0], atoms->y[i] - middle[1], atoms->z[i] - middle[2]}, r[3];
          bool inside = true;
          VmCellShift((const double(*)[3])atoms->cell, n, p);
          for (int d = 0; d < 3; ++d) {
            r[d] = VmDot3(rotation[d], p) + 0.5 * box[d];
            inside = inside && r[d] >= -1e-9 && r[d] < box[d] - 1e-9;
          }
          if (inside) PetscCall(VmAtomsAppend(out, atoms->species[i], r, code * ids + atoms->id[i]));
        }
      }
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* True if the box holds whole periods along an axis of a structure that is not turned. */
static bool StaysPeriodic(const VmAtoms *atoms, int d, double edge)
{
  const double periods = edge / atoms->cell[d][d];
  for (int c = 0; c < 3; ++c) {
    if (c != d && (atoms->cell[d][c] != 0.0 || atoms->cell[c][d] != 0.0)) return false;
  }
  return atoms->periodic[d] && round(periods) >= 1.0 && fabs(periods - round(periods)) < 1e-6;
}

static PetscErrorCode TurnAndCut(MPI_Comm comm, const VmSpecimenParams *p, const double rotation[3][3], bool turned,
                                 VmAtoms *atoms)
{
  const bool everything = isnan(p->box[0]);
  int64_t ids = 0;
  double middle[3], box[3], lo[3], hi[3];
  VmAtoms out = {.nspecies = atoms->nspecies};

  PetscFunctionBegin;
  memcpy(out.number, atoms->number, sizeof out.number);
  PetscCall(Middle(comm, atoms, middle));
  for (int64_t i = 0; i < atoms->n; ++i) ids = PetscMax(ids, atoms->id[i] + 1);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &ids, 1, MPI_INT64_T, MPI_MAX, comm));
  PetscCall(Extent(comm, atoms, lo, hi));
  for (int d = 0; d < 3; ++d)
    box[d] = everything ? 2.0 * hypot(hypot(hi[0] - lo[0], hi[1] - lo[1]), hi[2] - lo[2]) + 1.0 : p->box[d];
  PetscCall(Cut(atoms, ids, rotation, middle, box, &out));
  if (everything) { /* the box just holds the atoms */
    double *const r[3] = {out.x, out.y, out.z};
    PetscCall(Extent(comm, &out, lo, hi));
    for (int d = 0; d < 3; ++d) {
      box[d] = hi[d] - lo[d] + 1e-6;
      for (int64_t i = 0; i < out.n; ++i) r[d][i] -= lo[d];
    }
  }
  for (int d = 0; d < 3; ++d) {
    out.cell[d][d] = box[d];
    out.periodic[d] = !everything && !turned && StaysPeriodic(atoms, d, box[d]);
  }
  VmAtomsFree(atoms);
  *atoms = out;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSpecimenPrepare(MPI_Comm comm, const VmSpecimenParams *p, uint64_t seed, VmAtoms *atoms)
{
  double rotation[3][3];
  int64_t n;

  PetscFunctionBegin;
  if (!p) PetscFunctionReturn(PETSC_SUCCESS);
  Select(&p->elements, atoms);
  const bool turned = GetRotation(p, seed, rotation),
             periodic = atoms->periodic[0] || atoms->periodic[1] || atoms->periodic[2];
  PetscCall(VmAtomsCount(comm, atoms, &n));
  if (n == 0) VmThrow(comm, VM_ERR_INPUT, "specimen.elements: the structure holds none of them");
  if (turned && periodic && isnan(p->box[0])) {
    VmThrow(comm, VM_ERR_INPUT,
            "specimen.box: a periodic structure that is turned has no cell any more; say what to cut "
            "from it, e.g. [10 nm, 10 nm, 5 nm]");
  }
  if (turned || !isnan(p->box[0])) PetscCall(TurnAndCut(comm, p, (const double(*)[3])rotation, turned, atoms));
  PetscCall(VmAtomsCount(comm, atoms, &n));
  if (n == 0) VmThrow(comm, VM_ERR_INPUT, "specimen.box: there is no atom in it");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmSpecimenLog(MPI_Comm comm, const VmSpecimenParams *p, const VmAtoms *atoms)
{
  int64_t n;

  PetscFunctionBegin;
  if (!p) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmAtomsCount(comm, atoms, &n));
  PetscCall(VmLog(comm, "specimen: %lld atoms in %.4f x %.4f x %.4f nm", (long long)n, atoms->cell[0][0],
                  atoms->cell[1][1], atoms->cell[2][2]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
