#include "contract/poll_mark.h"

#include <algorithm>

#include "contract/document_errors.h"

namespace muster::contract {
namespace {

constexpr std::size_t kLongestMark = 128;

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

Result<Bytes> nonce_of(std::string_view text) {
  auto bytes = from_hex(text);
  if (!bytes || bytes->size() != kPollNonceBytes)
    return fail(kBadMember, "a poll's nonce is not {} bytes in lower-case hex", kPollNonceBytes);
  return *std::move(bytes);
}

}  // namespace

std::string encode_poll_mark(const PollMark& mark) {
  return fmt::format("{} {} {}", to_hex(mark.nonce),
                     mark.previous.empty() ? "-" : to_hex(mark.previous), to_text(mark.sent));
}

Result<PollMark> decode_poll_mark(std::string_view text) {
  if (text.size() > kLongestMark) return fail(kTooMuch, "a poll's mark of {} bytes", text.size());
  PollMark mark;
  mark.nonce = TRY(nonce_of(take_word(text)));
  const std::string_view previous = take_word(text);
  if (previous != "-") mark.previous = TRY(nonce_of(previous));
  mark.sent = TRY_IN(parse_timestamp(text), "sent");
  return mark;
}

}  // namespace muster::contract
