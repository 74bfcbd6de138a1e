#include "mosaic.h"
#include "cell.h"
#include <stdlib.h>

enum { ROTATION_DRAW, CENTRE_DRAWS, SHIFT_DRAWS = CENTRE_DRAWS + 2 };

static void Draw3(VmRngKey key, int64_t block, uint32_t draw, double u[3])
{
  double pair[2];
  VmRngUniform2(key, (uint64_t)block, draw, u);
  VmRngUniform2(key, (uint64_t)block, draw + 1, pair);
  u[2] = pair[0];
}

static VmBlock DrawBlock(const VmMosaic *mosaic, int64_t number)
{
  const int64_t *m = mosaic->count, place[3] = {number / (m[1] * m[2]), number / m[2] % m[1], number % m[2]};
  const VmRngKey key = {.seed = mosaic->tiles->seed, .stream = VM_STREAM_TILING};
  double u[3], v[3], mirror[2];
  VmBlock block;
  Draw3(key, number, CENTRE_DRAWS, u);
  Draw3(key, number, SHIFT_DRAWS, v);
  VmRngRotation(key, (uint64_t)number, ROTATION_DRAW, block.rotation);
  VmRngUniform2(key, (uint64_t)number, SHIFT_DRAWS + 2, mirror);
  for (int d = 0; d < 3; ++d) {
    block.centre[d] = ((double)place[d] + u[d]) * mosaic->tiles->length[d] / (double)m[d];
    block.shift[d] = v[d] * mosaic->tiles->edge[d];
    for (int c = 0; c < 3 && mirror[0] < 0.5; ++c) block.rotation[d][c] *= -1.0;
  }
  return block;
}

