/* timeout: 30; links: vm_base */
#include "capture.h"
#include <vitromech/units.h>

static void TestAccepted(void)
{
  static const struct {
    const char *text, *unit;
    double value;
  } cases[] = {
      {"35 GPa", "GPa", 35},
      {"0 GPa", "GPa", 0},
      {"-0 GPa", "GPa", 0},
      {"35GPa", "GPa", 35},
      {"35 MPa", "GPa", 0.035},
      {"3.5e10 Pa", "GPa", 35},
      {"3.5e10 N/m^2", "GPa", 35},
      {"1.7 nm", "nm", 1.7},
      {"17 angstrom", "nm", 1.7},
      {"17 \xc3\x85", "nm", 1.7},
      {"2 \xc2\xb5m", "nm", 2000},
      {".5 nm", "nm", 0.5},
      {"+5. nm", "nm", 5},
      {"300 K", "K", 300},
      {"27 degC", "K", 300.15},
      {"1e13 1/s", "1/s", 1e13},
      {"1e13 s^-1", "1/s", 1e13},
      {"1e13 s-1", "1/s", 1e13},
      {"10 THz", "1/s", 1e13},
      {"2 min", "s", 120},
      {"1.6 nm^3", "nm^3", 1.6},
      {"1600 angstrom^3", "nm^3", 1.6},
      {"5 nm^-1", "1/nm", 5},
      {"0.5 1/angstrom", "1/nm", 5},
      {"3 GPa*s", "GPa*s", 3},
      {"3 GPa.s", "GPa*s", 3},
      {"3e9 Pa s", "GPa*s", 3},
      {"1 K/s", "K/s", 1},
      {"60 K/min", "K/s", 1},
      {"300 kV", "kV", 300},
      {"3e5 V", "kV", 300},
      {"1.75 eV", "eV", 1.75},
      {"1750 meV", "eV", 1.75},
      {"300 keV", "keV", 300},
      {"1.602176634e-19 J", "eV", 1}, /* CODATA 2018 */
      {"1 GPa nm^3", "eV", VM_GPA_NM3_IN_EV},
      {"1.5 mrad", "mrad", 1.5},
      {"1 degree", "mrad", VM_PI / 180 * 1000},
      {"0.5", "1", 0.5},
      {"20 %", "1", 0.2},
      {"20%", "1", 0.2},
      {"1e-4", "1", 1e-4},
      {"1e-4 1/nm^2", "1/nm^2", 1e-4},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    double value = -1;
    char why[256];
    const bool ok = VmUnitParse(cases[i].text, cases[i].unit, &value, why);
    VmExpect(ok, "\"%s\" in %s: %s", cases[i].text, cases[i].unit, why);
    const double tolerance = cases[i].value == VM_GPA_NM3_IN_EV ? 1e-9 : 4e-16;
    VmExpect(fabs(value - cases[i].value) <= tolerance * fabs(cases[i].value), "\"%s\" is %.17g %s, wanted %.17g",
             cases[i].text, value, cases[i].unit, cases[i].value);
  }
}

/* The unit of the table is not converted: the double is the one of strtod, so that what is written reads back. */
static void TestExact(void)
{
  static const char *const units[] = {"GPa", "nm", "eV", "1/s", "nm^3", "K", "mrad", "1"};
  for (size_t i = 0; i < sizeof units / sizeof units[0]; ++i) {
    const double wanted = 1.0 / 3.0 * (double)(i + 1);
    char text[64], why[256];
    double value = 0;
    snprintf(text, sizeof text, "%.17g %s", wanted, strcmp(units[i], "1") ? units[i] : "");
    VmExpect(VmUnitParse(text, units[i], &value, why) && value == wanted, "\"%s\" is %.17g: %s", text, value, why);
  }
}

static void TestRefused(void)
{
  static const struct {
    const char *text, *unit, *why;
  } cases[] = {
      {"35", "GPa", "the unit is missing; a stress or modulus in GPa is needed, e.g. \"1.5 GPa\""},
      {"35 nm", "GPa", "another dimension"},
      {"35 GPa/2", "GPa", "not a unit"},
      {"35 2 GPa", "GPa", "not a unit"},
      {"35 5", "GPa", "not a unit"},
      {"35 GPa 5", "GPa", "not a unit"},
      {"35 GPa @ 3", "GPa", "not a unit"},
      {"35 GPA", "GPa", "not a unit"},
      {"3x", "GPa", "not a unit"},
      {"3x", "1", "a bare number is needed"},
      {"3 1", "1", "not a unit"},
      {"3 1", "GPa", "not a unit"},
      {"3 nm", "1", "another dimension"},
      {"20 degree", "1", "another dimension"},
      {"20 %", "mrad", "another dimension"},
      {"3 rad/s", "1/s", "another dimension"},
      {"10 s", "1/s", "a rate in 1/s is needed"}, /* udunits2 itself would convert reciprocals */
      {"2 nm", "1/nm", "a wave number in 1/nm is needed"},
      {"", "GPa", "not a finite decimal number"},
      {"GPa", "GPa", "not a finite decimal number"},
      {"nan GPa", "GPa", "not a finite decimal number"},
      {"nan", "1", "not a finite decimal number"},
      {"-inf", "1", "not a finite decimal number"},
      {"infinity nm", "nm", "not a finite decimal number"},
      {"0x10 nm", "nm", "not a finite decimal number"},
      {"-0X1p3", "1", "not a finite decimal number"},
      {"1e400 nm", "nm", "not a finite decimal number"},
      {"1e-400 nm", "nm", "not a finite decimal number"},
      {"1e308 km", "nm", "too large"},
      {"1,5 nm", "nm", "not a unit"},
      {"- 5 nm", "nm", "not a finite decimal number"},
      {"--5 nm", "nm", "not a finite decimal number"},
      {" 5 nm", "nm", "not a finite decimal number"},
      {"1_000 nm", "nm", "not a unit"},
      {"5 lg(re GPa)", "GPa", "not a unit"},
      {"5 nmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm", "nm", "too long"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    double value = 0;
    char why[256] = "", text[1024];
    Capture capture;
    CaptureBegin(&capture);
    const bool ok = VmUnitParse(cases[i].text, cases[i].unit, &value, why);
    CaptureEnd(&capture, text, sizeof text);
    VmExpect(!ok, "\"%s\" was taken as %g %s", cases[i].text, value, cases[i].unit);
    VmExpect(ok || strstr(why, cases[i].why), "\"%s\" in %s: it said \"%s\", wanted \"%s\"", cases[i].text,
             cases[i].unit, why, cases[i].why);
    VmExpect(!*text, "udunits2 wrote \"%s\"", text);
  }
}

static PetscErrorCode Run(void)
{
  TestAccepted();
  TestExact();
  TestRefused();
  return PETSC_SUCCESS;
}

int main(int argc, char **argv) { return VmTestMain(argc, argv, Run); }
