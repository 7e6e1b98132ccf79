#include "roles/client/assignment/assignment.h"

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/error_ranges.h"
#include "base/os/file.h"
#include "contract/site_config.h"
#include "model/client_states.h"
#include "model/version.h"
#include "roles/client/damaged_file.h"
#include "roles/client/errors.h"

namespace muster::client {
namespace fs = std::filesystem;
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr const char* kAssigned = "site";
constexpr const char* kCause = "unmanaged";
constexpr const char* kQuestion = "wanted";
constexpr const char* kCode = "code";

Result<std::string> text_of(const fs::path& file) {
  if (!os::file_exists(file)) return std::string();
  return os::read_file(file, 4096);
}

Result<std::string> code_in(const fs::path& file) {
  std::string code = TRY(text_of(file));
  if (code != contract::kAutoSite && !model::SiteCode::parse(code))
    return fail(kBadState, "{} holds no site code", file.string());
  return code;
}

}  // namespace

Result<std::optional<Assignment>> AssignmentStore::load() const {
  if (!os::file_exists(folder_ / kAssigned)) return std::optional<Assignment>();
  const Bytes bytes = TRY(os::read_file(folder_ / kAssigned));
  ByteReader in(bytes);
  if (TRY(in.u8()) != kFormat)
    return fail(kBadState, "{} has another format", (folder_ / kAssigned).string());
  Assignment out;
  out.site = TRY(in.sized());
  out.at.ms = static_cast<std::int64_t>(TRY(in.u64()));
  for (std::uint64_t left = TRY(in.varint()); left > 0; --left)
    out.management_points.emplace_back(TRY(in.sized()));
  if (out.management_points.empty())
    return fail(kBadState, "{} names no management point", (folder_ / kAssigned).string());
  return std::optional(std::move(out));
}

Result<void> AssignmentStore::save(const Assignment& assignment) const {
  TRY(os::make_private_folder(folder_));
  ByteWriter out;
  out.u8(kFormat);
  out.sized(assignment.site);
  out.u64(static_cast<std::uint64_t>(assignment.at.ms));
  out.varint(assignment.management_points.size());
  for (const std::string& point : assignment.management_points) out.sized(point);
  TRY(os::replace_file(folder_ / kAssigned, out.view(), os::FileMode::Private));
  std::error_code ignored;
  fs::remove(folder_ / kCause, ignored);
  return {};
}

Result<void> AssignmentStore::save_unmanaged(const Error& cause) const {
  TRY(os::make_private_folder(folder_));
  return os::replace_file(folder_ / kCause, cause.text_with_advice().substr(0, 2000),
                          os::FileMode::Private);
}

Result<std::string> AssignmentStore::unmanaged_cause() const { return text_of(folder_ / kCause); }

Result<void> AssignmentStore::ask(const std::string& site_code) const {
  TRY(os::make_private_folder(folder_));
  return os::replace_file(folder_ / kQuestion, site_code, os::FileMode::Private);
}

bool AssignmentStore::asked() const { return os::file_exists(folder_ / kQuestion); }

// The question goes last: a crash before it repeats what is harmless to repeat.
Result<void> AssignmentStore::take_question() const {
  const auto code = code_in(folder_ / kQuestion);
  if (!code) {
    set_aside(folder_ / kQuestion, code.error());
    return fail(code.error());
  }
  TRY(os::replace_file(folder_ / kCode, *code, os::FileMode::Private));
  std::error_code ignored;
  fs::remove(folder_ / kAssigned, ignored);
  fs::remove(folder_ / kQuestion, ignored);
  return os::sync_folder(folder_);
}

Result<std::string> AssignmentStore::site_code() const {
  if (!os::file_exists(code_file())) return std::string();
  return code_in(code_file());
}

fs::path AssignmentStore::site_file() const { return folder_ / kAssigned; }
fs::path AssignmentStore::code_file() const { return folder_ / kCode; }

Result<void> check_answer(const contract::LocatorQuestion& asked,
                          const contract::LocatorAnswer& answer) {
  if (answer.question.nonce != asked.nonce)
    return fail(kAnswerReplayed, "issued at {}", to_text(answer.issued));
  if (answer.question.addresses != asked.addresses || answer.question.site != asked.site)
    return fail(kAnswerToAnother, "the question was altered on its way");
  if (asked.site && answer.site && *answer.site != *asked.site)
    return fail(kAnswerOfWrongSite, "site {} was asked for, {} came", asked.site->text(),
                answer.site->text());
  return {};
}

Result<Assignment> assignment_of(const contract::LocatorAnswer& answer,
                                 std::string_view client_version, Timestamp now) {
  if (answer.outcome == contract::LocatorOutcome::UnknownSite)
    return fail(kUnknownSite, "site {}",
                answer.question.site ? answer.question.site->text() : "without a code");
  if (answer.outcome == contract::LocatorOutcome::NoBoundary || !answer.site)
    return fail(kNoBoundary, "this client's addresses, and {} as the locator point sees it",
                answer.seen.text());
  if (answer.management_points.empty())
    return fail(kNoManagementPoint, "site {}", answer.site->text());
  if (!answer.site_version.empty() &&
      model::compare_versions(model::VersionScheme::Dotted, client_version, answer.site_version) >
          0)
    return fail(kSiteOlder, "site {} has version {}, this client {}", answer.site->text(),
                answer.site_version, client_version);
  return Assignment{answer.site->text(), answer.management_points, now};
}

unsigned assignment_state(const Error& error, bool automatic) {
  if (error.is(kUnknownSite)) return model::kStateBadSiteCode;
  if (error.is(kNoManagementPoint)) return model::kStateNoManagementPoint;
  if (error.is(kSiteOlder)) return model::kStateClientNewer;
  if (error.is(kNoBoundary)) return model::kStateAutoFailed;
  if (error.is(kNoLocator)) return automatic ? model::kStateAutoFailed : model::kStateNoSiteVersion;
  // The catalogue root or a signature by the key that it names.
  if (kTrustErrors.holds(error.kind())) return model::kStateNoSigningKey;
  return model::kStateAssignmentFailed;
}

}  // namespace muster::client