PetscErrorCode VmMosaicCreate(const VmTiles *tiles, double block, VmMosaic *mosaic)
{
  double squared = 0.0;
  int64_t blocks = 1, images = 1;

  PetscFunctionBegin;
  *mosaic = (VmMosaic){.tiles = tiles};
  for (int d = 0; d < 3; ++d) {
    mosaic->count[d] = (int64_t)fmax(round(tiles->length[d] / block), 1.0);
    squared += pow(tiles->length[d] / (double)mosaic->count[d], 2.0);
    blocks *= mosaic->count[d];
  }
  mosaic->reach = sqrt(squared); /* the seed of the grid cell that holds a point is not farther */
  for (int d = 0; d < 3; ++d) {
    mosaic->range[d] = (int64_t)ceil(mosaic->reach / tiles->edge[d]);
    images *= 2 * mosaic->range[d] + 1;
  }
  mosaic->ids = blocks * images * tiles->tile.n;
  PetscCall(PetscMalloc1((size_t)blocks, &mosaic->block));
  for (int64_t b = 0; b < blocks; ++b) mosaic->block[b] = DrawBlock(mosaic, b);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmMosaicDestroy(VmMosaic *mosaic)
{
  PetscFunctionBegin;
  PetscCall(PetscFree(mosaic->block));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A seed, relative to that of the block at hand, whose plane may bound the block. */
typedef struct {
  double r[3], length;
} Rival;

static int Nearer(const void *a, const void *b)
{
  const double x = ((const Rival *)a)->length, y = ((const Rival *)b)->length;
  return (x > y) - (x < y);
}

static PetscErrorCode FindRivals(const VmMosaic *mosaic, int64_t number, int64_t *count, Rival **rivals)
{
  const int64_t *m = mosaic->count, place[3] = {number / (m[1] * m[2]), number / m[2] % m[1], number % m[2]};
  int64_t range[3], o[3], size = 1;

  PetscFunctionBegin;
  for (int d = 0; d < 3; ++d) {
    range[d] = (int64_t)ceil(2.0 * mosaic->reach * (double)m[d] / mosaic->tiles->length[d]) + 1;
    size *= 2 * range[d] + 1;
  }
  PetscCall(PetscMalloc1((size_t)size, rivals));
  *count = 0;
  for (o[0] = -range[0]; o[0] <= range[0]; ++o[0]) {
    for (o[1] = -range[1]; o[1] <= range[1]; ++o[1]) {
      for (o[2] = -range[2]; o[2] <= range[2]; ++o[2]) {
        int64_t other = 0;
        double image[3];
        for (int d = 0; d < 3; ++d) {
          const int64_t at = place[d] + o[d], box = (int64_t)floor((double)at / (double)m[d]);
          other = other * m[d] + at - box * m[d];
          image[d] = (double)box * mosaic->tiles->length[d];
        }
        if (o[0] == 0 && o[1] == 0 && o[2] == 0) continue;
        const VmBlock *rival = &mosaic->block[other];
        Rival *r = &(*rivals)[*count];
        for (int d = 0; d < 3; ++d) r->r[d] = rival->centre[d] + image[d] - mosaic->block[number].centre[d];
        r->length = sqrt(VmDot3(r->r, r->r));
        *count += r->length < 2.0 * mosaic->reach;
      }
    }
  }
  qsort(*rivals, (size_t)*count, sizeof **rivals, Nearer);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Distance of x, relative to the seed, from the nearest face of its block, at most `within`; negative outside, not
 * exact beyond the slack. */
static double Depth(int64_t count, const Rival *rivals, double within, const double x[3])
{
  const double length = sqrt(VmDot3(x, x));
  double depth = within;
  for (int64_t i = 0; i < count && 0.5 * rivals[i].length - length < depth; ++i) {
    depth = fmin(depth, 0.5 * rivals[i].length - VmDot3(x, rivals[i].r) / rivals[i].length);
    if (depth < -VM_MOSAIC_SLACK) return depth;
  }
  return depth;
}

typedef struct {
  const VmMosaic *mosaic;
  const VmPart *part;
  double within;
  VmAtoms *atoms;
  double *depth;
  int64_t count, capacity;
} Filling;

static PetscErrorCode Keep(Filling *f, int species, const double r[3], int64_t id, double depth)
{
  PetscFunctionBegin;
  if (f->count == f->capacity) {
    f->capacity += f->capacity / 2 + 4096;
    PetscCall(PetscRealloc((size_t)f->capacity * sizeof *f->depth, &f->depth));
  }
  f->depth[f->count++] = depth;
  PetscCall(VmAtomsAppend(f->atoms, species, r, id));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Wrapped(double x, double length)
{
  x -= length * floor(x / length);
  return x < length ? x : 0.0;
}

/* Whether a sphere lies outside of an interval [lo, hi] of the periodic box. */
static bool Apart(double at, double radius, double lo, double hi, double length)
{
  const double distance = at - 0.5 * (lo + hi);
  return fabs(distance - length * nearbyint(distance / length)) > 0.5 * (hi - lo) + radius + 1e-6;
}

/* False if a sphere about x, relative to the seed, surely holds nothing of the block or of this rank's part. */
static bool MayHold(const Filling *f, const VmBlock *block, int64_t count, const Rival *rivals, const double x[3],
                    double radius)
{
  const double *length = f->mosaic->tiles->length, distance = sqrt(VmDot3(x, x)), band = f->part->half_band;
  if (distance - radius > f->mosaic->reach) return false;
  for (int64_t i = 0; i < count && 0.5 * rivals[i].length - distance < -radius; ++i) {
    if (0.5 * rivals[i].length - VmDot3(x, rivals[i].r) / rivals[i].length < -radius - 2.0 * VM_MOSAIC_SLACK)
      return false;
  }
  return !Apart(block->centre[0] + x[0], radius, f->part->lo * length[0], f->part->hi * length[0], length[0]) &&
         !Apart(block->centre[2] + x[2], radius, (0.5 - band) * length[2], (0.5 + band) * length[2], length[2]);
}

/* False if a fraction t of the box along x, in whatever image of it, surely lies outside of this rank's part. */
static bool MayLieIn(const VmPart *part, double t)
{
  const double slack = 1e-9, rest = t - (double)(int64_t)t, s = rest < 0.0 ? rest + 1.0 : rest;
  return (s >= part->lo - slack && s < part->hi + slack) || (part->lo == 0.0 && s > 1.0 - slack) ||
         (part->hi == 1.0 && s < slack);
}

static PetscErrorCode FillBlock(Filling *f, int64_t number)
{
  const VmMosaic *mosaic = f->mosaic;
  const VmTiles *tiles = mosaic->tiles;
  const VmAtoms *tile = &tiles->tile;
  const int64_t *range = mosaic->range;
  const VmBlock *block = &mosaic->block[number];
  const double middle_of_tile[3] = {0.5 * tiles->edge[0], 0.5 * tiles->edge[1], 0.5 * tiles->edge[2]};
  const double radius = sqrt(VmDot3(middle_of_tile, middle_of_tile)), per_length = 1.0 / tiles->length[0];
  int64_t rivals_count, n[3], code = 0;
  Rival *rivals;

  PetscFunctionBegin;
  PetscCall(FindRivals(mosaic, number, &rivals_count, &rivals));
  for (n[0] = -range[0]; n[0] <= range[0]; ++n[0]) {
    for (n[1] = -range[1]; n[1] <= range[1]; ++n[1]) {
      for (n[2] = -range[2]; n[2] <= range[2]; ++n[2], ++code) {
        double offset[3], middle[3];
        for (int d = 0; d < 3; ++d) {
          offset[d] = (double)n[d] * tiles->edge[d] - block->shift[d];
          middle[d] = offset[d] + middle_of_tile[d];
        }
        const double centre[3] = {VmDot3(block->rotation[0], middle), VmDot3(block->rotation[1], middle),
                                  VmDot3(block->rotation[2], middle)};
        if (!MayHold(f, block, rivals_count, rivals, centre, radius)) continue;
        for (int64_t i = 0; i < tile->n; ++i) {
          const double p[3] = {tile->x[i] + offset[0], tile->y[i] + offset[1], tile->z[i] + offset[2]};
          if (VmDot3(p, p) > mosaic->reach * mosaic->reach) continue;
          const double along = VmDot3(block->rotation[0], p);
          if (!MayLieIn(f->part, (block->centre[0] + along) * per_length)) continue;
          const double x[3] = {along, VmDot3(block->rotation[1], p), VmDot3(block->rotation[2], p)};
          const double depth = Depth(rivals_count, rivals, f->within, x);
          if (depth < -VM_MOSAIC_SLACK) continue;
          double r[3], s[3];
          for (int d = 0; d < 3; ++d) {
            r[d] = Wrapped(block->centre[d] + x[d], tiles->length[d]);
            s[d] = fmin(r[d] / tiles->length[d], 1.0 - 1e-15);
          }
          if (!VmPartHolds(f->part, s)) continue;
          const int64_t images = (2 * range[0] + 1) * (2 * range[1] + 1) * (2 * range[2] + 1);
          PetscCall(Keep(f, tile->species[i], r, (number * images + code) * tile->n + tile->id[i], depth));
        }
      }
    }
  }
  PetscCall(PetscFree(rivals));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* True if the sphere of the block can reach this part of the periodic box. */
static bool Reaches(const VmMosaic *mosaic, const VmPart *part, int64_t number)
{
  const double length = mosaic->tiles->length[0], s = mosaic->block[number].centre[0] / length,
               reach = mosaic->reach / length;
  for (int n = -1; n <= 1; ++n) {
    if (s + n + reach >= part->lo && s + n - reach < part->hi) return true;
  }
  return 2.0 * reach >= 1.0;
}

static int Deeper(const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;
  return (x < y) - (x > y);
}

/* The depth above which as many atoms lie in all as the density of the tile asks for; near[n] are this rank's depths
 * within the slack, sure the number of this rank's atoms above it. */
static PetscErrorCode FindThreshold(MPI_Comm comm, const Filling *f, int64_t sure, int64_t n, const double *near,
                                    double *threshold)
{
  const double *edge = f->mosaic->tiles->edge, *length = f->mosaic->tiles->length;
  double share = fmin(2.0 * f->part->half_band, 1.0), *all;
  int size, *counts, *starts;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sure, 1, MPI_INT64_T, MPI_SUM, comm));
  for (int d = 0; d < 3; ++d) share *= length[d] / edge[d];
  const int64_t missing = llround(share * (double)f->mosaic->tiles->tile.n) - sure;
  PetscCall(PetscMalloc2((size_t)size, &counts, (size_t)size + 1, &starts));
  const int own = (int)n;
  PetscCallMPI(MPI_Allgather(&own, 1, MPI_INT, counts, 1, MPI_INT, comm));
  starts[0] = 0;
  for (int r = 0; r < size; ++r) starts[r + 1] = starts[r] + counts[r];
  PetscCall(PetscMalloc1((size_t)starts[size], &all));
  PetscCallMPI(MPI_Allgatherv(near, own, MPI_DOUBLE, all, counts, starts, MPI_DOUBLE, comm));
  qsort(all, (size_t)starts[size], sizeof *all, Deeper);
  *threshold = missing <= 0 ? VM_MOSAIC_SLACK : missing > starts[size] ? -VM_MOSAIC_SLACK : all[missing - 1];
  PetscCall(PetscFree(all));
  PetscCall(PetscFree2(counts, starts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Moves the faces so that the number of atoms is right. */
static PetscErrorCode Trim(MPI_Comm comm, Filling *f)
{
  VmAtoms *atoms = f->atoms;
  int64_t n = 0, kept = 0;
  double *near, threshold;

  PetscFunctionBegin;
  for (int64_t i = 0; i < atoms->n; ++i) n += f->depth[i] < VM_MOSAIC_SLACK;
  PetscCall(PetscMalloc1((size_t)n, &near));
  n = 0;
  for (int64_t i = 0; i < atoms->n; ++i) {
    if (f->depth[i] < VM_MOSAIC_SLACK) near[n++] = f->depth[i];
  }
  PetscCall(FindThreshold(comm, f, atoms->n - n, n, near, &threshold));
  PetscCall(PetscFree(near));
  for (int64_t i = 0; i < atoms->n; ++i) {
    if (f->depth[i] < threshold) continue;
    atoms->x[kept] = atoms->x[i];
    atoms->y[kept] = atoms->y[i];
    atoms->z[kept] = atoms->z[i];
    atoms->species[kept] = atoms->species[i];
    atoms->id[kept] = atoms->id[i];
    f->depth[kept++] = fmax(f->depth[i], 0.0);
  }
  atoms->n = kept;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmMosaicFill(MPI_Comm comm, const VmMosaic *mosaic, const VmPart *part, double within, VmAtoms *atoms,
                            double **depth)
{
  const int64_t blocks = mosaic->count[0] * mosaic->count[1] * mosaic->count[2];
  Filling f = {.mosaic = mosaic, .part = part, .within = within, .atoms = atoms};

  PetscFunctionBegin;
  for (int64_t b = 0; b < blocks; ++b) {
    if (Reaches(mosaic, part, b)) PetscCall(FillBlock(&f, b));
  }
  PetscCall(Trim(comm, &f));
  *depth = f.depth;
  PetscFunctionReturn(PETSC_SUCCESS);
}

VmHome VmMosaicHome(const VmMosaic *mosaic, int64_t id, const double r[3])
{
  const VmTiles *tiles = mosaic->tiles;
  const int64_t *range = mosaic->range, i = id % tiles->tile.n;
  int64_t code = id / tiles->tile.n, n[3];
  for (int d = 2; d >= 0; --d) {
    n[d] = code % (2 * range[d] + 1) - range[d];
    code /= 2 * range[d] + 1;
  }
  const VmBlock *block = &mosaic->block[code];
  const double p[3] = {tiles->tile.x[i] + (double)n[0] * tiles->edge[0] - block->shift[0],
                       tiles->tile.y[i] + (double)n[1] * tiles->edge[1] - block->shift[1],
                       tiles->tile.z[i] + (double)n[2] * tiles->edge[2] - block->shift[2]};
  VmHome home = {.block = (int32_t)code};
  for (int d = 0; d < 3; ++d) {
    const double start = block->centre[d] + VmDot3(block->rotation[d], p);
    home.image[d] = (int32_t)lround((r[d] - start) / tiles->length[d]);
  }
  return home;
}
