#include "roles/client/inventory/elf_note.h"

#include <algorithm>

namespace muster::client {
namespace {

constexpr std::size_t kHeaderSize = 64;        // of the longer form
constexpr std::uint64_t kNoteSegment = 4;      // PT_NOTE
constexpr std::uint64_t kMostSegments = 1024;  // of which linkers write a dozen
constexpr std::size_t kLargestNotes = 1u << 16;

// Where the two forms, of 32 and of 64 bits, have what is needed here.
struct Form {
  std::size_t word;                // the width of offsets and sizes
  std::size_t table;               // in the file's header: where the segments' headers begin
  std::size_t table_entry, count;  // their size and their number, two bytes each
  std::size_t offset, size, align, entry_size;  // in a segment's header
};
constexpr Form kForm32{4, 0x1c, 0x2a, 0x2c, 4, 16, 28, 32};
constexpr Form kForm64{8, 0x20, 0x36, 0x38, 8, 32, 48, 56};

struct Elf {
  Form form;
  bool is_big_endian = false;

  // The caller has seen that the bytes are there.
  std::uint64_t number(ByteView bytes, std::size_t at, std::size_t width) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i)
      value =
          value * 256 + static_cast<std::uint8_t>(bytes[at + (is_big_endian ? i : width - 1 - i)]);
    return value;
  }
};

std::optional<Elf> parse_ident(ByteView header) {
  if (header.size() < kHeaderSize || !header.starts_with("\x7f"
                                                         "ELF"))
    return std::nullopt;
  const char width = header[4];
  const char order = header[5];
  if ((width != 1 && width != 2) || (order != 1 && order != 2)) return std::nullopt;
  return Elf{width == 1 ? kForm32 : kForm64, order == 2};
}

std::uint64_t padded(std::uint64_t size, std::uint64_t align) {
  return (size + align - 1) / align * align;
}

std::optional<Bytes> find_note(const Elf& elf, ByteView notes, std::uint64_t align,
                               std::string_view owner, std::uint32_t type) {
  while (notes.size() >= 12) {
    const std::uint64_t name_size = elf.number(notes, 0, 4);
    const std::uint64_t size = elf.number(notes, 4, 4);
    const std::uint64_t found = elf.number(notes, 8, 4);
    const std::uint64_t begin = padded(12 + name_size, align);
    if (begin + size > notes.size()) return std::nullopt;
    ByteView name = notes.substr(12, name_size);
    if (name.ends_with('\0')) name.remove_suffix(1);
    if (found == type && name == owner) return Bytes(notes.substr(begin, size));
    notes.remove_prefix(std::min<std::uint64_t>(padded(begin + size, align), notes.size()));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Bytes> read_elf_note(const Source& source, std::string_view path,
                                   std::string_view owner, std::uint32_t type) {
  const auto header = source.read_part(path, 0, kHeaderSize);
  const auto elf = header ? parse_ident(*header) : std::nullopt;
  if (!elf) return std::nullopt;
  const Form& form = elf->form;
  const std::uint64_t entry_size = elf->number(*header, form.table_entry, 2);
  const std::uint64_t count = elf->number(*header, form.count, 2);
  if (entry_size < form.entry_size || entry_size > 256 || count > kMostSegments)
    return std::nullopt;
  const auto table = source.read_part(path, elf->number(*header, form.table, form.word),
                                      static_cast<std::size_t>(entry_size * count));
  if (!table) return std::nullopt;
  for (std::size_t at = 0; at + entry_size <= table->size(); at += entry_size) {
    const ByteView entry = ByteView(*table).substr(at, entry_size);
    if (elf->number(entry, 0, 4) != kNoteSegment) continue;
    const std::uint64_t size = elf->number(entry, form.size, form.word);
    if (size > kLargestNotes) continue;
    const auto notes = source.read_part(path, elf->number(entry, form.offset, form.word),
                                        static_cast<std::size_t>(size));
    // Notes of 64-bit properties are aligned to 8, all others to 4 whatever the segment says.
    const std::uint64_t align = elf->number(entry, form.align, form.word) == 8 ? 8 : 4;
    if (!notes) continue;
    if (auto note = find_note(*elf, *notes, align, owner, type)) return note;
  }
  return std::nullopt;
}

}  // namespace muster::client
