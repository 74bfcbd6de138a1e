/* The `glass` block: its parameters and their meaning. */
#include "glass_params.h"
#include "clusters.h"
#include "tiles.h"

#define CLUSTER(member) offsetof(VmClusterParams, member)

static const VmParam cluster_rows[] = {
    {.key = "symmetry",
     .type = VM_ENUM,
     .offset = CLUSTER(symmetry),
     .choices = vm_symmetry_names,
     .doc = "lattice of the cluster; b2 orders the host's species on two sublattices, the majority first; icosahedral "
            "is a "
            "Mackay icosahedron cut to the sphere"},
    {.key = "diameter",
     .type = VM_REAL,
     .offset = CLUSTER(diameter),
     .unit = "nm",
     .default_text = "1.3 nm",
     .min = 0.5,
     .max = 20,
     .doc = "diameter of the sphere cut from the lattice; with a spread, its median",
     .source = "medium-range order of Zr55Co25Al20, 1.3 +- 0.08 nm: Im et al. 2018"},
    {.key = "spread",
     .type = VM_REAL,
     .offset = CLUSTER(spread),
     .unit = "1",
     .default_text = "0",
     .min = 0,
     .max = 0.5,
     .doc =
         "standard deviation of the logarithm of the diameters, which are log-normal about `diameter` and cut at three "
         "deviations; 0: all alike"},
    {.key = "volume_fraction",
     .type = VM_REAL,
     .offset = CLUSTER(volume_fraction),
     .unit = "1",
     .min = 0,
     .max = 0.5,
     .doc = "volume of the spheres over that of the whole box; the number of spheres is rounded, and what came out is "
            "told"},
    {.key = "gap",
     .type = VM_REAL,
     .offset = CLUSTER(gap),
     .unit = "nm",
     .default_text = "0 nm",
     .min = 0,
     .max = 100,
     .doc = "least distance between the surfaces of two spheres"},
    {0}};

const VmTable vm_cluster_table = {
    .name = "clusters",
    .doc = "ordered clusters at random places in random orientation, of the host's composition, with the first strong "
           "reflection at the host's first peak of I(k)",
    .size = sizeof(VmClusterParams),
    .rows = cluster_rows};

static const VmParam relax_rows[] = {
    {.key = "steps",
     .type = VM_INT,
     .offset = offsetof(VmRelaxParams, steps),
     .default_text = "200",
     .min = 0,
     .max = 100000,
     .doc = "at most so many steps of soft spheres, in which only pairs closer than minimum_distance move; 0: none"},
    {0}};

static const VmTable relax_table = {.name = "relax",
                                    .doc = "removal of overlaps after the deformation",
                                    .size = sizeof(VmRelaxParams),
                                    .rows = relax_rows};

static const VmParam flow_unit_rows[] = {
    {.key = "displacement",
     .type = VM_REAL,
     .offset = offsetof(VmFlowUnitParams, displacement),
     .unit = "nm",
     .default_text = "0 nm",
     .min = 0,
     .max = 0.1,
     .doc =
         "root mean square, along each axis, of random displacements of the atoms in flow units, independent in each "
         "atom: a Debye-Waller factor of their order, exp(-4 pi^2 k^2 u^2) in intensity. Flow units hold looser bonds; "
         "how much looser is to be found by comparison with measured patterns"},
    {.key = "vacancies",
     .type = VM_REAL,
     .offset = offsetof(VmFlowUnitParams, vacancies),
     .unit = "1",
     .default_text = "0",
     .min = 0,
     .max = 0.2,
     .doc = "share of the atoms in flow units that are left out at random: their density is lower by that",
     .source = "excess free volume of flow units: W. H. Wang, Prog. Mater. Sci. 106 (2019) 100561"},
    {0}};

static const VmTable flow_unit_table = {.name = "flow_units",
                                        .doc = "disorder of the atoms in the flow units of the mesoscale run",
                                        .size = sizeof(VmFlowUnitParams),
                                        .rows = flow_unit_rows};

static const char *const strains[] = {"total", "elastic", NULL}; /* as VM_STRAIN_... */

#define GLASS(member) offsetof(VmGlassParams, member)

static const char *const tiling_names[] = {
    [VM_TILING_COPIES] = "copies", [VM_TILING_LAYERS] = "layers", [VM_TILING_MOSAIC] = "mosaic", NULL};

