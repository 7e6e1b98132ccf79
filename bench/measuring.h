// What every bench program needs: a value or the end of the program, and the CPU it used.
#pragma once

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>

#include "base/result.h"

namespace muster::bench {

// The value; the program ends with the error's text where there is none.
template <typename T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().text_with_advice().c_str());
    std::exit(1);
  }
  return value_of(std::move(result));
}

// A number that the environment says.
inline std::uint64_t wanted(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// CPU seconds of this process so far, user and system.
inline double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace muster::bench
