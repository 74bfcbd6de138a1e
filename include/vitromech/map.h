/* L3. Statistics of two-dimensional maps and of three-dimensional periodic fields, serial: thresholds, clusters,
 * autocorrelation, percolation. */
#ifndef VITROMECH_MAP_H
#define VITROMECH_MAP_H

#include <vitromech/analyze.h>
#include <vitromech/clusters.h>
#include <vitromech/stat_result.h>

typedef struct VmMap_s {
  int dim;                        /* 2: n[0] = 1, axes 1 and 2 are scan0 and scan1; 3: x, y, z */
  int64_t n[3];                   /* points */
  double spacing[3];              /* of neighbouring points, in length_unit */
  bool periodic;                  /* all axes */
  const double *values;           /* [n[0]][n[1]][n[2]]; NAN: left out */
  const char *unit, *length_unit; /* "nm", or "pixel" if the pitch is unknown */
  const struct VmMap_s *other;    /* of the same shape, for statistics of two maps */
} VmMap;

/* One statistic of a map. */
typedef struct {
  VmPluginHead head;
  bool two_maps;                                                                      /* reads map->other too */
  PetscErrorCode (*apply)(const void *params, const VmMap *map, VmStatResult result); /* not collective */
} VmMapOps;

extern const VmMapOps *const vm_map_table[]; /* NULL-terminated */

/** Number of points. Not collective. */
static inline int64_t VmMapSize(const VmMap *map) { return map->n[0] * map->n[1] * map->n[2]; }

/**
 * Threshold of a set of values.
 *
 * VmThresholdIsodata: the value midway between the means of what lies below and above it (Ridler & Calvard 1978),
 * iterated from the mean of all. VmThresholdOtsu: the split with the largest variance between classes (Otsu 1979),
 * midway between the two values it separates. Both exact, without a histogram. \param[in,out] values [n], without NAN;
 * sorted on return Not collective.
 */
double VmThresholdIsodata(int64_t n, double *values);
double VmThresholdOtsu(int64_t n, double *values);

/**
 * The level at which most of the peaks that stand out are apart: a peak lives from its height down to the saddle to a
 * higher one (0-dimensional persistence of the sets above a level, neighbours by faces); those that live longer than
 * Otsu's threshold of all lives stand out; the middle of the longest interval of levels at which most of them live.
 * Not collective. Source: Edelsbrunner, Letscher & Zomorodian, Discrete Comput. Geom. 28 (2002) 511.
 */
PetscErrorCode VmThresholdPersistence(const VmMap *map, double *threshold);

/** Threshold of a map as a user writes it: "isodata", "otsu", "persistence" or a number. NAN if the map is empty. Not
 * collective. */
PetscErrorCode VmThreshold(const VmMap *map, const char *text, double *threshold);
/** True if VmThreshold understands the text. Not collective. */
bool VmThresholdValid(const char *text);

/**
 * Volume fraction from counted hot spots: N (4/3) pi r^3/(f_B V).
 *
 * \param[in] count       N
 * \param[in] radius      r
 * \param[in] acceptance  f_B, the part of all orientations that a spot lights up in
 * \param[in] volume      V in the same unit as r^3
 * Not collective. Source: physics.md E6.
 */
double VmHotSpotFraction(double count, double radius, double acceptance, double volume);

/**
 * Normalised autocorrelation in shells of one spacing: sigma(r) = <(v(x) - m)(v(x+d) - m)>/<(v - m)^2>, m the mean,
 * over all pairs of points whose distance is nearest to r; exact number of pairs (periodic, or not, points left out).
 *
 * \param[in]  nr       shells, VmAutocorrelationShells
 * \param[out] r        [nr] mean distance of the pairs; r[0] = 0
 * \param[out] sigma    [nr] sigma[0] = 1; NAN without pairs or for a constant map
 * Not collective.
 */
PetscErrorCode VmAutocorrelation(const VmMap *map, int nr, double *r, double *sigma);
/**
 * Structure function P(d) = <(v(x) - v(x+d))^2> of each lag d (one of d and -d) up to r_max, over all pairs.
 *
 * \param[out] n     lags
 * \param[out] r, p  [n] by PetscMalloc: length of the lag, and P
 * Not collective.
 */
PetscErrorCode VmStructureFunction(const VmMap *map, double r_max, int64_t *n, double **r, double **p);

/** Number of shells up to half of the shortest side. Not collective. */
int VmAutocorrelationShells(const VmMap *map);
/** First r at which sigma falls to 1/e, linear between shells; NAN if it does not. Not collective. */
double VmCorrelationLength(int nr, const double *r, const double *sigma);

/* Density ~ x^-alpha for x >= from. */
typedef struct {
  double from, alpha, distance; /* distance: of Kolmogorov and Smirnov; NAN if there are too few */
  int64_t count;                /* values from `from` on */
} VmPowerLaw;

/** Maximum-likelihood exponent of sorted values [n] above a given lower end. Not collective. */
VmPowerLaw VmPowerLawFit(int64_t n, const double *sorted, double from);
/** The same with the lower end of least distance that leaves ten values. Not collective. Source: Clauset, Shalizi &
 * Newman, SIAM Rev. 51 (2009) 661. */
VmPowerLaw VmPowerLawSearch(int64_t n, const double *sorted);

#endif
