#include "fleet/number_set.h"

#include <algorithm>
#include <array>

namespace muster::fleet {
namespace {

constexpr std::uint32_t kChunkNumbers = 65'536;
constexpr std::size_t kChunkWords = kChunkNumbers / NumberBits::kWordBits;
// Beyond it a bit per number is smaller than a place each. A chunk goes back to places some
// way below, so that numbers that come and go do not make it change its form each time.
constexpr std::uint32_t kMostPlaces = 4096;
constexpr std::uint32_t kFewPlaces = 3584;
constexpr std::size_t kLongestList = 256;
constexpr std::size_t kShortList = 192;

// How a set that is saved begins, beside those of few numbers.
constexpr std::uint64_t kSavedList = 100;
constexpr std::uint64_t kSavedLarge = 101;

using ChunkBits = std::array<std::uint64_t, kChunkWords>;

std::uint32_t upper_of(Number number) { return number / kChunkNumbers; }
std::uint16_t place_of(Number number) { return static_cast<std::uint16_t>(number % kChunkNumbers); }
std::uint64_t bit_of(std::uint32_t number) { return std::uint64_t{1} << number % 64; }

std::uint64_t sum_of_bits(std::span<const std::uint64_t> words) {
  std::uint64_t count = 0;
  for (const std::uint64_t word : words) count += static_cast<std::uint64_t>(std::popcount(word));
  return count;
}

#if defined(__x86_64__)
// The same with an instruction that not every processor has, a tenth of the time.
[[gnu::target("popcnt")]] std::uint64_t sum_by_instruction(std::span<const std::uint64_t> words) {
  std::uint64_t count = 0;
  for (const std::uint64_t word : words)
    count += static_cast<std::uint64_t>(__builtin_popcountll(word));
  return count;
}

std::uint64_t count_bits(std::span<const std::uint64_t> words) {
  static const bool has_instruction = __builtin_cpu_supports("popcnt") != 0;
  return has_instruction ? sum_by_instruction(words) : sum_of_bits(words);
}
#else
std::uint64_t count_bits(std::span<const std::uint64_t> words) { return sum_of_bits(words); }
#endif

// Where `value` is in the sorted array, or would be. What is new often comes behind all others.
template <typename T>
std::size_t place_in(const SharedArray<T>& array, T value) {
  if (!array.empty() && array[array.size() - 1] < value) return array.size();
  return static_cast<std::size_t>(std::lower_bound(array.begin(), array.end(), value) -
                                  array.begin());
}
template <typename T>
bool has(const SharedArray<T>& array, T value) {
  return std::binary_search(array.begin(), array.end(), value);
}

}  // namespace

void NumberBits::insert(Number number) {
  words_to(std::uint64_t{number} + 1)[number / kWordBits] |= bit_of(number);
}

std::uint64_t NumberBits::size() const { return count_bits(words_); }

std::span<std::uint64_t> NumberBits::words_to(std::uint64_t end) {
  const std::size_t wanted = (end + kWordBits - 1) / kWordBits;
  if (words_.size() < wanted) words_.resize(wanted);
  return words_;
}

void NumberBits::join(const NumberBits& other) {
  if (words_.size() < other.words_.size()) words_.resize(other.words_.size());
  for (std::size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
}

void NumberBits::intersect(const NumberBits& other) {
  if (words_.size() > other.words_.size()) words_.resize(other.words_.size());
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
}

void NumberBits::subtract(const NumberBits& other) {
  const std::size_t both = std::min(words_.size(), other.words_.size());
  for (std::size_t i = 0; i < both; ++i) words_[i] &= ~other.words_[i];
}

NumberSet::Chunk::Chunk(std::uint32_t upper_half, std::span<const std::uint64_t> from,
                        std::uint32_t in_them)
    : upper(upper_half), count(in_them) {
  read(from);
}

bool NumberSet::Chunk::contains(std::uint16_t place) const {
  if (form == Form::Bits) return (words[place / 64u] & bit_of(place)) != 0;
  return has(places, place) == (form == Form::In);
}

// Puts the place into the array, or takes it out. Whether that changed anything.
bool NumberSet::Chunk::set_place(std::uint16_t place, bool wanted) {
  const std::size_t at = place_in(places, place);
  if ((at < places.size() && places[at] == place) == wanted) return false;
  if (wanted)
    places.insert(at, place);
  else
    places.erase(at);
  return true;
}

bool NumberSet::Chunk::set(std::uint16_t place, bool wanted) {
  if (form == Form::Bits) {
    if (((words[place / 64u] & bit_of(place)) != 0) == wanted) return false;
    words.edit()[place / 64u] ^= bit_of(place);
  } else if (!set_place(place, wanted == (form == Form::In))) {
    return false;
  }
  count += wanted ? 1 : -1u;
  take_form();
  return true;
}

void NumberSet::Chunk::take_form() {
  const bool fits = form == Form::Bits ? count >= kFewPlaces && count <= kChunkNumbers - kFewPlaces
                                       : places.size() <= kMostPlaces;
  if (fits) return;
  ChunkBits bits{};
  write(bits);
  read(bits);
}

void NumberSet::Chunk::read(std::span<const std::uint64_t> from) {
  places = {};
  words = {};
  if (count > kMostPlaces && count < kChunkNumbers - kMostPlaces) {
    form = Form::Bits;
    words.assign(from);
    return;
  }
  form = count <= kMostPlaces ? Form::In : Form::Out;
  std::vector<std::uint16_t> listed;
  listed.reserve(form == Form::In ? count : kChunkNumbers - count);
  for (std::size_t i = 0; i < kChunkWords; ++i)
    for (std::uint64_t rest = form == Form::In ? from[i] : ~from[i]; rest != 0; rest &= rest - 1)
      listed.push_back(static_cast<std::uint16_t>(i * 64 + std::size_t(std::countr_zero(rest))));
  places.assign(listed);
}

void NumberSet::Chunk::write(std::span<std::uint64_t> to) const {
  if (form == Form::Bits) {
    for (std::size_t i = 0; i < kChunkWords; ++i) to[i] |= words[i];
  } else if (form == Form::In) {
    for (const std::uint16_t place : places) to[place / 64u] |= bit_of(place);
  } else {
    ChunkBits bits;
    bits.fill(~std::uint64_t{0});
    for (const std::uint16_t place : places) bits[place / 64u] &= ~bit_of(place);
    for (std::size_t i = 0; i < kChunkWords; ++i) to[i] |= bits[i];
  }
}

const NumberSet::Chunk* NumberSet::Large::find(std::uint32_t upper) const {
  const auto chunk = std::ranges::lower_bound(chunks, upper, {}, &Chunk::upper);
  return chunk == chunks.end() || chunk->upper != upper ? nullptr : &*chunk;
}

NumberSet::NumberSet(std::vector<Number> numbers) {
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  take_form(numbers);
}

NumberSet::NumberSet(const NumberBits& bits) {
  Large large;
  const auto words = bits.words();
  for (std::size_t start = 0; start < words.size(); start += kChunkWords) {
    const auto part = words.subspan(start, std::min(kChunkWords, words.size() - start));
    const auto count = static_cast<std::uint32_t>(count_bits(part));
    if (count == 0) continue;
    large.count += count;
    const auto upper = static_cast<std::uint32_t>(start / kChunkWords);
    if (part.size() == kChunkWords) {
      large.chunks.emplace_back(upper, part, count);
      continue;
    }
    ChunkBits whole{};
    std::ranges::copy(part, whole.begin());
    large.chunks.emplace_back(upper, whole, count);
  }
  if (large.count > kLongestList) {
    form_ = LargePointer(std::move(large));
    return;
  }
  std::vector<Number> numbers;
  bits.for_each([&](Number number) { numbers.push_back(number); });
  take_form(numbers);
}

// Sorted, each once.
void NumberSet::take_form(const std::vector<Number>& numbers) {
  if (numbers.size() <= kFew) {
    Few few{};
    few.count = static_cast<std::uint32_t>(numbers.size());
    std::ranges::copy(numbers, few.numbers);
    form_ = few;
  } else if (numbers.size() <= kLongestList) {
    form_ = List(numbers);
  } else {
    NumberBits bits;
    for (const Number number : numbers) bits.insert(number);
    *this = NumberSet(bits);
  }
}

std::uint64_t NumberSet::size() const {
  if (const auto* few = std::get_if<Few>(&form_)) return few->count;
  if (const auto* list = std::get_if<List>(&form_)) return list->size();
  return std::get<LargePointer>(form_)->count;
}

bool NumberSet::contains(Number number) const {
  if (const auto* few = std::get_if<Few>(&form_))
    return std::find(few->numbers, few->numbers + few->count, number) != few->numbers + few->count;
  if (const auto* list = std::get_if<List>(&form_)) return has(*list, number);
  const Chunk* chunk = std::get<LargePointer>(form_)->find(upper_of(number));
  return chunk != nullptr && chunk->contains(place_of(number));
}

bool NumberSet::insert(Number number) {
  if (auto* list = std::get_if<List>(&form_)) {
    const std::size_t place = place_in(*list, number);
    if (place < list->size() && (*list)[place] == number) return false;
    if (list->size() < kLongestList) {
      list->insert(place, number);
      return true;
    }
  } else if (auto* pointer = std::get_if<LargePointer>(&form_)) {
    if (contains(number)) return false;  // no own copy for nothing
    Large& large = pointer->edit();
    auto chunk = std::ranges::lower_bound(large.chunks, upper_of(number), {}, &Chunk::upper);
    if (chunk == large.chunks.end() || chunk->upper != upper_of(number))
      chunk = large.chunks.emplace(chunk, upper_of(number), ChunkBits{}, 0);
    chunk->set(place_of(number), true);
    ++large.count;
    return true;
  } else if (contains(number)) {
    return false;
  }
  std::vector<Number> more = numbers();
  more.insert(std::ranges::lower_bound(more, number), number);
  take_form(more);
  return true;
}

bool NumberSet::erase(Number number) {
  if (!contains(number)) return false;
  if (auto* list = std::get_if<List>(&form_); list != nullptr && list->size() > kFew + 1) {
    list->erase(place_in(*list, number));
    return true;
  }
  if (auto* pointer = std::get_if<LargePointer>(&form_)) {
    Large& large = pointer->edit();
    const auto chunk = std::ranges::lower_bound(large.chunks, upper_of(number), {}, &Chunk::upper);
    chunk->set(place_of(number), false);
    if (chunk->count == 0) large.chunks.erase(chunk);
    if (--large.count < kShortList) take_form(numbers());
    return true;
  }
  std::vector<Number> fewer = numbers();
  fewer.erase(std::ranges::find(fewer, number));
  take_form(fewer);
  return true;
}

std::vector<Number> NumberSet::numbers() const {
  std::vector<Number> out;
  out.reserve(size());
  for_each([&](Number number) { out.push_back(number); });
  return out;
}

void NumberSet::join_to(NumberBits& bits) const {
  const auto* pointer = std::get_if<LargePointer>(&form_);
  if (pointer == nullptr) {
    for_each([&](Number number) { bits.insert(number); });
    return;
  }
  const auto& chunks = (*pointer)->chunks;
  const auto words = bits.words_to((std::uint64_t{chunks.back().upper} + 1) * kChunkNumbers);
  for (const Chunk& chunk : chunks)
    chunk.write(words.subspan(chunk.upper * kChunkWords, kChunkWords));
}

NumberBits NumberSet::bits() const {
  NumberBits out;
  join_to(out);
  return out;
}

void NumberSet::Chunk::save(SnapshotWriter& writer) const {
  writer.number(upper);
  writer.number(count);
  writer.number(static_cast<std::uint64_t>(form));
  if (form == Form::Bits)
    writer.array(words);
  else
    writer.array(places);
}

NumberSet::Chunk::Chunk(SnapshotReader& reader)
    : upper(static_cast<std::uint32_t>(reader.number())),
      count(static_cast<std::uint32_t>(reader.number())) {
  const std::uint64_t as = reader.number();
  reader.expect(as <= static_cast<std::uint64_t>(Form::Out));
  form = static_cast<Form>(as);
  if (form == Form::Bits) {
    words = reader.array<std::uint64_t>();
    reader.expect(words.size() == kChunkWords);
  } else {
    places = reader.array<std::uint16_t>();
  }
}

// A small set begins with how many numbers it has, the others with a number beyond.
void NumberSet::save(SnapshotWriter& writer) const {
  if (const auto* few = std::get_if<Few>(&form_)) {
    writer.number(few->count);
    for (std::uint32_t i = 0; i < few->count; ++i) writer.number(few->numbers[i]);
  } else if (const auto* list = std::get_if<List>(&form_)) {
    writer.number(kSavedList);
    writer.array(*list);
  } else {
    const Large& large = *std::get<LargePointer>(form_);
    writer.number(kSavedLarge);
    writer.number(large.count);
    writer.number(large.chunks.size());
    for (const Chunk& chunk : large.chunks) chunk.save(writer);
  }
}

NumberSet NumberSet::load(SnapshotReader& reader) {
  NumberSet out;
  const std::uint64_t start = reader.number();
  if (start == kSavedList) {
    out.form_ = reader.array<Number>();
  } else if (start == kSavedLarge) {
    Large large;
    large.count = reader.number();
    const std::size_t chunks = reader.count();
    large.chunks.reserve(chunks);
    for (std::size_t i = 0; i < chunks && reader.ok(); ++i) large.chunks.emplace_back(reader);
    out.form_ = LargePointer(std::move(large));
  } else if (reader.expect(start <= kFew)) {
    Few few{};
    few.count = static_cast<std::uint32_t>(start);
    for (std::uint32_t i = 0; i < few.count; ++i)
      few.numbers[i] = static_cast<Number>(reader.number());
    out.form_ = few;
  }
  return out;
}

std::size_t NumberSet::heap_bytes() const {
  if (const auto* list = std::get_if<List>(&form_)) return list->heap_bytes();
  const auto* pointer = std::get_if<LargePointer>(&form_);
  if (pointer == nullptr) return 0;
  std::size_t bytes = sizeof(Large) + (*pointer)->chunks.capacity() * sizeof(Chunk);
  for (const Chunk& chunk : (*pointer)->chunks) bytes += chunk.heap_bytes();
  return bytes;
}

bool operator==(const NumberSet& a, const NumberSet& b) {
  return a.size() == b.size() && a.numbers() == b.numbers();
}

}  // namespace muster::fleet
