#include <vitromech/provenance.h>
#include <openssl/evp.h>
#include <stdio.h>

static void Hex(const unsigned char digest[32], char hex[65])
{
  for (unsigned i = 0; i < 32; ++i) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

bool VmSha256Text(const char *text, size_t size, char hex[65])
{
  unsigned char digest[EVP_MAX_MD_SIZE];
  if (EVP_Digest(text, size, digest, NULL, EVP_sha256(), NULL) != 1) return false;
  Hex(digest, hex);
  return true;
}

bool VmSha256File(const char *path, char hex[65])
{
  unsigned char block[1 << 16], digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  size_t bytes;
  FILE *stream = fopen(path, "rb");
  if (!stream) return false;

  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
  while (good && (bytes = fread(block, 1, sizeof block, stream)) > 0) {
    good = EVP_DigestUpdate(context, block, bytes) == 1;
  }
  good = good && !ferror(stream) && EVP_DigestFinal_ex(context, digest, &length) == 1 && length == 32;
  EVP_MD_CTX_free(context);
  fclose(stream);
  if (good) Hex(digest, hex);
  return good;
}
