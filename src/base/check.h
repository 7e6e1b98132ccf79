// MUSTER_CHECK: a broken invariant of our own stops the process, in release too. Never used on
// data that comes from outside.
#pragma once

namespace muster {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}

#define MUSTER_CHECK(expression)                               \
  do {                                                         \
    if (!(expression)) [[unlikely]]                            \
      ::muster::check_failed(#expression, __FILE__, __LINE__); \
  } while (false)
