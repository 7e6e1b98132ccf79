// Documents by name that virtual clients keep: each client has its own list, all share the bytes.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "roles/client/policy/policy_files.h"
#include "simulator/errors.h"

namespace muster::simulator {

using Document = std::shared_ptr<const Bytes>;

// Names hold the SHA-256 of their bytes, so what has the same name is the same.
class DocumentPool {
 public:
  Document keep(const std::string& name, ByteView bytes) {
    Document& kept = documents_[name];
    if (!kept || *kept != bytes) kept = std::make_shared<const Bytes>(bytes);
    return kept;
  }

 private:
  std::unordered_map<std::string, Document> documents_;
};

class SharedPolicyFiles final : public client::PolicyFiles {
 public:
  // `pool` outlives it.
  explicit SharedPolicyFiles(DocumentPool& pool) : pool_(&pool) {}

  bool has(const std::string& name) const override { return find(name) != nullptr; }
  Result<Bytes> read(const std::string& name, std::size_t limit_bytes) const override {
    const Bytes* bytes = find(name);
    if (bytes == nullptr || bytes->size() > limit_bytes) return fail(kNotFetchedYet, "{}", name);
    return *bytes;
  }
  // What has no hash in its name is read by the next start of a client alone: nobody does here.
  Result<void> replace(const std::string& name, ByteView content) override {
    if (name.find('/') != std::string::npos) kept_.emplace_back(name, pool_->keep(name, content));
    return {};
  }
  std::string place(const std::string& name) const override { return name; }

 private:
  const Bytes* find(const std::string& name) const {
    const auto found = std::ranges::find(kept_, name, &std::pair<std::string, Document>::first);
    return found == kept_.end() ? nullptr : found->second.get();
  }

  DocumentPool* pool_;
  std::vector<std::pair<std::string, Document>> kept_;
};

}  // namespace muster::simulator
