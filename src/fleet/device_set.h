// A set of device numbers, of one device or of a million. Two thirds of the sets of a fleet hold a
// handful of devices, some hold nearly all of them: each form is made for one of these.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "fleet/shared_array.h"

namespace muster::fleet {

using DeviceNumber = std::uint32_t;

// One bit per device number, for reckoning with sets: one is filled, others are joined to it.
class DeviceBits {
 public:
  static constexpr std::size_t kWordBits = 64;
  bool contains(DeviceNumber device) const {
    const std::size_t word = device / kWordBits;
    return word < words_.size() && (words_[word] >> (device % kWordBits) & 1) != 0;
  }
  void insert(DeviceNumber device);
  std::uint64_t size() const;
  // In ascending order.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      for (std::uint64_t rest = words_[i]; rest != 0; rest &= rest - 1)
        visit(static_cast<DeviceNumber>(i * kWordBits) +
              static_cast<DeviceNumber>(std::countr_zero(rest)));
  }
  std::span<const std::uint64_t> words() const { return words_; }

  // Room for numbers below `end` at least.
  std::span<std::uint64_t> words_to(std::uint64_t end);

  void join(const DeviceBits& other);
  void intersect(const DeviceBits& other);
  void subtract(const DeviceBits& other);

 private:
  std::vector<std::uint64_t> words_;
};

// 24 bytes besides what it points to. Copies share their memory until one of them changes. One
// thread changes a set; others may read and drop copies of it.
class DeviceSet {
 public:
  DeviceSet() = default;
  DeviceSet(const DeviceSet& other);
  DeviceSet(DeviceSet&&) noexcept = default;
  DeviceSet& operator=(const DeviceSet& other) { return *this = DeviceSet(other); }
  DeviceSet& operator=(DeviceSet&&) noexcept = default;
  ~DeviceSet() = default;
  // In any order, and more than once.
  explicit DeviceSet(std::vector<DeviceNumber> devices);
  explicit DeviceSet(const DeviceBits& bits);

  bool contains(DeviceNumber device) const;
  // Whether that changed anything.
  bool insert(DeviceNumber device);
  bool erase(DeviceNumber device);

  std::uint64_t size() const;
  bool empty() const { return size() == 0; }
  // In ascending order.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    if (const auto* few = std::get_if<Few>(&form_)) {
      for (std::uint32_t i = 0; i < few->count; ++i) visit(few->devices[i]);
    } else if (const auto* list = std::get_if<List>(&form_)) {
      for (const DeviceNumber device : *list) visit(device);
    } else {
      bits().for_each(visit);
    }
  }
  std::vector<DeviceNumber> devices() const;

  void join_to(DeviceBits& bits) const;
  DeviceBits bits() const;

  // Of the heap, the allocator's own needs aside.
  std::size_t heap_bytes() const;

  friend bool operator==(const DeviceSet& a, const DeviceSet& b);

  // The forms, for tests.
  enum class Form { Few, List, Chunks };
  Form form() const { return static_cast<Form>(form_.index()); }

 private:
  static constexpr std::size_t kFew = 3;
  struct Few {
    std::uint32_t count;
    DeviceNumber devices[kFew];
  };
  using List = SharedArray<DeviceNumber>;
  using Places = SharedArray<std::uint16_t>;
  using Words = SharedArray<std::uint64_t>;
  // The devices with the same upper half of their number, by the lower one: the places of those in
  // the set, a bit for each place, or the places of those that are not in the set.
  struct Chunk {
    enum class Form : std::uint8_t { In, Bits, Out };
    Chunk(std::uint32_t upper, std::span<const std::uint64_t> words);
    bool contains(std::uint16_t place) const;
    void insert(std::uint16_t place);
    void erase(std::uint16_t place);
    void write(std::span<std::uint64_t> words) const;
    std::size_t heap_bytes() const { return places.heap_bytes() + words.heap_bytes(); }

    std::uint32_t upper;
    std::uint32_t count = 0;
    Form form = Form::In;
    Places places;
    Words words;

   private:
    void read(std::span<const std::uint64_t> from);
    void take_form();
  };
  struct Large {
    std::uint64_t count = 0;
    std::vector<Chunk> chunks;  // by upper half
    const Chunk* find(std::uint32_t upper) const;
  };
  // Behind a pointer, so that sets of few devices stay small.
  using LargePointer = std::unique_ptr<Large>;

  void take_form(const std::vector<DeviceNumber>& devices);

  std::variant<Few, List, LargePointer> form_;
};

}  // namespace muster::fleet
