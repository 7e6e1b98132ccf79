#include "net/http_range.h"

#include <algorithm>

#include "net/http_parser.h"

namespace muster::net {
namespace {

// Weak comparison: "W/" is looked through. The list may be "*".
bool none_match_names(std::string_view list, std::string_view etag) {
  if (list == "*") return true;
  while (!list.empty()) {
    const std::size_t open = list.find('"');
    if (open == std::string_view::npos) return false;
    const std::size_t close = list.find('"', open + 1);
    if (close == std::string_view::npos) return false;
    if (list.substr(open, close - open + 1) == etag) return true;
    list.remove_prefix(close + 1);
  }
  return false;
}

}  // namespace

FileAnswer choose_file_answer(const RequestHead& head, std::uint64_t file_size,
                              std::string_view etag) {
  const FileAnswer whole{200, 0, file_size};
  if (head.method != "GET" && head.method != "HEAD") return whole;
  if (const auto list = head.headers.find("If-None-Match");
      list && !etag.empty() && none_match_names(*list, etag))
    return {304, 0, 0};
  auto range = head.headers.find("Range");
  if (head.method != "GET" || !range || head.headers.count("Range") > 1) return whole;
  // Strong comparison, and a date never matches: no Last-Modified is sent.
  if (const auto validator = head.headers.find("If-Range");
      validator && (etag.empty() || *validator != etag))
    return whole;
  if (range->size() < 6 || !equal_ignoring_case(range->substr(0, 6), "bytes=")) return whole;
  const std::string_view spec = range->substr(6);
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return whole;
  const auto first = parse_decimal(spec.substr(0, dash));
  const auto last = parse_decimal(spec.substr(dash + 1));
  if (dash == 0) {
    if (!last) return whole;
    if (*last == 0 || file_size == 0) return {416, 0, 0};
    const std::uint64_t size = std::min(*last, file_size);
    return {206, file_size - size, size};
  }
  if (!first || (!last && dash + 1 < spec.size()) || (last && *last < *first)) return whole;
  if (*first >= file_size) return {416, 0, 0};
  const std::uint64_t end = last ? std::min(*last, file_size - 1) : file_size - 1;
  return {206, *first, end - *first + 1};
}

}  // namespace muster::net
