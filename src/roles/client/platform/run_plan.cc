#include "roles/client/platform/run_plan.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/errors.h"

namespace muster::client {
namespace {

constexpr std::uint8_t kPlanFormat = 2;
constexpr std::uint8_t kResultFormat = 1;

void write_list(ByteWriter& out, const std::vector<std::string>& list) {
  out.varint(list.size());
  for (const std::string& text : list) out.sized(text);
}

Result<std::vector<std::string>> read_list(ByteReader& in) {
  const std::uint64_t count = TRY(in.varint());
  if (count > in.remaining()) return fail(kShortInput, "{} texts announced", count);
  std::vector<std::string> out;
  for (std::uint64_t i = 0; i < count; ++i) out.emplace_back(TRY(in.sized()));
  return out;
}

Result<void> expect_format(ByteReader& in, std::uint8_t wanted) {
  const std::uint8_t format = TRY(in.u8());
  if (format != wanted) return fail(kBadEncoding, "format {} instead of {}", format, wanted);
  return {};
}

Result<void> expect_end(const ByteReader& in) {
  if (!in.at_end()) return fail(kBadEncoding, "{} bytes too many", in.remaining());
  return {};
}

}  // namespace

Bytes encode_plan(const RunPlan& plan) {
  ByteWriter out;
  out.u8(kPlanFormat);
  out.sized(plan.executable);
  write_list(out, plan.arguments);
  write_list(out, plan.environment);
  out.u64(static_cast<std::uint64_t>(plan.max_runtime.count()));
  out.u64(static_cast<std::uint64_t>(plan.kill_grace.count()));
  out.u64(plan.output_limit_bytes);
  out.u8(plan.user ? 1 : 0);
  if (plan.user) {
    out.sized(plan.user->name);
    out.u32(plan.user->uid);
    out.u32(plan.user->gid);
  }
  out.varint(plan.secrets.size());
  for (const RunSecret& secret : plan.secrets) {
    out.sized(secret.variable);
    out.sized(secret.file);
  }
  return std::move(out).take();
}

Result<RunPlan> decode_plan(ByteView bytes) {
  ByteReader in(bytes);
  TRY(expect_format(in, kPlanFormat));
  RunPlan plan;
  plan.executable = TRY(in.sized());
  plan.arguments = TRY(read_list(in));
  plan.environment = TRY(read_list(in));
  plan.max_runtime = Duration(static_cast<std::int64_t>(TRY(in.u64())));
  plan.kill_grace = Duration(static_cast<std::int64_t>(TRY(in.u64())));
  plan.output_limit_bytes = TRY(in.u64());
  const std::uint8_t has_user = TRY(in.u8());
  if (has_user > 1) return fail(kBadEncoding, "user mark {}", has_user);
  if (has_user == 1) {
    RunUser user;
    user.name = TRY(in.sized());
    user.uid = TRY(in.u32());
    user.gid = TRY(in.u32());
    plan.user = std::move(user);
  }
  const std::uint64_t secrets = TRY(in.varint());
  if (secrets > in.remaining()) return fail(kShortInput, "{} secrets announced", secrets);
  for (std::uint64_t i = 0; i < secrets; ++i) {
    RunSecret& secret = plan.secrets.emplace_back();
    secret.variable = TRY(in.sized());
    secret.file = TRY(in.sized());
  }
  TRY(expect_end(in));
  return plan;
}

Bytes encode_result(const RunResult& result) {
  ByteWriter out;
  out.u8(kResultFormat);
  out.u8(static_cast<std::uint8_t>(result.ending));
  out.u64(static_cast<std::uint64_t>(result.code));
  out.sized(result.detail);
  return std::move(out).take();
}

Result<RunResult> decode_result(ByteView bytes) {
  ByteReader in(bytes);
  TRY(expect_format(in, kResultFormat));
  RunResult result;
  const std::uint8_t ending = TRY(in.u8());
  if (ending < 1 || ending > 5) return fail(kBadEncoding, "ending {}", ending);
  result.ending = static_cast<Ending>(ending);
  result.code = static_cast<std::int64_t>(TRY(in.u64()));
  result.detail = TRY(in.sized());
  TRY(expect_end(in));
  return result;
}

}  // namespace muster::client
