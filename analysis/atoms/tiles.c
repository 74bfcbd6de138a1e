#include "tiles.h"
#include "cell.h"
#include <vitromech/rng.h>

#define LARGEST_MISMATCH 0.03

static const char axis_names[] = "xyz";

static bool IsRectangular(const double cell[3][3])
{
  for (int d = 0; d < 3; ++d) {
    for (int c = 0; c < 3; ++c) {
      if (c == d ? !(cell[d][d] > 0) : fabs(cell[d][c]) > 1e-6 * fabs(cell[d][d])) return false;
    }
  }
  return true;
}

static void WrapTile(VmTiles *tiles)
{
  double *const r[3] = {tiles->tile.x, tiles->tile.y, tiles->tile.z};
  for (int d = 0; d < 3; ++d) {
    for (int64_t i = 0; i < tiles->tile.n; ++i) {
      r[d][i] -= tiles->edge[d] * floor(r[d][i] / tiles->edge[d]);
      if (r[d][i] >= tiles->edge[d]) r[d][i] = 0.0;
    }
  }
}

static PetscErrorCode CheckTile(MPI_Comm comm, const char *path, const VmAtoms *tile)
{
  PetscFunctionBegin;
  if (!IsRectangular((const double(*)[3])tile->cell)) {
    VmThrow(comm, VM_ERR_INPUT, "%s: only a rectangular cell along x, y, z can be tiled", path);
  }
  if (!(tile->periodic[0] && tile->periodic[1] && tile->periodic[2])) {
    VmThrow(comm, VM_ERR_INPUT,
            "%s: only a structure periodic in x, y and z can be tiled (in extended XYZ: Lattice and "
            "pbc=\"T T T\")",
            path);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Number of copies, length and mismatch along an axis; VM_ERR_INPUT if copies do not fit. */
static PetscErrorCode FitAxis(MPI_Comm comm, const char *path, int d, double size, double at_least, VmTiles *tiles)
{
  const double edge = tiles->edge[d];
  const double copies = isnan(size) ? ceil(at_least / edge - 1e-9) : round(size / edge);

  PetscFunctionBegin;
  tiles->count[d] = (int64_t)fmax(copies, 1.0);
  tiles->length[d] = (double)tiles->count[d] * edge;
  if (isnan(size)) PetscFunctionReturn(PETSC_SUCCESS);
  if (tiles->tiling == VM_TILING_MOSAIC) {
    const double least = 4.0 * cbrt(fabs(VmCellVolume((const double(*)[3])tiles->tile.cell)) / (double)tiles->tile.n);
    tiles->length[d] = size;
    if (size >= least) PetscFunctionReturn(PETSC_SUCCESS);
    VmThrow(comm, VM_ERR_INPUT,
            "%s: a box of %.4f nm along %c is too narrow for a mosaic of this glass, which needs %.4f nm; take tiling: "
            "copies for a box of whole tiles",
            path, size, axis_names[d], least);
  }
  tiles->mismatch[d] = tiles->length[d] / size - 1.0;
  if (fabs(tiles->mismatch[d]) <= LARGEST_MISMATCH) PetscFunctionReturn(PETSC_SUCCESS);
  VmThrow(comm, VM_ERR_INPUT,
          "%s: %lld tile(s) of %.4f nm make %.4f nm along %c, %+.2f %% off the wanted %.4f nm; atoms are never "
          "rescaled, so choose a size within %g %% of a multiple of %.4f nm, or tiling: mosaic",
          path, (long long)tiles->count[d], edge, tiles->length[d], axis_names[d], 100 * tiles->mismatch[d], size,
          100 * LARGEST_MISMATCH, edge);
}

static bool IsOneTile(const VmTiles *tiles)
{
  bool is_one = true;
  for (int d = 0; d < 3; ++d) is_one = is_one && fabs(tiles->length[d] / tiles->edge[d] - 1.0) < 1e-9;
  return is_one;
}

PetscErrorCode VmTilesCreate(MPI_Comm comm, const char *path, const VmAtomsHints *hints, VmTiling tiling,
                             const double size[3], const double at_least[3], VmTiles *tiles)
{
  PetscFunctionBegin;
  *tiles = (VmTiles){.tiling = tiling};
  PetscCall(VmAtomsReadHinted(comm, path, hints, &tiles->tile));
  PetscErrorCode code = CheckTile(comm, path, &tiles->tile);
  for (int d = 0; d < 3 && !code; ++d) {
    tiles->edge[d] = tiles->tile.cell[d][d];
    code = FitAxis(comm, path, d, size[d], at_least[d], tiles);
  }
  if (code) VmAtomsFree(&tiles->tile);
  else WrapTile(tiles);
  if (!code && IsOneTile(tiles)) tiles->tiling = VM_TILING_COPIES;
  PetscFunctionReturn(code);
}

/* Motion of a copy in fractional coordinates of the tile: axes permuted, mirrored, then shifted. */
typedef struct {
  int axis[3];
  bool mirrored[3];
  double shift[3];
} Motion;

/* Motion number `number`; the first is no motion. */
static Motion CopyMotion(const VmTiles *tiles, int64_t number)
{
  static const int permutations[6][3] = {{0, 1, 2}, {1, 2, 0}, {2, 0, 1}, {0, 2, 1}, {2, 1, 0}, {1, 0, 2}};
  const VmRngKey key = {.seed = tiles->seed, .stream = VM_STREAM_TILING};
  Motion motion = {.axis = {0, 1, 2}};
  uint32_t words[4];
  double u[2];
  if (number == 0) return motion;
  VmRngWords(key, (uint64_t)number, 0, words);
  const int *axis = permutations[words[0] % 6];
  bool fits = true;
  for (int d = 0; d < 3; ++d) fits = fits && fabs(tiles->edge[axis[d]] - tiles->edge[d]) < 1e-6 * tiles->edge[d];
  VmRngUniform2(key, (uint64_t)number, 1, motion.shift);
  VmRngUniform2(key, (uint64_t)number, 2, u);
  motion.shift[2] = u[0];
  for (int d = 0; d < 3; ++d) {
    if (fits) motion.axis[d] = axis[d];
    motion.mirrored[d] = words[1] >> d & 1;
  }
  return motion;
}

/* Place of an atom of the tile in its copy, in [0, edge). */
static void Move(const VmTiles *tiles, const Motion *motion, const double in[3], double out[3])
{
  for (int d = 0; d < 3; ++d) {
    const double f = in[motion->axis[d]] / tiles->edge[motion->axis[d]];
    const double moved = (motion->mirrored[d] ? 1.0 - f : f) + motion->shift[d], wrapped = moved - floor(moved);
    out[d] = wrapped < 1.0 ? wrapped * tiles->edge[d] : 0.0;
  }
}

PetscErrorCode VmTilesFill(const VmTiles *tiles, const VmPart *part, VmAtoms *atoms)
{
  const VmAtoms *tile = &tiles->tile;
  const int64_t *m = tiles->count;

  PetscFunctionBegin;
  for (int64_t c = 0; c < m[0] * m[1] * m[2]; ++c) {
    const int64_t copy[3] = {c / (m[1] * m[2]), c / m[2] % m[1], c % m[2]};
    if ((double)(copy[0] + 1) < part->lo * (double)m[0] || (double)copy[0] > part->hi * (double)m[0]) continue;
    const Motion motion = CopyMotion(tiles, tiles->tiling == VM_TILING_LAYERS ? copy[2] : 0);
    for (int64_t i = 0; i < tile->n; ++i) {
      const double in_tile[3] = {tile->x[i], tile->y[i], tile->z[i]};
      double r[3], s[3];
      Move(tiles, &motion, in_tile, r);
      for (int d = 0; d < 3; ++d) {
        r[d] += (double)copy[d] * tiles->edge[d];
        s[d] = fmin(r[d] / tiles->length[d], 1.0 - 1e-15);
      }
      if (VmPartHolds(part, s)) PetscCall(VmAtomsAppend(atoms, tile->species[i], r, c * tile->n + tile->id[i]));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
