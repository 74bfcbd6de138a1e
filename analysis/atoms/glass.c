/* The order in which a glass is built. */
#include "cell.h"
#include "fill.h"
#include "frame.h"
#include "glass_params.h"
#include "overlap.h"
#include <vitromech/log.h>
#include <stdio.h>
#include <string.h>

#define LARGEST_MISMATCH 0.03
#define SEAM_MARGIN 1.0 /* nm: seams beyond the faces of a foil move atoms inside */
#define BLOCK_EDGE 1.25 /* of a mosaic, in tiles: fewer seams against fewer pairs of equal atoms in a block */

typedef struct {
  MPI_Comm comm;
  const VmGlassParams *params;
  uint64_t seed;
  const char *structure, *result;
  VmPart part;
  VmTiles tiles;
  VmFilling filling;
  VmDeformation deformation;
  VmFrame frame;
  VmComposition composition;
  VmOrderedClusters clusters;
  double min_distance;
  VmAtoms *atoms;
} Build;

static bool Disorders(const VmGlassParams *p) { return p->flow_units.displacement > 0 || p->flow_units.vacancies > 0; }

/* Disorder of flow units needs a run that has some. */
static PetscErrorCode CheckDisorder(MPI_Comm comm, const VmGlassParams *params, bool deformed)
{
  if (deformed || !Disorders(params)) return PETSC_SUCCESS;
  VmThrow(comm, VM_ERR_INPUT,
          "glass.flow_units: there is no mesoscale result that tells where they are; give one with "
          "--result, or set displacement and vacancies to 0");
}

static bool IsFoil(const Build *b) { return !isnan(b->params->thickness); }

static VmAtomsHints HintsOf(const VmGlassParams *params)
{
  VmAtomsHints hints = {.types = params->species.count, .frame = params->frame};
  for (int i = 0; i < hints.types; ++i) hints.number[i] = VmElementNumber(((char *const *)params->species.items)[i]);
  return hints;
}

