#include "base/os/memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace muster::os {
namespace {

constexpr int kLargeBlockBytes = 32 * 1024;

// Only segments that are executable and not writable: they hold nothing but the file's bytes, so
// that letting go of their pages loses nothing.
int release_code(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  for (ElfW(Half) i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0 || (segment.p_flags & PF_W) != 0)
      continue;
    const std::uintptr_t begin = (object->dlpi_addr + segment.p_vaddr) / page * page;
    const std::uintptr_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
    // The loader tells addresses as numbers.
    auto* const start = reinterpret_cast<void*>(begin);  // NOLINT(performance-no-int-to-ptr)
    // Fails for what the kernel maps itself (the vDSO): there is nothing to give back there.
    (void)::madvise(start, end - begin, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void prefer_small_memory() {
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_MMAP_THRESHOLD, kLargeBlockBytes);
}

void release_idle_memory() {
  ::malloc_trim(0);
  ::dl_iterate_phdr(release_code, nullptr);
}

}  // namespace muster::os
