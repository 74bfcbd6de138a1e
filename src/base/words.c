#include <vitromech/params.h>

#include <ctype.h>
#include <string.h>

enum { WORD_MAX = 64 };

static int Smallest(int a, int b) { return a < b ? a : b; }

/* Edits (insert, delete, replace, swap of neighbours; case ignored) from a to b: optimal string alignment. */
static int Distance(const char *a, const char *b)
{
  const int na = (int)strlen(a), nb = (int)strlen(b);
  int d[3][WORD_MAX + 1];
  if (na > WORD_MAX || nb > WORD_MAX) return WORD_MAX;
  for (int j = 0; j <= nb; ++j) d[0][j] = j;
  for (int i = 1; i <= na; ++i) {
    int *now = d[i % 3], *last = d[(i + 2) % 3], *before = d[(i + 1) % 3];
    now[0] = i;
    for (int j = 1; j <= nb; ++j) {
      const int ca = tolower((unsigned char)a[i - 1]), cb = tolower((unsigned char)b[j - 1]);
      now[j] = Smallest(Smallest(last[j] + 1, now[j - 1] + 1), last[j - 1] + (ca != cb));
      if (i > 1 && j > 1 && ca == tolower((unsigned char)b[j - 2]) && cb == tolower((unsigned char)a[i - 2]))
        now[j] = Smallest(now[j], before[j - 2] + 1);
    }
  }
  return d[na % 3][nb];
}

const char *VmDidYouMean(const char *word, const char *const *words)
{
  const size_t length = strlen(word);
  const char *closest = NULL;
  int best = length < 4 ? 2 : length < 7 ? 3 : 4; /* one more than the edits allowed */
  for (; *words; ++words) {
    const int distance = Distance(word, *words);
    if (distance >= best) continue;
    best = distance;
    closest = *words;
  }
  return closest;
}
