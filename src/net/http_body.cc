#include "net/http_body.h"

#include <algorithm>

namespace muster::net {
namespace {
constexpr std::size_t kTrailerLimit = 4096;
constexpr std::size_t kSizeDigits = 15;  // keeps the size below 2^60
}  // namespace

BodyDecoder::BodyDecoder(BodyFraming framing, std::uint64_t limit_bytes,
                         std::size_t extension_limit_bytes)
    : framing_(framing), limit_(limit_bytes), extension_limit_(extension_limit_bytes) {
  state_ = framing.kind == BodyKind::None ? State::Done : State::More;
  if (framing.kind == BodyKind::Length) {
    left_ = framing.length;
    if (left_ > limit_) refuse(413, "the body is too large");
  }
  if (framing.kind == BodyKind::UntilClose) left_ = UINT64_MAX;
  if (framing.kind == BodyKind::Chunked) step_ = Step::Size;
}

void BodyDecoder::refuse(int status, std::string_view why) {
  state_ = State::Refused;
  refusal_ = {status, why};
}

ByteView BodyDecoder::take(ByteView& input) {
  const ByteView part = input.substr(0, std::min<std::uint64_t>(left_, input.size()));
  input.remove_prefix(part.size());
  left_ -= part.size();
  received_ += part.size();
  if (received_ > limit_) {
    refuse(413, "the body is too large");
    return {};
  }
  if (left_ == 0) {
    if (framing_.kind == BodyKind::Length)
      state_ = State::Done;
    else
      step_ = Step::DataCr;
  }
  return part;
}

void BodyDecoder::start_chunk() {
  line_size_ = 0;
  step_ = left_ > 0 ? Step::Data : Step::Trailer;
  if (left_ > limit_ - received_) refuse(413, "the body is too large");
}

void BodyDecoder::read_size(char c) {
  int digit = -1;
  if (c >= '0' && c <= '9') digit = c - '0';
  if (c >= 'a' && c <= 'f') digit = c - 'a' + 10;
  if (c >= 'A' && c <= 'F') digit = c - 'A' + 10;
  if (digit >= 0) {
    if (++line_size_ > kSizeDigits) return refuse(400, "a chunk's size is too long");
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
  } else if (line_size_ > 0 && c == '\r') {
    step_ = Step::SizeEnd;
  } else if (line_size_ > 0 && c == ';') {
    line_size_ = 0;
    step_ = Step::Extension;
  } else {
    refuse(400, "a chunk's size is malformed");
  }
}

// Trailer fields are read over: nothing here uses them.
void BodyDecoder::read_trailer(char c) {
  if (++line_size_ > kTrailerLimit) return refuse(431, "the trailer is too large");
  if (c == '\r')
    step_ = Step::TrailerEnd;
  else if (c == '\n' || c == '\0')
    refuse(400, "the trailer is malformed");
  else
    trailer_line_empty_ = false;
}

ByteView BodyDecoder::next(ByteView& input) {
  while (state_ == State::More && !input.empty()) {
    if (step_ == Step::Raw || step_ == Step::Data) return take(input);
    const char c = input.front();
    input.remove_prefix(1);
    switch (step_) {
      case Step::Size:
        read_size(c);
        break;
      case Step::Extension:
        if (c == '\r')
          step_ = Step::SizeEnd;
        else if (++line_size_ > extension_limit_ || !is_field_value({&c, 1}))
          refuse(400, "a chunk's extension is malformed or too long");
        break;
      case Step::SizeEnd:
        if (c == '\n')
          start_chunk();
        else
          refuse(400, "a chunk's size is malformed");
        break;
      case Step::DataCr:
      case Step::DataLf:
        if (c != (step_ == Step::DataCr ? '\r' : '\n')) {
          refuse(400, "a chunk does not end where its size says");
          break;
        }
        step_ = step_ == Step::DataCr ? Step::DataLf : Step::Size;
        left_ = 0;
        line_size_ = 0;
        break;
      case Step::Trailer:
        read_trailer(c);
        break;
      case Step::TrailerEnd:
        if (c != '\n') {
          refuse(400, "the trailer is malformed");
        } else if (trailer_line_empty_) {
          state_ = State::Done;
        } else {
          trailer_line_empty_ = true;
          step_ = Step::Trailer;
        }
        break;
      case Step::Data:
      case Step::Raw:
        break;
    }
  }
  return {};
}

}  // namespace muster::net
