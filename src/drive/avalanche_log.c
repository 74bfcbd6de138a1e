#include "avalanche_log.h"
#include <vitromech/log.h>
#include <vitromech/schema.h>
#include <math.h>

#define GROUP VM_PATH_STATISTICS "/avalanches"

enum { ROOM = 1024 };

struct VmAvalancheLog_s {
  int64_t voxels;
  VmAvalanche now;
  int64_t ended, pending; /* avalanches that are over, and those of them not yet in the file */
  double time[ROOM], plastic_strain[ROOM], stress_drop[ROOM];
  int64_t size[ROOM], duration[ROOM];
};

static const struct {
  const char *path;
  VmType type;
  VmMeta meta;
} columns[] = {
    {GROUP "/time", VM_F64, {"s", "time of the avalanche", "avalanche"}},
    {GROUP "/size", VM_I64, {"1", "events", "avalanche"}},
    {GROUP "/duration", VM_I64, {"1", "generations: longest chain of an event and what it set off", "avalanche"}},
    {GROUP "/plastic_strain", VM_F64, {"1", "equivalent of the mean eigenstrain of its events", "avalanche"}},
    {GROUP "/stress_drop", VM_F64, {"GPa", "fall of the equivalent mean stress", "avalanche"}}};
enum { COLUMNS = sizeof columns / sizeof columns[0] };

