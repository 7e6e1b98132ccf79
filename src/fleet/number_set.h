// A set of numbers of devices or of rows, of one or of a million. Two thirds of the sets of a fleet
// hold a handful, some hold nearly every device: each form is made for one of these.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "fleet/pages.h"
#include "fleet/shared_array.h"
#include "fleet/snapshot.h"

namespace muster::fleet {

using Number = std::uint32_t;

// One bit per number, for reckoning with sets: one is filled, others are joined to it.
class NumberBits {
 public:
  static constexpr std::size_t kWordBits = 64;
  bool contains(Number number) const {
    const std::size_t word = number / kWordBits;
    return word < words_.size() && (words_[word] >> (number % kWordBits) & 1) != 0;
  }
  void insert(Number number);
  std::uint64_t size() const;
  // In ascending order.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      for (std::uint64_t rest = words_[i]; rest != 0; rest &= rest - 1)
        visit(static_cast<Number>(i * kWordBits) + static_cast<Number>(std::countr_zero(rest)));
  }
  std::span<const std::uint64_t> words() const { return words_; }

  // Room for numbers below `end` at least.
  std::span<std::uint64_t> words_to(std::uint64_t end);

  void join(const NumberBits& other);
  void intersect(const NumberBits& other);
  void subtract(const NumberBits& other);

 private:
  std::vector<std::uint64_t> words_;
};

// 24 bytes besides what it points to. Copies share their memory until one of them changes. One
// thread changes a set; others may read and drop copies of it.
class NumberSet {
 public:
  NumberSet() = default;
  // In any order, and more than once.
  explicit NumberSet(std::vector<Number> numbers);
  explicit NumberSet(const NumberBits& bits);

  bool contains(Number number) const;
  // Whether that changed anything.
  bool insert(Number number);
  bool erase(Number number);

  std::uint64_t size() const;
  bool empty() const { return size() == 0; }
  // In ascending order.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    if (const auto* few = std::get_if<Few>(&form_)) {
      for (std::uint32_t i = 0; i < few->count; ++i) visit(few->numbers[i]);
    } else if (const auto* list = std::get_if<List>(&form_)) {
      for (const Number number : *list) visit(number);
    } else {
      bits().for_each(visit);
    }
  }
  std::vector<Number> numbers() const;

  void join_to(NumberBits& bits) const;
  NumberBits bits() const;

  void save(SnapshotWriter& writer) const;
  static NumberSet load(SnapshotReader& reader);

  // Of the heap, the allocator's own needs aside.
  std::size_t heap_bytes() const;

  friend bool operator==(const NumberSet& a, const NumberSet& b);

  // The forms, for tests.
  enum class Form { Few, List, Chunks };
  Form form() const { return static_cast<Form>(form_.index()); }

 private:
  static constexpr std::size_t kFew = 3;
  struct Few {
    std::uint32_t count;
    Number numbers[kFew];
  };
  using List = SharedArray<Number>;
  using Places = SharedArray<std::uint16_t>;
  using Words = SharedArray<std::uint64_t>;
  // The numbers with the same upper half of their number, by the lower one: the places of those in
  // the set, a bit for each place, or the places of those that are not in the set.
  struct Chunk {
    enum class Form : std::uint8_t { In, Bits, Out };
    // `count`: of the bits in `words`.
    Chunk(std::uint32_t upper, std::span<const std::uint64_t> words, std::uint32_t count);
    explicit Chunk(SnapshotReader& reader);
    void save(SnapshotWriter& writer) const;
    bool contains(std::uint16_t place) const;
    // Whether that changed anything.
    bool set(std::uint16_t place, bool wanted);
    void write(std::span<std::uint64_t> words) const;
    std::size_t heap_bytes() const { return places.heap_bytes() + words.heap_bytes(); }

    std::uint32_t upper;
    std::uint32_t count = 0;
    Form form = Form::In;
    Places places;
    Words words;

   private:
    void read(std::span<const std::uint64_t> from);  // `count` of them
    bool set_place(std::uint16_t place, bool wanted);
    void take_form();
  };
  struct Large {
    std::uint64_t count = 0;
    std::vector<Chunk> chunks;  // by upper half
    const Chunk* find(std::uint32_t upper) const;
  };
  // Behind a pointer, so that sets of few numbers stay small.
  using LargePointer = Shared<Large>;

  void take_form(const std::vector<Number>& numbers);

  std::variant<Few, List, LargePointer> form_{};
};

}  // namespace muster::fleet