/* Reads the tile and matches its box to the mesoscale one, in nm (zero: none). */
static PetscErrorCode FitTiles(Build *b, const double mesoscale[3])
{
  const VmGlassParams *p = b->params;
  const double at_least[3] = {0.0, 0.0, IsFoil(b) ? p->thickness : 0.0};
  const VmAtomsHints hints = HintsOf(p);
  double size[3];

  PetscFunctionBegin;
  for (int d = 0; d < 3; ++d) size[d] = isnan(p->size[d]) && mesoscale[d] > 0 ? mesoscale[d] : p->size[d];
  PetscCall(VmTilesCreate(b->comm, b->structure, &hints, (VmTiling)p->tiling, size, at_least, &b->tiles));
  for (int d = 0; d < 3 && mesoscale[d] > 0; ++d) {
    const double mismatch = b->tiles.length[d] / mesoscale[d] - 1.0;
    if (fabs(mismatch) <= LARGEST_MISMATCH) continue;
    VmThrow(b->comm, VM_ERR_INPUT,
            "glass.size: the box of the atoms is %+.2f %% off the mesoscale box, %.4f nm along axis %d; "
            "at most %g %% is allowed",
            100 * mismatch, mesoscale[d], d, 100 * LARGEST_MISMATCH);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckThickness(const Build *b, double height)
{
  const double thickness = b->params->thickness;
  if (!IsFoil(b) || thickness <= height * (1.0 + 1e-9)) return PETSC_SUCCESS;
  VmThrow(b->comm, VM_ERR_INPUT, "glass.thickness: %g nm is more than the height of the box, %.4f nm", thickness,
          height);
}

/* Reads the tile and the deformation. */
static PetscErrorCode ReadInputs(Build *b)
{
  int rank, ranks;
  char formula[256] = "";

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(b->comm, &rank));
  PetscCallMPI(MPI_Comm_size(b->comm, &ranks));
  PetscCall(CheckDisorder(b->comm, b->params, b->result));
  b->part = (VmPart){.lo = (double)rank / ranks, .hi = (double)(rank + 1) / ranks, .half_band = 1.0};
  PetscCall(VmDeformationRead(b->comm, b->result, b->part.lo, b->part.hi, b->params->strain == VM_STRAIN_ELASTIC,
                              Disorders(b->params), &b->deformation));
  PetscCall(FitTiles(b, b->deformation.length));
  b->tiles.seed = b->seed;
  const VmTiles *t = &b->tiles;
  b->composition = VmCompositionOf(&t->tile);
  for (int s = 0; s < b->composition.n; ++s) {
    const size_t used = strlen(formula);
    snprintf(formula + used, sizeof formula - used, " %s %.2f", VmElementSymbol(b->composition.number[s]),
             100 * b->composition.fraction[s]);
  }
  if (t->tiling == VM_TILING_MOSAIC) {
    PetscCall(VmLog(b->comm, "glass: box %.4f x %.4f x %.4f nm from a tile of %.4f x %.4f x %.4f nm,%s at.%%",
                    t->length[0], t->length[1], t->length[2], t->edge[0], t->edge[1], t->edge[2], formula));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(VmLog(b->comm, "glass: %lld x %lld x %lld tiles of %.4f x %.4f x %.4f nm,%s at.%%", (long long)t->count[0],
                  (long long)t->count[1], (long long)t->count[2], t->edge[0], t->edge[1], t->edge[2], formula));
  PetscCall(VmLog(b->comm, "glass: box %.4f x %.4f x %.4f nm, mismatch to the wanted size %+.3f %+.3f %+.3f %%",
                  t->length[0], t->length[1], t->length[2], 100 * t->mismatch[0], 100 * t->mismatch[1],
                  100 * t->mismatch[2]));
  b->atoms->repeat = t->count[0] * t->count[1] > 1 ? t->edge[0] : 0.0;
  if (b->atoms->repeat > 0.0)
    PetscCall(VmLog(b->comm,
                    "glass: repeats every %.4f and %.4f nm across the beam: correlations at these distances are the "
                    "tile's, not the glass's",
                    t->edge[0], t->edge[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The deformed lattice, and which undeformed atoms can end up in the foil. */
static PetscErrorCode SetFrame(Build *b)
{
  const double *eps = b->deformation.strain, thickness = b->params->thickness;
  double range;

  PetscFunctionBegin;
  VmFrameSet(b->tiles.length, eps, IsFoil(b), &b->frame);
  PetscCall(VmDisplacementRange(b->comm, &b->deformation, b->frame.normal, &range));
  if (b->result) {
    PetscCall(VmLog(b->comm, "glass: strain xx %.5f yy %.5f zz %.5f yz %.5f xz %.5f xy %.5f, %s", eps[0], eps[1],
                    eps[2], eps[3], eps[4], eps[5],
                    b->deformation.u ? "with displacement field" : "no displacement field"));
  }
  if (!IsFoil(b)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(CheckThickness(b, b->frame.height));
  const double margin = b->tiles.tiling == VM_TILING_MOSAIC ? SEAM_MARGIN : 0.0;
  const double half_band = (0.5 * thickness + range + margin) / b->frame.height + 1e-9;
  if (half_band < 0.5) b->part.half_band = half_band;
  if (b->frame.tilt > 0.0) {
    PetscCall(VmLog(b->comm, "glass: rotated by %.4f degrees, so that the faces of the foil are normal to z",
                    b->frame.tilt * 180.0 / VM_PI));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Fill(Build *b)
{
  const VmAtoms *tile = &b->tiles.tile;
  const double volume = fabs(VmCellVolume((const double(*)[3])tile->cell));
  const double block = isnan(b->params->block) ? BLOCK_EDGE * cbrt(volume) : b->params->block;

  PetscFunctionBegin;
  PetscCall(VmGlassFill(b->comm, &b->tiles, block, &b->part, b->atoms, &b->filling));
  if (b->filling.blocks > 0) {
    PetscCall(VmLog(b->comm, "glass: mosaic of %lld blocks; %lld atoms near seams moved by at most %.5f nm",
                    (long long)b->filling.blocks, (long long)b->filling.moved, b->filling.largest));
  }
  b->min_distance = b->params->minimum_distance;
  if (isnan(b->min_distance)) {
    PetscCall(VmAtomsMinimumDistance(PETSC_COMM_SELF, tile, 1.25 * cbrt(volume / (double)tile->n), &b->min_distance));
    b->min_distance *= 1.0 - 1e-6; /* the same pair in another tile may differ by rounding */
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode LogClusters(const Build *b, double peak, const int64_t count[3])
{
  const double *length = b->tiles.length, volume = length[0] * length[1] * length[2];
  const VmClusterParams *items = b->params->clusters.items;

  PetscFunctionBegin;
  PetscCall(VmLog(b->comm, "glass: first peak of I(k) at %.4f 1/nm%s", peak, isnan(b->params->peak) ? "" : " (given)"));
  for (int kind = 0; kind < b->clusters.kinds; ++kind) {
    const VmLattice *lattice = &b->clusters.lattice[kind];
    double spheres = 0.0, diameter = 0.0, n = fmax((double)b->clusters.of_kind[kind], 1.0), members = 0.0;
    for (int64_t c = 0; c < b->clusters.n; ++c) {
      const VmCluster *cluster = &b->clusters.cluster[c];
      if (cluster->kind != kind) continue;
      spheres += VM_PI / 6.0 * pow(2.0 * cluster->radius, 3);
      diameter += 2.0 * cluster->radius;
      members += (double)cluster->atoms;
    }
    PetscCall(VmLog(b->comm,
                    "glass: %lld %s clusters of %.4g nm on average, %.1f atoms each, a = %.5f nm, volume fraction %.5f "
                    "(wanted %.5f)",
                    (long long)b->clusters.of_kind[kind], vm_symmetry_names[lattice->symmetry], diameter / n,
                    members / n, lattice->constant, spheres / volume, items[kind].volume_fraction));
  }
  PetscCall(VmLog(b->comm, "glass: %lld cluster atoms in place of %lld host atoms, density %+.4f %%",
                  (long long)count[2], (long long)count[1], 100.0 * (double)(count[2] - count[1]) / (double)count[0]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Host atoms that come closer to a cluster atom than this share of the minimum distance are removed as well; the others
 * are moved away with the remaining overlaps. */
#define REMOVED_WITHIN 0.5

/* Each cluster takes the place of as many host atoms as it brings, so that the density is kept: a ring of missing atoms
 * around each would scatter to small angles. */
static void SetHoles(Build *b)
{
  const double *edge = b->tiles.edge, density = (double)b->tiles.tile.n / (edge[0] * edge[1] * edge[2]);
  for (int64_t c = 0; c < b->clusters.n; ++c) {
    const double atoms = (double)b->clusters.cluster[c].atoms;
    b->clusters.cluster[c].hole = cbrt(3.0 * atoms / (4.0 * VM_PI * density));
  }
}

static PetscErrorCode EmbedClusters(Build *b)
{
  const VmList *list = &b->params->clusters;
  double peak = b->params->peak;
  int64_t count[3] = {b->atoms->n, 0, 0}; /* host, removed, added */

  PetscFunctionBegin;
  if (list->count == 0) PetscFunctionReturn(PETSC_SUCCESS);
  if (isnan(peak)) PetscCall(VmGlassPeak(b->comm, &b->tiles.tile, &peak));
  if (isnan(peak)) VmThrow(b->comm, VM_ERR_INPUT, "%s: I(k) has no first peak; give glass.peak", b->structure);
  PetscCall(VmOrderedClustersPlace(b->comm, list, b->tiles.length, b->seed, peak, &b->composition, &b->clusters));
  SetHoles(b);
  PetscCall(VmOrderedClustersEmbed(&b->clusters, &b->part, &b->composition, REMOVED_WITHIN * b->min_distance,
                                   b->filling.ids, b->atoms, &count[1], &count[2]));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, count, 3, MPI_INT64_T, MPI_SUM, b->comm));
  PetscCall(LogClusters(b, peak, count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Thermalise(const Build *b)
{
  const VmRngKey key = {b->seed, VM_STREAM_THERMAL};
  const double rms = b->params->thermal_displacement;
  for (int64_t i = 0; i < b->atoms->n && rms > 0.0; ++i) {
    double xy[2], z[2];
    VmRngNormal2(key, (uint64_t)b->atoms->id[i], 0, xy);
    VmRngNormal2(key, (uint64_t)b->atoms->id[i], 1, z);
    b->atoms->x[i] += rms * xy[0];
    b->atoms->y[i] += rms * xy[1];
    b->atoms->z[i] += rms * z[0];
  }
}

static PetscErrorCode RemoveOverlaps(Build *b)
{
  VmRelaxation r;

  PetscFunctionBegin;
  PetscCall(VmAtomsSeparate(b->comm, b->atoms, b->min_distance, (int)b->params->relax.steps, &r));
  PetscCall(VmLog(b->comm,
                  "glass: %lld pairs closer than %.5f nm; %d steps moved %lld atoms by at most %.5f nm; "
                  "minimum distance %s%.5f nm",
                  (long long)r.pairs, b->min_distance, r.steps, (long long)r.moved, r.largest_move,
                  r.minimum_distance > 1.09 * b->min_distance ? "above " : "", r.minimum_distance));
  if (r.minimum_distance < b->min_distance) {
    PetscCall(VmWarn(b->comm,
                     "glass: atoms are still closer than the minimum distance, %.5f nm; raise glass.relax.steps",
                     b->min_distance));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Deform(Build *b)
{
  const VmFlowUnitParams *units = &b->params->flow_units;
  const VmDisorder disorder = {units->displacement, units->vacancies, b->seed};
  int64_t before, after;

  PetscFunctionBegin;
  PetscCall(VmAtomsCount(b->comm, b->atoms, &before));
  VmFrameDeform(&b->frame, &b->deformation, &disorder, b->atoms);
  PetscCall(VmAtomsCount(b->comm, b->atoms, &after));
  if (Disorders(b->params)) {
    PetscCall(VmLog(b->comm, "glass: atoms of flow units displaced by %g nm along each axis, %lld of them left out",
                    units->displacement, (long long)(before - after)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RunBuild(Build *b)
{
  int64_t total;

  PetscFunctionBegin;
  PetscCall(ReadInputs(b));
  PetscCall(SetFrame(b));
  PetscCall(Fill(b));
  PetscCall(EmbedClusters(b));
  PetscCall(Deform(b));
  if (IsFoil(b)) VmFrameCut(&b->frame, b->params->thickness, b->atoms);
  Thermalise(b);
  PetscCall(RemoveOverlaps(b));
  VmFrameWrap(b->atoms->periodic, b->atoms);
  PetscCall(VmAtomsCount(b->comm, b->atoms, &total));
  const double box = fabs(VmCellVolume((const double(*)[3])b->atoms->cell));
  const double volume = IsFoil(b) ? box * b->params->thickness / b->frame.height : box;
  PetscCall(VmLog(b->comm, "glass: %lld atoms, %.3f per nm^3", (long long)total, (double)total / volume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmGlassBuild(MPI_Comm comm, const VmGlassParams *params, uint64_t seed, const char *base,
                            const char *result, VmAtoms *atoms)
{
  char **paths;
  Build b = {.comm = comm, .params = params, .seed = seed, .result = params->deform ? result : NULL, .atoms = atoms};

  PetscFunctionBegin;
  PetscCall(VmGlassFiles(params, base, &paths));
  b.structure = paths[0];
  const PetscErrorCode code = RunBuild(&b);
  VmAtomsFree(&b.tiles.tile);
  PetscCall(VmDeformationDestroy(&b.deformation));
  PetscCall(VmOrderedClustersDestroy(&b.clusters));
  VmGlassFilesFree(&paths);
  if (code) VmAtomsFree(atoms);
  PetscFunctionReturn(code);
}

PetscErrorCode VmGlassCheck(MPI_Comm comm, const VmGlassParams *params, const char *base, const double *mesoscale)
{
  static const double none[3] = {0.0, 0.0, 0.0};
  char **paths;
  Build b = {.comm = comm, .params = params};

  PetscFunctionBegin;
  PetscCall(VmGlassFiles(params, base, &paths));
  b.structure = paths[0];
  PetscErrorCode code = CheckDisorder(comm, params, params->deform && mesoscale);
  if (!code) code = FitTiles(&b, params->deform && mesoscale ? mesoscale : none);
  if (!code) code = CheckThickness(&b, b.tiles.length[2]);
  VmAtomsFree(&b.tiles.tile);
  VmGlassFilesFree(&paths);
  PetscFunctionReturn(code);
}

bool VmGlassDeforms(const VmGlassParams *params) { return params->deform; }

PetscErrorCode VmGlassFiles(const VmGlassParams *params, const char *base, char ***paths)
{
  const size_t size = strlen(base) + strlen(params->structure) + 1;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(2, paths));
  PetscCall(PetscMalloc1(size, &(*paths)[0]));
  snprintf((*paths)[0], size, "%s%s", params->structure[0] == '/' ? "" : base, params->structure);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void VmGlassFilesFree(char ***paths)
{
  for (char **p = *paths; p && *p; ++p) (void)PetscFree(*p);
  (void)PetscFree(*paths);
}
