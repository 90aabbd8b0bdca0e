// GMime's archive brings OpenPGP, S/MIME and GIO only if something asks for them, and g_mime_init() alone does, to
// register their types. We neither sign nor verify nor decrypt, and read no GIO streams: with these in their place the
// programs need no GpgME and no GIO (cmake/self_contained.cmake). The names are those of GMime 3.2.13's gmime.c.
#include <stddef.h>

void* g_mime_gpg_context_new(void) { return NULL; }
void* g_mime_pkcs7_context_new(void) { return NULL; }
size_t g_mime_gpg_context_get_type(void) { return 0; }
size_t g_mime_pkcs7_context_get_type(void) { return 0; }
size_t g_mime_stream_gio_get_type(void) { return 0; }
const char* gpgme_check_version_internal(const char* wanted, size_t offset) {
  (void)wanted;
  (void)offset;
  return NULL;
}
