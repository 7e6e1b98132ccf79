// Hears what a decoder asks of a document: the published schema and the tests that no field is
// forgotten derive from the codecs by it, so that no second list of fields is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/node.h"

namespace muster::wire {

class FieldWatch {
 public:
  virtual ~FieldWatch() = default;

  // A mapping was opened; these are all keys that it may have.
  virtual void opened(const std::string& path, const std::vector<std::string_view>& keys) = 0;
  // The key of the mapping at `path` must be there.
  virtual void required(const std::string& path, std::string_view key) = 0;
  // The value was taken as this kind: Text, Integer, Boolean or Sequence.
  virtual void taken(const std::string& path, Node::Kind kind) = 0;
  virtual void bounded(const std::string& path, std::int64_t least, std::int64_t most) = 0;
};

// While it lives, `watch` hears the decoders of this thread.
class WatchFields {
 public:
  explicit WatchFields(FieldWatch& watch);
  ~WatchFields();
  WatchFields(const WatchFields&) = delete;
  WatchFields& operator=(const WatchFields&) = delete;
};

}  // namespace muster::wire
