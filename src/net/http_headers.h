// The header fields of one HTTP message, in order, in one block of text.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::net {

struct HeaderField {
  std::string_view name;
  std::string_view value;
};

// Names compare without regard to case. Views live until the next change of the object.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<HeaderField> fields) {
    for (const HeaderField& field : fields) add(field.name, field.value);
  }

  void add(std::string_view name, std::string_view value);
  // Removes all fields of this name, then adds one.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  // Keeps the memory, for reuse.
  void clear();

  // The first field of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  // The first field of that name, or nothing as an empty text.
  std::string_view get(std::string_view name) const { return find(name).value_or(""); }
  std::size_t count(std::string_view name) const;

  std::size_t size() const { return entries_.size(); }
  HeaderField operator[](std::size_t index) const;

 private:
  struct Entry {
    std::uint32_t start;
    std::uint32_t name_size;
    std::uint32_t value_size;
  };
  std::string text_;
  std::vector<Entry> entries_;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);
// True when the comma-separated list holds the word: "keep-alive, Close" holds "close".
bool list_holds(std::string_view list, std::string_view word);
// A field name as RFC 9110 5.1 has it.
bool is_token(std::string_view text);
// A field value that may be sent: no control character but tab.
bool is_field_value(std::string_view text);

}  // namespace muster::net
