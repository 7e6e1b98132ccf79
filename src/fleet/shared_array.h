// Memory that copies share until one of them writes: what makes a copy of a set cheap, so that a
// reader keeps what it reads while the writer goes on.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace muster::fleet {

// A vector of plain values, 8 bytes where it stands. One thread changes an object at a time, as
// with a std::vector; copies of it may be read and dropped by other threads meanwhile.
template <typename T>
class SharedArray {
  static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 8);

 public:
  SharedArray() = default;
  explicit SharedArray(std::span<const T> values) { assign(values); }
  SharedArray(const SharedArray& other) : block_(other.block_) {
    if (block_ != nullptr) block_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  SharedArray(SharedArray&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  SharedArray& operator=(SharedArray other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~SharedArray() { let_go(); }

  std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  bool empty() const { return size() == 0; }
  std::span<const T> values() const { return {data(), size()}; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size(); }
  const T& operator[](std::size_t i) const { return data()[i]; }

  void assign(std::span<const T> values) {
    SharedArray next;
    next.block_ = make_block(values.size());
    if (!values.empty()) std::memcpy(next.own(), values.data(), values.size_bytes());
    next.block_->size = static_cast<std::uint32_t>(values.size());
    *this = std::move(next);
  }

  // Of values that stand anywhere, at whatever address.
  void assign_bytes(const char* from, std::size_t bytes) {
    *this = {};
    if (bytes == 0) return;
    block_ = make_block(bytes / sizeof(T));
    std::memcpy(own(), from, bytes);
    block_->size = block_->capacity;
  }

  // The values, to be written: nobody else sees what happens to them.
  std::span<T> edit() {
    become_sole_owner(size());
    return {own(), size()};
  }

  void insert(std::size_t place, T value) { replace(place, 0, {&value, 1}); }
  void erase(std::size_t place) { replace(place, 1, {}); }

  // Puts `values`, which are not of this array, where `count` values stood.
  void replace(std::size_t place, std::size_t count, std::span<const T> values) {
    const std::size_t behind = size() - place - count;
    if (place + values.size() + behind == 0) {
      *this = {};
      return;
    }
    become_sole_owner(size() - count + values.size());
    T* const all = own();
    if (behind > 0)
      std::memmove(all + place + values.size(), all + place + count, behind * sizeof(T));
    if (!values.empty()) std::memcpy(all + place, values.data(), values.size_bytes());
    block_->size = static_cast<std::uint32_t>(place + values.size() + behind);
  }

  // Of the heap, the allocator's own needs aside.
  std::size_t heap_bytes() const {
    return block_ == nullptr ? 0 : sizeof(Block) + block_->capacity * sizeof(T);
  }

 private:
  struct alignas(8) Block {
    std::atomic<std::uint32_t> owners{1};
    std::uint32_t size = 0;
    std::uint32_t capacity = 0;
  };

  static Block* make_block(std::size_t capacity) {
    void* memory = ::operator new(sizeof(Block) + capacity * sizeof(T));
    auto* block = new (memory) Block;
    block->capacity = static_cast<std::uint32_t>(capacity);
    return block;
  }
  static T* values_of(Block* block) { return reinterpret_cast<T*>(block + 1); }
  T* own() const { return values_of(block_); }
  const T* data() const { return block_ == nullptr ? nullptr : own(); }

  void become_sole_owner(std::size_t wanted) {
    // Acquire: who let go has read all that it wanted to.
    if (block_ != nullptr && block_->capacity >= wanted &&
        block_->owners.load(std::memory_order_acquire) == 1)
      return;
    const std::size_t roomy = wanted > size() ? wanted + wanted / 8 + 2 : size();
    Block* next = make_block(roomy);
    next->size = static_cast<std::uint32_t>(size());
    if (block_ != nullptr) std::memcpy(values_of(next), data(), size() * sizeof(T));
    let_go();
    block_ = next;
  }
  void let_go() {
    if (block_ == nullptr || block_->owners.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    block_->~Block();
    ::operator delete(block_);
  }

  Block* block_ = nullptr;
};

}  // namespace muster::fleet
