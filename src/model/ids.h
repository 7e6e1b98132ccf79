// Identities: one type each, so that none is taken for another.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace muster::model {

// Three characters of A-Z and 0-9, fixed for the life of the site.
class SiteCode {
 public:
  // Error: kBadId.
  static Result<SiteCode> parse(std::string_view text);
  const std::string& text() const { return text_; }
  friend auto operator<=>(const SiteCode&, const SiteCode&) = default;

 private:
  explicit SiteCode(std::string_view text) : text_(text) {}
  std::string text_;
};

// 128 random bits that the client makes at first start; written as 32 lower-case hex digits.
class DeviceId {
 public:
  static DeviceId make(Random& random);
  // Error: kBadId.
  static Result<DeviceId> parse(std::string_view text);
  // Exactly 16 bytes.
  static Result<DeviceId> from_bytes(ByteView bytes);

  std::string text() const { return to_hex(bytes_); }
  const Bytes& bytes() const { return bytes_; }
  // "urn:muster:device:ID", the certificate's URI SAN.
  std::string urn() const { return "urn:muster:device:" + text(); }
  friend auto operator<=>(const DeviceId&, const DeviceId&) = default;

 private:
  explicit DeviceId(Bytes bytes) : bytes_(std::move(bytes)) {}
  Bytes bytes_;
};

// An object that a site owns: "P01-00001A", the site's code and a counter that never goes back.
class ObjectId {
 public:
  static ObjectId make(const SiteCode& site, std::uint32_t counter);
  // Error: kBadId.
  static Result<ObjectId> parse(std::string_view text);
  const std::string& text() const { return text_; }
  friend auto operator<=>(const ObjectId&, const ObjectId&) = default;

 private:
  explicit ObjectId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Names of objects: 1 to 63 of a-z, 0-9, '-' and '.', starting with a letter or digit; so they
// are safe in paths, URLs and logs. Error: kBadName.
Result<void> check_name(std::string_view name);

}  // namespace muster::model

template <>
struct std::hash<muster::model::DeviceId> {
  std::size_t operator()(const muster::model::DeviceId& id) const noexcept {
    return std::hash<std::string>()(id.bytes());
  }
};