PetscErrorCode VmAvalancheLogCreate(int64_t voxels, VmAvalancheLog *log)
{
  PetscFunctionBegin;
  PetscCall(PetscNew(log));
  (*log)->voxels = voxels;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAvalancheLogDestroy(VmAvalancheLog *log)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(*log));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAvalancheLogOpen(VmAvalancheLog log, VmH5 file, bool resume)
{
  PetscFunctionBegin;
  for (int c = 0; c < COLUMNS; ++c) {
    if (resume) PetscCall(VmH5RowsTruncate(file, columns[c].path, log->ended));
    else PetscCall(VmH5RowsCreate(file, columns[c].path, columns[c].type, 0, columns[c].meta));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAvalancheLogFlush(VmAvalancheLog log, VmH5 file)
{
  const void *data[COLUMNS] = {log->time, log->size, log->duration, log->plastic_strain, log->stress_drop};
  PetscFunctionBegin;
  if (log->pending)
    for (int c = 0; c < COLUMNS; ++c)
      PetscCall(VmH5RowsAppend(file, columns[c].path, columns[c].type, log->pending, data[c]));
  log->pending = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Put(VmAvalancheLog log, VmH5 file, const VmAvalanche *avalanche)
{
  const int64_t i = log->pending++;
  PetscFunctionBegin;
  log->time[i] = avalanche->time, log->size[i] = avalanche->size, log->duration[i] = avalanche->generations;
  log->plastic_strain[i] = avalanche->plastic_strain, log->stress_drop[i] = avalanche->stress_drop;
  ++log->ended;
  if (log->pending == ROOM) PetscCall(VmAvalancheLogFlush(log, file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAvalancheLogAdd(VmAvalancheLog log, VmH5 file, const VmEvent *event)
{
  VmAvalanche before;
  bool ended;
  PetscFunctionBegin;
  VmAvalancheAdd(&log->now, event, log->voxels, &before, &ended);
  if (ended && before.size) PetscCall(Put(log, file, &before));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is made of sizes and of durations. */
typedef struct {
  const char *values, *at, *density; /* datasets */
  const char *prefix;                /* of those of the law */
  const char *plural, *symbol;
} Quantity;
static const Quantity quantities[] = {
    {"/size", "/density_size", "/density", "", "sizes", "s"},
    {"/duration", "/density_duration", "/duration_density", "duration_", "durations", "T"}};

static PetscErrorCode Write(VmH5 file, const char *prefix, const char *name, int64_t n, const double *values,
                            const char *text)
{
  char path[128];
  PetscFunctionBegin;
  snprintf(path, sizeof path, GROUP "%s%s", prefix, name);
  PetscCall(VmH5Write(file, path, VM_F64, n > 0, &n, values, (VmMeta){"1", text, n > 0 ? "bin" : NULL}));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Probability per size in bins of four to a factor of two, those without avalanches left out. */
static PetscErrorCode WriteDensity(VmAvalancheLog log, const Quantity *quantity, const int64_t *size, VmH5 file)
{
  enum { MOST = 256 };
  double at[MOST], density[MOST], low = 1.0;
  int64_t count = 0;
  char text[2][64];
  PetscFunctionBegin;
  for (int bin = 1; bin < MOST; ++bin) {
    const double high = fmax(low + 1.0, floor(exp2(0.25 * bin)));
    int64_t members = 0;
    for (int64_t i = 0; i < log->ended; ++i) members += (double)size[i] >= low && (double)size[i] < high;
    if (members && count < MOST)
      at[count] = sqrt(low * (high - 1.0)), density[count++] = (double)members / (double)log->ended / (high - low);
    low = high;
  }
  snprintf(text[0], sizeof text[0], "geometric middle of a bin of %s", quantity->plural);
  snprintf(text[1], sizeof text[1], "probability of %s, p(%s)", quantity->plural, quantity->symbol);
  PetscCall(Write(file, quantity->at, "", count, at, text[0]));
  PetscCall(Write(file, quantity->density, "", count, density, text[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteLaw(const Quantity *quantity, const VmSizeLaw *law, MPI_Comm comm, VmH5 file)
{
  char prefix[32], text[96];
  PetscFunctionBegin;
  snprintf(prefix, sizeof prefix, "/%s", quantity->prefix);
  snprintf(text, sizeof text, "exponent of p(%s) ~ %s^-exponent exp(-%s inverse_cutoff), all %s", quantity->symbol,
           quantity->symbol, quantity->symbol, quantity->plural);
  PetscCall(Write(file, prefix, "exponent", 0, &law->exponent, text));
  PetscCall(Write(file, prefix, "exponent_error", 0, &law->exponent_error, "standard error of the exponent"));
  snprintf(text, sizeof text, "inverse of the cutoff of %s; 0: no cutoff in the data", quantity->plural);
  PetscCall(Write(file, prefix, "inverse_cutoff", 0, &law->inverse_cutoff, text));
  PetscCall(Write(file, prefix, "inverse_cutoff_error", 0, &law->inverse_cutoff_error,
                  "standard error of the inverse cutoff"));
  PetscCall(VmLog(comm, "%-14s p(%s) ~ %s^-%.3f(%.0f) exp(-%s/%.3g)", quantity->plural, quantity->symbol,
                  quantity->symbol, law->exponent, 1e3 * law->exponent_error, quantity->symbol,
                  1.0 / law->inverse_cutoff));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmAvalancheLogFinish(VmAvalancheLog log, MPI_Comm comm, VmH5 file)
{
  int64_t *values;
  char path[64];
  PetscFunctionBegin;
  if (log->now.size) PetscCall(Put(log, file, &log->now));
  log->now.size = 0;
  PetscCall(VmAvalancheLogFlush(log, file));
  if (log->ended == 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VmLog(comm, "avalanches     %lld", (long long)log->ended));
  PetscCall(PetscMalloc1((size_t)log->ended, &values));
  for (size_t q = 0; q < sizeof quantities / sizeof quantities[0]; ++q) {
    snprintf(path, sizeof path, GROUP "%s", quantities[q].values);
    PetscCall(VmH5ReadRows(file, path, VM_I64, 0, log->ended, values));
    PetscCall(WriteDensity(log, &quantities[q], values, file));
    const VmSizeLaw law = VmSizeLawFit(log->ended, values, 1);
    if (law.found) PetscCall(WriteLaw(&quantities[q], &law, comm, file));
  }
  PetscCall(PetscFree(values));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmAvalancheLogScalars(VmAvalancheLog log, VmScalars *s)
{
  VmScalar(s, &log->now.time), VmScalarInteger(s, &log->now.size), VmScalarInteger(s, &log->now.generations);
  VmScalar(s, &log->now.plastic_strain), VmScalar(s, &log->now.stress_drop), VmScalarSix(s, log->now.strain);
  VmScalarInteger(s, &log->ended);
}
