#include <vitromech/units.h>

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <udunits2.h>

#define ELEMENTARY_CHARGE 1.602176634e-19 /* C, exact since 2019 */

static ut_system *unit_system;

static PetscErrorCode FreeSystem(void)
{
  ut_free_system(unit_system);
  unit_system = NULL;
  return PETSC_SUCCESS;
}

/* The database of udunits2 has the electronvolt of CODATA 1986. */
static void MapElectronvolt(ut_system *system)
{
  ut_unit *joule = ut_get_unit_by_name(system, "joule");
  ut_unit *electronvolt = joule ? ut_scale(ELEMENTARY_CHARGE, joule) : NULL;
  if (electronvolt) {
    ut_unmap_symbol_to_unit(system, "eV", UT_ASCII);
    ut_map_symbol_to_unit("eV", UT_ASCII, electronvolt);
    static const char *const names[] = {"electronvolt", "electron_volt"};
    for (int i = 0; i < 2; ++i) {
      ut_unmap_name_to_unit(system, names[i], UT_ASCII);
      ut_map_name_to_unit(names[i], UT_ASCII, electronvolt);
    }
  }
  ut_free(electronvolt);
  ut_free(joule);
}

/* Read once: it takes some milliseconds. Freed when PETSc ends. */
static ut_system *UnitSystem(void)
{
  if (unit_system) return unit_system;
  ut_set_error_message_handler(ut_ignore);
  unit_system = ut_read_xml(NULL);
  if (!unit_system) return NULL;
  MapElectronvolt(unit_system);
  if (PetscRegisterFinalize(FreeSystem)) return NULL;
  return unit_system;
}

/* udunits2 also reads factors, offsets and logarithms ("GPa/2", "K @ 273", "lg(re mW)"), which have no place behind a
 * number: digits may only be exponents ("nm^3", "nm^-1", "s-1") or the one of "1/s". */
static bool IsPlainUnit(const char *text)
{
  const char *c = text[0] == '1' && text[1] == '/' ? text + 2 : text;
  for (; *c; ++c) {
    if (strchr("@()", *c)) return false;
    if (!isdigit((unsigned char)*c)) continue;
    const char *before = c - 1;
    while (before > text && isdigit((unsigned char)*before)) --before;
    if (before > text && (*before == '-' || *before == '+')) --before;
    if (before < text || !(*before == '^' || isalpha((unsigned char)*before))) return false;
  }
  return true;
}

static ut_unit *ParseUnit(ut_system *system, const char *text)
{
  return IsPlainUnit(text) ? ut_parse(system, text, UT_UTF8) : NULL;
}

/* Unlike ut_are_convertible, false for reciprocals (s and Hz) and where only one is an angle (rad/s and Hz). */
static bool SameDimension(ut_unit *a, ut_unit *b)
{
  char definition[128] = "";
  ut_unit *ratio = ut_divide(a, b);
  const bool same = ratio && ut_is_dimensionless(ratio) &&
                    ut_format(ratio, definition, sizeof definition, UT_ASCII | UT_DEFINITION) > 0 &&
                    !strstr(definition, "rad");
  ut_free(ratio);
  return same;
}

static const char *DimensionName(ut_system *system, ut_unit *unit)
{
  static const char *const names[][2] = {{"m", "a length"},
                                         {"Pa", "a stress or modulus"},
                                         {"eV", "an energy"},
                                         {"K", "a temperature"},
                                         {"s", "a time"},
                                         {"1/s", "a rate"},
                                         {"m^3", "a volume"},
                                         {"rad", "an angle"},
                                         {"V", "a voltage"},
                                         {"Pa.s", "a viscosity"},
                                         {"1/m", "a wave number"},
                                         {"m^2", "an area"},
                                         {"K/s", "a heating rate"},
                                         {"Pa/s", "a stress rate"},
                                         {"1/m^3", "a number density"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
    ut_unit *known = ut_parse(system, names[i][0], UT_UTF8);
    const bool same = known && SameDimension(known, unit);
    ut_free(known);
    if (same) return names[i][1];
  }
  return "a quantity";
}

static bool Wanted(ut_system *system, const char *unit, const char *problem, char why[256])
{
  if (!strcmp(unit, "1")) {
    snprintf(why, 256, "%s; a bare number is needed, e.g. \"0.5\"", problem);
    return false;
  }
  ut_unit *wanted = system ? ut_parse(system, unit, UT_UTF8) : NULL;
  snprintf(why, 256, "%s; %s in %s is needed, e.g. \"1.5 %s\"", problem,
           wanted ? DimensionName(system, wanted) : "a quantity", unit, unit);
  ut_free(wanted);
  return false;
}

/* The number at the start of text, or NULL. strtod alone would take nan, infinity and hexadecimal digits. */
static const char *ParseNumber(const char *text, double *number)
{
  const char *c = text + (*text == '+' || *text == '-');
  if (*c == '.') ++c;
  if (!isdigit((unsigned char)*c) || (c[0] == '0' && (c[1] == 'x' || c[1] == 'X'))) return NULL;
  char *end;
  errno = 0;
  *number = strtod(text, &end);
  return errno == ERANGE || !isfinite(*number) ? NULL : end;
}

static bool Convert(ut_system *system, const char *from, const char *to, double number, double *value, char why[256])
{
  char problem[128];
  ut_unit *given = ParseUnit(system, from), *wanted = ut_parse(system, to, UT_UTF8);
  bool ok = false;
  if (!given) {
    snprintf(problem, sizeof problem, "\"%.40s\" is not a unit", from);
    Wanted(system, to, problem, why);
  } else if (!wanted || !SameDimension(given, wanted)) {
    snprintf(problem, sizeof problem, "\"%.40s\" has another dimension", from);
    Wanted(system, to, problem, why);
  } else {
    cv_converter *converter = ut_get_converter(given, wanted);
    *value = converter ? cv_convert_double(converter, number) : (double)NAN;
    cv_free(converter);
    ok = isfinite(*value);
    if (!ok) Wanted(system, to, "the value is too large", why);
  }
  ut_free(given);
  ut_free(wanted);
  return ok;
}

bool VmUnitParse(const char *text, const char *unit, double *value, char why[256])
{
  ut_system *system = UnitSystem();
  double number;
  why[0] = '\0';
  if (!system) {
    snprintf(why, 256, "the units database of udunits2 cannot be read; check UDUNITS2_XML_PATH");
    return false;
  }
  const char *rest = ParseNumber(text, &number);
  if (!rest) return Wanted(system, unit, "not a finite decimal number", why);
  char name[64];
  const size_t skip = strspn(rest, " "), length = strlen(rest + skip);
  if (length >= sizeof name) return Wanted(system, unit, "the unit is too long", why);
  memcpy(name, rest + skip, length + 1);
  for (size_t i = length; i > 0 && name[i - 1] == ' '; --i) name[i - 1] = '\0';
  if (!strcmp(name, "1") || (!*name && strcmp(unit, "1")))
    return Wanted(system, unit, *name ? "\"1\" is not a unit" : "the unit is missing", why);
  if (!*name || !strcmp(name, unit)) {
    *value = number;
    return true;
  }
  return Convert(system, name, unit, number, value, why);
}
