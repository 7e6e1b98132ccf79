// Many things in pages: none moves when there are more, and copies share the pages until one of
// them writes.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace muster::fleet {

// A value that copies share until one of them edits it. One thread edits an object at a time;
// copies of it may be read and dropped by other threads meanwhile.
template <typename T>
class Shared {
 public:
  Shared() : block_(new Block) {}
  explicit Shared(T value) : block_(new Block(std::move(value))) {}
  Shared(const Shared& other) : block_(other.block_) {
    block_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  Shared(Shared&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Shared& operator=(Shared other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Shared() { let_go(); }

  const T& operator*() const { return block_->value; }
  const T* operator->() const { return &block_->value; }
  T& edit() {
    // Acquire: who let go has read all that it wanted to.
    if (block_->owners.load(std::memory_order_acquire) != 1) {
      auto* const own = new Block(block_->value);
      let_go();
      block_ = own;
    }
    return block_->value;
  }

 private:
  struct Block {
    Block() = default;
    explicit Block(const T& from) : value(from) {}
    explicit Block(T&& from) : value(std::move(from)) {}
    std::atomic<std::uint32_t> owners{1};
    T value{};
  };
  void let_go() {
    if (block_ != nullptr && block_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1)
      delete block_;
  }

  Block* block_;
};

// A vector in pages of kSize.
template <typename T, std::size_t kSize>
class Pages {
 public:
  std::size_t size() const { return size_; }
  const T& operator[](std::size_t i) const { return (*pages_[i / kSize])[i % kSize]; }
  T& edit(std::size_t i) { return pages_[i / kSize].edit()[i % kSize]; }
  void add() {
    if (size_ == pages_.size() * kSize) pages_.emplace_back();
    ++size_;
  }

 private:
  std::vector<Shared<std::array<T, kSize>>> pages_;
  std::size_t size_ = 0;
};

}  // namespace muster::fleet
