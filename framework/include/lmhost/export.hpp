// Which symbols leave the library. Everything is compiled hidden; what is public says so.
#pragma once

#if defined(__GNUC__)
#define LMHOST_PUBLIC __attribute__((visibility("default")))
#else
#define LMHOST_PUBLIC
#endif
