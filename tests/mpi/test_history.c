/* ranks: 1 2 3 4; timeout: 60; links: vm_io */
#include "vm_test.h"
#include <vitromech/history.h>

enum { WIDTH = 8 };

static const VmColumn columns[] = {{"time", 1, "s", "time"},
                                   {"stress", 6, "GPa", "mean stress"},
                                   {"events", 1, "1", "number of events"},
                                   {NULL, 0, NULL, NULL}};

static const char *Scratch(const char *name)
{
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", VmTestScratch(), name);
  return path;
}

static void MakeRow(int i, double row[WIDTH])
{
  for (int c = 0; c < WIDTH; ++c) row[c] = (i + 1) / (3.0 + c) * (c % 2 ? -1e-9 : 1.0);
}

static PetscErrorCode Append(VmHistory history, int from, int to)
{
  double row[WIDTH];

  PetscFunctionBegin;
  for (int i = from; i < to; ++i) {
    MakeRow(i, row);
    PetscCall(VmHistoryAppend(history, row));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ExpectFile(VmH5 file, int rows)
{
  double time[64], stress[64 * 6], events[64], row[WIDTH];
  int64_t dims[8];
  int rank, wrong = 0;

  PetscFunctionBegin;
  PetscCall(VmH5Shape(file, "/history/stress", &rank, dims));
  VmExpect(rank == 2 && dims[0] == rows && dims[1] == 6, "stress has %lld rows, wanted %d", (long long)dims[0], rows);
  PetscCall(VmH5Shape(file, "/history/time", &rank, dims));
  VmExpect(rank == 1 && dims[0] == rows, "time has %lld rows, wanted %d", (long long)dims[0], rows);
  PetscCall(VmH5Read(file, "/history/time", VM_F64, time));
  PetscCall(VmH5Read(file, "/history/stress", VM_F64, stress));
  PetscCall(VmH5Read(file, "/history/events", VM_F64, events));
  for (int i = 0; i < rows; ++i) {
    MakeRow(i, row);
    wrong += time[i] != row[0] || memcmp(stress + 6 * i, row + 1, 6 * sizeof *row) != 0 || events[i] != row[7];
  }
  VmExpectInt(wrong, 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The CSV has the same bits: %.17g is exact. Read while it is open for appending, as after a kill. */
static void ExpectCsv(const char *path, int rows)
{
  char line[1024];
  double row[WIDTH];
  int rank, i = 0;
  MPI_Barrier(PETSC_COMM_WORLD);
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  if (rank != 0) return;
  FILE *stream = fopen(path, "r");
  VmExpect(stream && fgets(line, sizeof line, stream), "no header in %s", path);
  if (!stream) return;
  VmExpect(strcmp(line, "time [s],stress_xx [GPa],stress_yy [GPa],stress_zz [GPa],stress_yz [GPa],stress_xz [GPa],"
                        "stress_xy [GPa],events\n") == 0,
           "header %s", line);
  for (; fgets(line, sizeof line, stream); ++i) {
    char *at = line;
    MakeRow(i, row);
    for (int c = 0; c < WIDTH; ++c, at += *at == ',') {
      const double value = strtod(at, &at);
      VmExpect(value == row[c], "row %d column %d: %.17g, wanted %.17g", i, c, value, row[c]);
    }
    VmExpect(*at == '\n', "row %d ends in %s", i, at);
  }
  VmExpectInt(i, rows);
  fclose(stream);
}

static PetscErrorCode TestFirstRun(void)
{
  VmHistory history;
  VmH5 file;
  char csv[4096];
  char *unit;

  PetscFunctionBegin;
  snprintf(csv, sizeof csv, "%s", Scratch("history.csv"));
  PetscCall(VmHistoryCreate(PETSC_COMM_WORLD, columns, &history));
  VmExpectInt(VmHistoryWidth(history), WIDTH);
  PetscCall(VmH5Open(PETSC_COMM_WORLD, Scratch("result.h5"), VM_H5_CREATE, &file));
  PetscCall(Append(history, 0, 3)); /* before there are outputs */
  PetscCall(VmHistoryAttach(history, file, csv));
  ExpectCsv(csv, 3);
  PetscCall(Append(history, 3, 20));
  VmExpectInt(VmHistoryRows(history), 20);
  PetscCall(ExpectFile(file, 20));
  ExpectCsv(csv, 20);
  PetscCall(VmH5AttrReadText(file, "/history/stress", "unit", &unit));
  VmExpect(unit && strcmp(unit, "GPa") == 0, "unit %s", unit ? unit : "absent");
  PetscCall(PetscFree(unit));
  PetscCall(VmHistoryDestroy(&history));
  PetscCall(VmH5Close(&file));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Held rows (of a checkpoint) against a file with later rows, then with a damaged row, then with fewer rows. */
static PetscErrorCode TestResume(void)
{
  static const int64_t stored[] = {20, 12, 5};
  static const int held[] = {9, 12, 15};
  double rows[20 * WIDTH];
  char csv[4096];

  PetscFunctionBegin;
  snprintf(csv, sizeof csv, "%s", Scratch("history.csv"));
  for (int i = 0; i < 20; ++i) MakeRow(i, rows + i * WIDTH);
  for (int trial = 0; trial < 3; ++trial) {
    VmHistory history;
    VmH5 file;
    PetscCall(VmH5Open(PETSC_COMM_WORLD, Scratch("result.h5"), VM_H5_UPDATE, &file));
    PetscCall(VmH5RowsTruncate(file, "/history/stress", stored[trial]));
    if (trial == 1) {
      const double damage = -1.0;
      PetscCall(VmH5RowsTruncate(file, "/history/time", 11));
      PetscCall(VmH5RowsAppend(file, "/history/time", VM_F64, 1, &damage));
    }
    PetscCall(VmHistoryCreate(PETSC_COMM_WORLD, columns, &history));
    PetscCall(VmHistorySet(history, held[trial], rows));
    PetscCall(VmHistoryAttach(history, file, csv));
    PetscCall(ExpectFile(file, held[trial]));
    ExpectCsv(csv, held[trial]);
    PetscCall(Append(history, held[trial], held[trial] + 5));
    PetscCall(ExpectFile(file, held[trial] + 5));
    ExpectCsv(csv, held[trial] + 5);
    VmExpect(memcmp(VmHistoryData(history), rows, (size_t)held[trial] * WIDTH * sizeof *rows) == 0, "rows in memory");
    PetscCall(VmHistoryDestroy(&history));
    PetscCall(VmH5Close(&file));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TestNoOutput(void)
{
  VmHistory history;

  PetscFunctionBegin;
  PetscCall(VmHistoryCreate(PETSC_COMM_WORLD, columns, &history));
  PetscCall(VmHistoryAttach(history, NULL, NULL));
  PetscCall(Append(history, 0, 200));
  double last[WIDTH];
  MakeRow(199, last);
  VmExpect(memcmp(VmHistoryData(history) + 199 * WIDTH, last, sizeof last) == 0, "the last row");
  VmExpectInt(VmHistoryAttach(history, NULL, Scratch("no/such/history.csv")), VM_ERR_FILE);
  PetscCall(VmHistoryDestroy(&history));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(void)
{
  PetscFunctionBegin;
  PetscCall(TestFirstRun());
  PetscCall(TestResume());
  PetscCall(TestNoOutput());
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