static const VmParam glass_rows[] = {
    {.key = "structure",
     .type = VM_STRING,
     .offset = GLASS(structure),
     .doc = "file of a periodic glass in a rectangular cell, relative to the case: extended XYZ, LAMMPS data or LAMMPS "
            "text dump, plain or gzipped, Angstrom"},
    {.key = "species",
     .type = VM_STRINGS,
     .offset = GLASS(species),
     .default_text = "[]",
     .doc = "elements of the atom types 1, 2, ... of a LAMMPS file, e.g. [Cu, Zr]; needed where the file has neither "
            "element names nor masses"},
    {.key = "frame",
     .type = VM_INT,
     .offset = GLASS(frame),
     .default_text = "0",
     .min = 0,
     .max = 1e9,
     .doc = "frame of a file of several, from 1; 0: the last"},
    {.key = "size",
     .type = VM_REAL,
     .offset = GLASS(size),
     .unit = "nm",
     .default_text = "none",
     .min = 0.1,
     .max = 1e5,
     .count = 3,
     .doc =
         "box. Copies and layers fill it with round(size/tile) tiles along each axis; atoms are never rescaled, and "
         "a box more than 3 % off is an error. none: the box of the mesoscale run; without one, one tile, and in z as "
         "many as the thickness needs"},
    {.key = "thickness",
     .type = VM_REAL,
     .offset = GLASS(thickness),
     .unit = "nm",
     .default_text = "none",
     .min = 0.1,
     .max = 1e5,
     .doc = "foil cut around the middle of the box, normal to z, after the deformation; periodic in x and y only. "
            "none: the "
            "whole box",
     .source = "about 20 nm in Im et al. 2018"},
    {.key = "tiling",
     .type = VM_ENUM,
     .offset = GLASS(tiling),
     .choices = tiling_names,
     .default_text = "mosaic",
     .doc =
         "mosaic: pieces of the tile, each turned, mirrored and shifted at random, meet at random faces, so that "
         "nothing repeats; atoms near the faces are moved to distances as in the glass. layers: copies of the tile, "
         "of which each layer along the beam is shifted, turned and mirrored at random, since equal copies above each "
         "other scatter coherently; the pattern still repeats across the beam. copies: equal copies"},
    {.key = "block",
     .type = VM_REAL,
     .offset = GLASS(block),
     .unit = "nm",
     .default_text = "none",
     .min = 1,
     .max = 1e5,
     .doc = "edge of a cube as large as a mean piece of a mosaic. none: 1.25 times that of the tile"},
    {.key = "clusters",
     .type = VM_LIST,
     .offset = GLASS(clusters),
     .default_text = "none",
     .subtable = &vm_cluster_table,
     .doc = "ordered clusters to embed, each in place of as many host atoms; what still overlaps is moved by relax"},
    {.key = "peak",
     .type = VM_REAL,
     .offset = GLASS(peak),
     .unit = "1/nm",
     .default_text = "none",
     .min = 1,
     .max = 20,
     .doc = "k = 1/d of the first strong reflection of the clusters. none: the first peak of the host's I(k), from its "
            "pair "
            "distances"},
    {.key = "minimum_distance",
     .type = VM_REAL,
     .offset = GLASS(minimum_distance),
     .unit = "nm",
     .default_text = "none",
     .min = 0.01,
     .max = 0.5,
     .doc =
         "no two atoms come closer, neither host and cluster nor after the deformation. none: the smallest distance in "
         "the structure"},
    {.key = "deform",
     .type = VM_BOOL,
     .offset = GLASS(deform),
     .default_text = "true",
     .doc = "deform by the last step of the mesoscale run: r = (I + mean strain) r0 + displacement, trilinear between "
            "voxel "
            "centres, matched by fractional coordinates"},
    {.key = "strain",
     .type = VM_ENUM,
     .offset = GLASS(strain),
     .default_text = "total",
     .choices = strains,
     .doc =
         "total: atoms follow all of the strain and displacement, as ink in a flowing body does. elastic: they follow "
         "the mean strain less that of the events: atoms rearrange in a shear transformation, which leaves their "
         "neighbourhoods as they were, and diffraction sees the elastic strain only. Of the elastic strain about its "
         "mean no displacement is a part, since stress in equilibrium does no work on one"},
    {.key = "thermal_displacement",
     .type = VM_REAL,
     .offset = GLASS(thermal_displacement),
     .unit = "nm",
     .default_text = "0 nm",
     .min = 0,
     .max = 0.05,
     .doc =
         "root mean square, along each axis, of random displacements independent in each atom, so that tiles are not "
         "exact copies; a structure quenched by molecular dynamics already holds its own"},
    {.key = "flow_units",
     .type = VM_BLOCK,
     .offset = GLASS(flow_units),
     .subtable = &flow_unit_table,
     .doc = "disorder of the atoms in the flow units of the mesoscale run, which must write the field flow_unit"},
    {.key = "relax",
     .type = VM_BLOCK,
     .offset = GLASS(relax),
     .subtable = &relax_table,
     .doc = "removal of overlaps after the deformation"},
    {0}};

static PetscErrorCode CheckGlass(const void *params, const VmNode *node, VmReport report)
{
  const VmList *species = &((const VmGlassParams *)params)->species;
  const VmNode *at = VmTreeGet(node, "species");

  PetscFunctionBegin;
  if (species->count > VM_MAX_TYPES) {
    PetscCall(VmReportAdd(report, at, "glass.species: more than %d types", VM_MAX_TYPES));
  }
  for (int i = 0; i < species->count; ++i) {
    const char *symbol = ((char *const *)species->items)[i];
    if (VmElementNumber(symbol)) continue;
    PetscCall(VmReportAdd(report, at, "glass.species: \"%s\" is no element; give symbols, e.g. [Cu, Zr]", symbol));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

const VmTable vm_glass_table = {
    .name = "glass",
    .doc = "atoms: tiles of a real glass, with ordered clusters, deformed by the mesoscale run",
    .size = sizeof(VmGlassParams),
    .rows = glass_rows,
    .check = CheckGlass};
