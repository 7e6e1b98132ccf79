#include "wire/rpc/call_assembly.h"

#include "wire/errors.h"

namespace muster::wire::rpc {

Result<std::optional<WholeCall>> CallAssembly::add(const Fragment& fragment) {
  const PduHeader& header = fragment.header;
  const bool is_first = (header.flags & kFirstFragment) != 0;
  if (is_first == begun_.has_value()) {
    begun_.reset();
    return fail(kRpcSyntax, "a fragment of call {} out of turn", header.call_id);
  }
  if (is_first)
    begun_ = WholeCall{header, fragment.context, fragment.operation, fragment.object, {}};
  const bool is_of_it =
      begun_->header.call_id == header.call_id && begun_->header.order == header.order &&
      begun_->context == fragment.context && begun_->operation == fragment.operation;
  if (!is_of_it || begun_->stub.size() + fragment.stub.size() > limit_bytes_) {
    begun_.reset();
    if (!is_of_it) return fail(kRpcSyntax, "a fragment that is not of the call before it");
    return fail(kRpcLimit, "call {} is over {} bytes", header.call_id, limit_bytes_);
  }
  begun_->stub += fragment.stub;
  std::optional<WholeCall> out;
  if ((header.flags & kLastFragment) != 0) out.swap(begun_);
  return out;
}

void CallAssembly::abandon(std::uint32_t call_id) {
  if (begun_ && begun_->header.call_id == call_id) begun_.reset();
}

}  // namespace muster::wire::rpc
