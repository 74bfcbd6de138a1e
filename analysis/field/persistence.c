/* The level at which most peaks of a map that stand out are apart from one another, by the persistence of its peaks. */
#include <vitromech/map.h>
#include <math.h>

typedef struct {
  double value;
  int64_t point;
} Point;

/* Peaks in falling order of value; of equal ones the first point. */
static int ComparePoint(const void *a, const void *b)
{
  const Point *x = a, *y = b;
  if (x->value != y->value) return x->value < y->value ? 1 : -1;
  return (x->point > y->point) - (x->point < y->point);
}

/* A peak appears at its own height and ends at the saddle to a higher one. */
typedef struct {
  double birth, death;
} Peak;

static int64_t Root(int64_t *parent, int64_t i)
{
  while (parent[i] != i) i = parent[i] = parent[parent[i]];
  return i;
}

/* Neighbour of a point along an axis, -1 beyond an edge. */
static int64_t Neighbour(const VmMap *map, int64_t point, int axis, int step)
{
  int64_t x[3] = {point / (map->n[1] * map->n[2]), point / map->n[2] % map->n[1], point % map->n[2]};
  x[axis] += step;
  if (map->periodic) x[axis] = (x[axis] + map->n[axis]) % map->n[axis];
  return x[axis] < 0 || x[axis] >= map->n[axis] ? -1 : (x[0] * map->n[1] + x[1]) * map->n[2] + x[2];
}

/* Joins a point to its higher neighbours; of two peaks that meet in it the lower one ends. parent: -1 not yet reached;
 * roots are the highest points of what hangs together. */
static void Join(const VmMap *map, int64_t point, int64_t *parent, Peak *peaks, int64_t *count)
{
  parent[point] = point;
  for (int axis = 3 - map->dim; axis < 3; ++axis)
    for (int step = -1; step <= 1; step += 2) {
      const int64_t other = Neighbour(map, point, axis, step);
      if (other < 0 || parent[other] < 0) continue;
      int64_t high = Root(parent, other), low = Root(parent, point);
      if (high == low) continue;
      if (map->values[low] > map->values[high]) {
        const int64_t swap = low;
        low = high;
        high = swap;
      }
      if (map->values[low] > map->values[point]) peaks[(*count)++] = (Peak){map->values[low], map->values[point]};
      parent[low] = high;
    }
}

/* Peaks that outlive the others, sorted out by Otsu's threshold of how long they live; moved to the front. */
static PetscErrorCode Outstanding(int64_t *count, Peak *peaks)
{
  double *lives;
  int64_t kept = 0;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)*count, &lives));
  for (int64_t i = 0; i < *count; ++i) lives[i] = peaks[i].birth - peaks[i].death;
  const double least = *count > 1 ? VmThresholdOtsu(*count, lives) : 0.0;
  for (int64_t i = 0; i < *count; ++i)
    if (peaks[i].birth - peaks[i].death > least) peaks[kept++] = peaks[i];
  if (kept > 0) *count = kept; /* of peaks that live equally long all stand out */
  PetscCall(PetscFree(lives));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  double level;
  int change;
} Event;

static int CompareEvent(const void *a, const void *b)
{
  const Event *x = a, *y = b;
  if (x->level != y->level) return x->level < y->level ? -1 : 1;
  return x->change - y->change;
}

/* Middle of the longest interval of levels at which the most peaks are alive. */
static PetscErrorCode BestLevel(int64_t count, const Peak *peaks, double *level)
{
  Event *events;
  int64_t alive = 0, most = 0;
  double longest = 0.0;
  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)(2 * count), &events));
  for (int64_t i = 0; i < count; ++i) {
    events[2 * i] = (Event){peaks[i].death, 1};
    events[2 * i + 1] = (Event){peaks[i].birth, -1};
  }
  qsort(events, (size_t)(2 * count), sizeof *events, CompareEvent);
  for (int64_t e = 0; e + 1 < 2 * count; ++e) {
    const double length = events[e + 1].level - events[e].level;
    alive += events[e].change;
    if (!(length > 0.0) || alive < most || (alive == most && length <= longest)) continue;
    most = alive;
    longest = length;
    *level = 0.5 * (events[e].level + events[e + 1].level);
  }
  PetscCall(PetscFree(events));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode VmThresholdPersistence(const VmMap *map, double *threshold)
{
  const int64_t n = VmMapSize(map);
  int64_t points = 0, count = 0, *parent;
  Point *order;
  Peak *peaks;
  PetscFunctionBegin;
  *threshold = NAN;
  PetscCall(PetscMalloc3((size_t)n, &order, (size_t)n, &parent, (size_t)n + 1, &peaks));
  for (int64_t i = 0; i < n; ++i) {
    parent[i] = -1;
    if (!isnan(map->values[i])) order[points++] = (Point){map->values[i], i};
  }
  qsort(order, (size_t)points, sizeof *order, ComparePoint);
  for (int64_t i = 0; i < points; ++i) Join(map, order[i].point, parent, peaks, &count);
  for (int64_t i = 0; i < points; ++i) /* what never met a higher one ends with the map */
    if (parent[order[i].point] == order[i].point) peaks[count++] = (Peak){order[i].value, order[points - 1].value};
  if (points > 0) *threshold = order[0].value;
  PetscCall(Outstanding(&count, peaks));
  PetscCall(BestLevel(count, peaks, threshold));
  PetscCall(PetscFree3(order, parent, peaks));
  PetscFunctionReturn(PETSC_SUCCESS);
}
