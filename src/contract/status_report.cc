#include "contract/status_report.h"

#include "contract/document_errors.h"
#include "contract/fields.h"

namespace muster::contract {
namespace {

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kLongestDetail = 4096;

Result<unsigned> small_number(const wire::Json& json, std::string_view key) {
  const std::uint64_t value = TRY(number_field(json, key));
  if (value > 1'000'000) return fail(kBadMember, "{}: {} is over 1000000", key, value);
  return static_cast<unsigned>(value);
}

}  // namespace

Bytes encode_status_report(const StatusReport& report) {
  wire::JsonWriter w;
  w.object();
  w.key("format").number(kFormat);
  if (!report.report.empty()) w.key("report").string(report.report);
  w.key("at").string(to_text(report.at));
  w.key("statusId").number(report.status_id);
  w.key("topic").number(report.topic);
  w.key("state").number(report.state);
  if (report.deployment) w.key("deployment").string(report.deployment->text());
  if (!report.package.empty()) w.key("package").string(report.package);
  if (!report.package_version.empty()) w.key("packageVersion").string(report.package_version);
  if (!report.program.empty()) w.key("program").string(report.program);
  if (report.exit_code) w.key("exitCode").number(*report.exit_code);
  if (report.error) w.key("error").number(*report.error);
  if (!report.detail.empty())
    w.key("detail").string(std::string_view(report.detail).substr(0, kLongestDetail));
  if (report.next_retry) w.key("nextRetry").string(to_text(*report.next_retry));
  w.end();
  return std::move(w).take();
}

Result<StatusReport> decode_status_report(ByteView text) {
  const auto document = TRY(wire::JsonDocument::parse(text, {.bytes = 65536, .depth = 4}));
  const wire::Json json = document.root();
  TRY(check_format(json, kFormat));
  StatusReport report;
  report.report = TRY(optional_text_field(json, "report")).value_or("");
  if (!report.report.empty() && (report.report.size() != 32 || !from_hex(report.report)))
    return fail(kBadMember, "report: 32 lower-case hex digits are wanted");
  report.at = TRY(time_field(json, "at"));
  report.status_id = TRY(small_number(json, "statusId"));
  report.topic = TRY(small_number(json, "topic"));
  report.state = TRY(small_number(json, "state"));
  if (TRY(json.find("deployment"))) report.deployment = TRY(object_field(json, "deployment"));
  report.package = TRY(optional_text_field(json, "package")).value_or("");
  report.package_version = TRY(optional_text_field(json, "packageVersion")).value_or("");
  report.program = TRY(optional_text_field(json, "program")).value_or("");
  if (const auto code = TRY(json.find("exitCode")))
    report.exit_code = static_cast<int>(TRY(code->i64()));
  if (TRY(json.find("error"))) report.error = TRY(small_number(json, "error"));
  report.detail = TRY(optional_text_field(json, "detail")).value_or("");
  report.next_retry = TRY(optional_time_field(json, "nextRetry"));
  if (report.detail.size() > kLongestDetail * 4)
    return fail(kTooMuch, "detail: over {} bytes", kLongestDetail * 4);
  return report;
}

std::string status_detail(ByteView json) {
  const auto report = decode_status_report(json);
  if (!report) return report.error().text();
  std::string out = report->detail;
  if (report->exit_code)
    out += fmt::format("{}exit code {}", out.empty() ? "" : "; ", *report->exit_code);
  if (report->error) out += fmt::format("{}M{}", out.empty() ? "" : "; ", *report->error);
  return out;
}

}  // namespace muster::contract
