// Requests and answers of the signer, and the frames around them. The first byte chooses.
#include <cstdint>

#include "base/check.h"
#include "contract/signer_protocol.h"

namespace muster::contract {
namespace {

void check_requests(ByteView text) {
  const auto requests = decode_signer_requests(text);
  if (!requests) return;
  const Bytes own = encode_signer_requests(*requests);
  MUSTER_CHECK(encode_signer_requests(*decode_signer_requests(own)) == own);
}

void check_answers(ByteView text) {
  const auto answers = decode_signer_answers(text);
  if (!answers) return;
  const Bytes own = encode_signer_answers(*answers);
  MUSTER_CHECK(encode_signer_answers(*decode_signer_answers(own)) == own);
}

void check_frames(ByteView text) {
  Bytes received(text);
  for (;;) {
    const auto frame = take_signer_frame(received);
    if (!frame || !*frame) return;
    MUSTER_CHECK((*frame)->size() + received.size() < text.size());
  }
}

}  // namespace
}  // namespace muster::contract

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const muster::ByteView input(reinterpret_cast<const char*>(data), size);
  if (input[0] == 'q') muster::contract::check_requests(input.substr(1));
  if (input[0] == 'a') muster::contract::check_answers(input.substr(1));
  if (input[0] == 'f') muster::contract::check_frames(input.substr(1));
  return 0;
}
