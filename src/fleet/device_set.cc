#include "fleet/device_set.h"

#include <algorithm>
#include <array>

namespace muster::fleet {
namespace {

constexpr std::uint32_t kChunkDevices = 65'536;
constexpr std::size_t kChunkWords = kChunkDevices / DeviceBits::kWordBits;
// Beyond it a bit per device is smaller than a place per device. A chunk goes back to places some
// way below, so that devices that come and go do not make it change its form each time.
constexpr std::uint32_t kMostPlaces = 4096;
constexpr std::uint32_t kFewPlaces = 3584;
constexpr std::size_t kLongestList = 256;
constexpr std::size_t kShortList = 192;

using ChunkBits = std::array<std::uint64_t, kChunkWords>;

std::uint32_t upper_of(DeviceNumber device) { return device / kChunkDevices; }
std::uint16_t place_of(DeviceNumber device) {
  return static_cast<std::uint16_t>(device % kChunkDevices);
}
std::uint64_t bit_of(std::uint32_t number) { return std::uint64_t{1} << number % 64; }

std::uint64_t count_bits(std::span<const std::uint64_t> words) {
  std::uint64_t count = 0;
  for (const std::uint64_t word : words) count += static_cast<std::uint64_t>(std::popcount(word));
  return count;
}

// Where `value` is in the sorted array, or would be.
template <typename T>
std::size_t place_in(const SharedArray<T>& array, T value) {
  return static_cast<std::size_t>(std::lower_bound(array.begin(), array.end(), value) -
                                  array.begin());
}
template <typename T>
bool has(const SharedArray<T>& array, T value) {
  return std::binary_search(array.begin(), array.end(), value);
}

}  // namespace

void DeviceBits::insert(DeviceNumber device) {
  words_to(std::uint64_t{device} + 1)[device / kWordBits] |= bit_of(device);
}

std::uint64_t DeviceBits::size() const { return count_bits(words_); }

std::span<std::uint64_t> DeviceBits::words_to(std::uint64_t end) {
  const std::size_t wanted = (end + kWordBits - 1) / kWordBits;
  if (words_.size() < wanted) words_.resize(wanted);
  return words_;
}

void DeviceBits::join(const DeviceBits& other) {
  if (words_.size() < other.words_.size()) words_.resize(other.words_.size());
  for (std::size_t i = 0; i < other.words_.size(); ++i) words_[i] |= other.words_[i];
}

void DeviceBits::intersect(const DeviceBits& other) {
  if (words_.size() > other.words_.size()) words_.resize(other.words_.size());
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
}

void DeviceBits::subtract(const DeviceBits& other) {
  const std::size_t both = std::min(words_.size(), other.words_.size());
  for (std::size_t i = 0; i < both; ++i) words_[i] &= ~other.words_[i];
}

DeviceSet::Chunk::Chunk(std::uint32_t upper_half, std::span<const std::uint64_t> from)
    : upper(upper_half) {
  read(from);
}

bool DeviceSet::Chunk::contains(std::uint16_t place) const {
  if (form == Form::Bits) return (words[place / 64u] & bit_of(place)) != 0;
  return has(places, place) == (form == Form::In);
}

void DeviceSet::Chunk::insert(std::uint16_t place) {
  if (form == Form::Bits)
    words.edit()[place / 64u] |= bit_of(place);
  else if (form == Form::In)
    places.insert(place_in(places, place), place);
  else
    places.erase(place_in(places, place));
  ++count;
  take_form();
}

void DeviceSet::Chunk::erase(std::uint16_t place) {
  if (form == Form::Bits)
    words.edit()[place / 64u] &= ~bit_of(place);
  else if (form == Form::In)
    places.erase(place_in(places, place));
  else
    places.insert(place_in(places, place), place);
  --count;
  take_form();
}

void DeviceSet::Chunk::take_form() {
  const bool fits = form == Form::Bits ? count >= kFewPlaces && count <= kChunkDevices - kFewPlaces
                                       : places.size() <= kMostPlaces;
  if (fits) return;
  ChunkBits bits{};
  write(bits);
  read(bits);
}

void DeviceSet::Chunk::read(std::span<const std::uint64_t> from) {
  count = static_cast<std::uint32_t>(count_bits(from));
  places = {};
  words = {};
  if (count > kMostPlaces && count < kChunkDevices - kMostPlaces) {
    form = Form::Bits;
    words.assign(from);
    return;
  }
  form = count <= kMostPlaces ? Form::In : Form::Out;
  std::vector<std::uint16_t> listed;
  listed.reserve(form == Form::In ? count : kChunkDevices - count);
  for (std::size_t i = 0; i < kChunkWords; ++i)
    for (std::uint64_t rest = form == Form::In ? from[i] : ~from[i]; rest != 0; rest &= rest - 1)
      listed.push_back(static_cast<std::uint16_t>(i * 64 + std::size_t(std::countr_zero(rest))));
  places.assign(listed);
}

void DeviceSet::Chunk::write(std::span<std::uint64_t> to) const {
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

const DeviceSet::Chunk* DeviceSet::Large::find(std::uint32_t upper) const {
  const auto chunk = std::ranges::lower_bound(chunks, upper, {}, &Chunk::upper);
  return chunk == chunks.end() || chunk->upper != upper ? nullptr : &*chunk;
}

DeviceSet::DeviceSet(const DeviceSet& other) {
  if (const auto* few = std::get_if<Few>(&other.form_))
    form_ = *few;
  else if (const auto* list = std::get_if<List>(&other.form_))
    form_ = *list;
  else
    form_ = std::make_unique<Large>(*std::get<LargePointer>(other.form_));
}

DeviceSet::DeviceSet(std::vector<DeviceNumber> devices) {
  std::ranges::sort(devices);
  devices.erase(std::unique(devices.begin(), devices.end()), devices.end());
  take_form(devices);
}

DeviceSet::DeviceSet(const DeviceBits& bits) {
  if (bits.size() <= kLongestList) {
    std::vector<DeviceNumber> devices;
    bits.for_each([&](DeviceNumber device) { devices.push_back(device); });
    take_form(devices);
    return;
  }
  auto large = std::make_unique<Large>();
  const auto words = bits.words();
  for (std::size_t start = 0; start < words.size(); start += kChunkWords) {
    ChunkBits chunk{};
    const auto part = words.subspan(start, std::min(kChunkWords, words.size() - start));
    std::ranges::copy(part, chunk.begin());
    if (count_bits(part) == 0) continue;
    large->chunks.emplace_back(static_cast<std::uint32_t>(start / kChunkWords), chunk);
    large->count += large->chunks.back().count;
  }
  form_ = std::move(large);
}

// Sorted, each once.
void DeviceSet::take_form(const std::vector<DeviceNumber>& devices) {
  if (devices.size() <= kFew) {
    Few few{};
    few.count = static_cast<std::uint32_t>(devices.size());
    std::ranges::copy(devices, few.devices);
    form_ = few;
  } else if (devices.size() <= kLongestList) {
    form_ = List(devices);
  } else {
    DeviceBits bits;
    for (const DeviceNumber device : devices) bits.insert(device);
    *this = DeviceSet(bits);
  }
}

std::uint64_t DeviceSet::size() const {
  if (const auto* few = std::get_if<Few>(&form_)) return few->count;
  if (const auto* list = std::get_if<List>(&form_)) return list->size();
  return std::get<LargePointer>(form_)->count;
}

bool DeviceSet::contains(DeviceNumber device) const {
  if (const auto* few = std::get_if<Few>(&form_))
    return std::find(few->devices, few->devices + few->count, device) != few->devices + few->count;
  if (const auto* list = std::get_if<List>(&form_)) return has(*list, device);
  const Chunk* chunk = std::get<LargePointer>(form_)->find(upper_of(device));
  return chunk != nullptr && chunk->contains(place_of(device));
}

bool DeviceSet::insert(DeviceNumber device) {
  if (contains(device)) return false;
  if (auto* list = std::get_if<List>(&form_); list != nullptr && list->size() < kLongestList) {
    list->insert(place_in(*list, device), device);
    return true;
  }
  if (auto* pointer = std::get_if<LargePointer>(&form_)) {
    Large& large = **pointer;
    auto chunk = std::ranges::lower_bound(large.chunks, upper_of(device), {}, &Chunk::upper);
    if (chunk == large.chunks.end() || chunk->upper != upper_of(device))
      chunk = large.chunks.emplace(chunk, upper_of(device), ChunkBits{});
    chunk->insert(place_of(device));
    ++large.count;
    return true;
  }
  std::vector<DeviceNumber> more = devices();
  more.insert(std::ranges::lower_bound(more, device), device);
  take_form(more);
  return true;
}

bool DeviceSet::erase(DeviceNumber device) {
  if (!contains(device)) return false;
  if (auto* list = std::get_if<List>(&form_); list != nullptr && list->size() > kFew + 1) {
    list->erase(place_in(*list, device));
    return true;
  }
  if (auto* pointer = std::get_if<LargePointer>(&form_)) {
    Large& large = **pointer;
    const auto chunk = std::ranges::lower_bound(large.chunks, upper_of(device), {}, &Chunk::upper);
    chunk->erase(place_of(device));
    if (chunk->count == 0) large.chunks.erase(chunk);
    if (--large.count < kShortList) take_form(devices());
    return true;
  }
  std::vector<DeviceNumber> fewer = devices();
  fewer.erase(std::ranges::find(fewer, device));
  take_form(fewer);
  return true;
}

std::vector<DeviceNumber> DeviceSet::devices() const {
  std::vector<DeviceNumber> out;
  out.reserve(size());
  for_each([&](DeviceNumber device) { out.push_back(device); });
  return out;
}

void DeviceSet::join_to(DeviceBits& bits) const {
  const auto* pointer = std::get_if<LargePointer>(&form_);
  if (pointer == nullptr) {
    for_each([&](DeviceNumber device) { bits.insert(device); });
    return;
  }
  for (const Chunk& chunk : (*pointer)->chunks) {
    const std::uint64_t end = (std::uint64_t{chunk.upper} + 1) * kChunkDevices;
    chunk.write(bits.words_to(end).subspan(chunk.upper * kChunkWords, kChunkWords));
  }
}

DeviceBits DeviceSet::bits() const {
  DeviceBits out;
  join_to(out);
  return out;
}

std::size_t DeviceSet::heap_bytes() const {
  if (const auto* list = std::get_if<List>(&form_)) return list->heap_bytes();
  const auto* pointer = std::get_if<LargePointer>(&form_);
  if (pointer == nullptr) return 0;
  std::size_t bytes = sizeof(Large) + (*pointer)->chunks.capacity() * sizeof(Chunk);
  for (const Chunk& chunk : (*pointer)->chunks) bytes += chunk.heap_bytes();
  return bytes;
}

bool operator==(const DeviceSet& a, const DeviceSet& b) {
  return a.size() == b.size() && a.devices() == b.devices();
}

}  // namespace muster::fleet
