#include "frame.h"
#include "cell.h"
#include <vitromech/rng.h>
#include <vitromech/tensor.h>
#include <string.h>

/* The smallest rotation that brings the unit vector n (n_z > 0) to z. Source: Rodrigues' formula. */
static void RotationToZ(const double n[3], double rotation[3][3])
{
  const double v[3] = {n[1], -n[0], 0.0}, cross[3][3] = {{0, -v[2], v[1]}, {v[2], 0, -v[0]}, {-v[1], v[0], 0}};
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) rotation[i][j] = (i == j ? n[2] : 0.0) + cross[i][j] + v[i] * v[j] / (1.0 + n[2]);
  }
}

void VmFrameSet(const double length[3], const double strain[6], bool foil, VmFrame *frame)
{
  double stretch[3][3], area;

  *frame = (VmFrame){.rotation = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  memcpy(frame->length, length, sizeof frame->length);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) stretch[i][j] = (i == j ? 1.0 : 0.0) + strain[vm_voigt_index[i][j]];
  }
  VmCross(stretch[0], stretch[1], frame->normal); /* the stretch is symmetric: its rows are the deformed x and y axes */
  area = sqrt(VmDot3(frame->normal, frame->normal));
  for (int c = 0; c < 3; ++c) frame->normal[c] /= area;
  if (foil && (frame->normal[0] != 0.0 || frame->normal[1] != 0.0)) {
    RotationToZ(frame->normal, frame->rotation);
    frame->tilt = atan2(hypot(frame->normal[0], frame->normal[1]), frame->normal[2]);
  }
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      for (int m = 0; m < 3; ++m) frame->gradient[i][j] += frame->rotation[i][m] * stretch[m][j];
    }
  }
  for (int d = 0; d < 3; ++d) {
    for (int c = 0; c < 3; ++c) frame->cell[d][c] = frame->gradient[c][d] * length[d];
  }
  if (foil) frame->cell[0][2] = frame->cell[1][2] = 0.0; /* zero but for rounding */
  frame->height = fabs(VmDot3(stretch[2], frame->normal)) * length[2];
}

enum { DISPLACEMENT_DRAWS = 2, VACANCY_DRAW = 4 }; /* of an atom's counter; thermal displacements use those before */

static void Shake(const VmDisorder *disorder, int64_t id, double r[3])
{
  const VmRngKey key = {disorder->seed, VM_STREAM_THERMAL};
  double g[4];
  VmRngNormal2(key, (uint64_t)id, DISPLACEMENT_DRAWS, g);
  VmRngNormal2(key, (uint64_t)id, DISPLACEMENT_DRAWS + 1, g + 2);
  for (int c = 0; c < 3; ++c) r[c] += disorder->displacement * g[c];
}

static bool IsVacant(const VmDisorder *disorder, int64_t id)
{
  const VmRngKey key = {disorder->seed, VM_STREAM_THERMAL};
  return VmRngUniform(key, (uint64_t)id, VACANCY_DRAW) < disorder->vacancies;
}

void VmFrameDeform(const VmFrame *frame, const VmDeformation *deformation, const VmDisorder *disorder, VmAtoms *atoms)
{
  int64_t kept = 0;
  for (int64_t i = 0; i < atoms->n; ++i) {
    const double r0[3] = {atoms->x[i], atoms->y[i], atoms->z[i]};
    double s[3], u[3], r[3];
    for (int d = 0; d < 3; ++d) s[d] = r0[d] / frame->length[d];
    const bool in_unit = VmFlowUnitAt(deformation, s);
    if (in_unit && IsVacant(disorder, atoms->id[i])) continue;
    VmDisplacementAt(deformation, s, u);
    for (int c = 0; c < 3; ++c) r[c] = VmDot3(frame->gradient[c], r0) + VmDot3(frame->rotation[c], u);
    if (in_unit) Shake(disorder, atoms->id[i], r);
    atoms->x[kept] = r[0];
    atoms->y[kept] = r[1];
    atoms->z[kept] = r[2];
    atoms->species[kept] = atoms->species[i];
    atoms->id[kept++] = atoms->id[i];
  }
  atoms->n = kept;
  memcpy(atoms->cell, frame->cell, sizeof atoms->cell);
}

void VmFrameWrap(const bool axes[3], VmAtoms *atoms)
{
  double inverse[3][3];
  VmCellInverse((const double(*)[3])atoms->cell, inverse);
  for (int64_t i = 0; i < atoms->n; ++i) {
    double r[3] = {atoms->x[i], atoms->y[i], atoms->z[i]}, s[3];
    int image[3];
    VmRowTimes(r, (const double(*)[3])inverse, s);
    for (int d = 0; d < 3; ++d) image[d] = axes[d] ? -(int)floor(s[d]) : 0;
    VmCellShift((const double(*)[3])atoms->cell, image, r);
    atoms->x[i] = r[0];
    atoms->y[i] = r[1];
    atoms->z[i] = r[2];
  }
}

void VmFrameCut(const VmFrame *frame, double thickness, VmAtoms *atoms)
{
  const bool along_z[3] = {false, false, true};
  int64_t kept = 0;

  VmFrameWrap(along_z, atoms);
  for (int64_t i = 0; i < atoms->n; ++i) {
    if (fabs(atoms->z[i] - 0.5 * frame->height) > 0.5 * thickness) continue;
    atoms->x[kept] = atoms->x[i];
    atoms->y[kept] = atoms->y[i];
    atoms->z[kept] = atoms->z[i];
    atoms->species[kept] = atoms->species[i];
    atoms->id[kept++] = atoms->id[i];
  }
  atoms->n = kept;
  atoms->periodic[2] = false;
}
