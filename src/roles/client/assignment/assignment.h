// Which site this client belongs to: kept once it is known, until somebody says otherwise.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "contract/location.h"

namespace muster::client {

struct Assignment {
  std::string site;
  std::vector<std::string> management_points;  // "https://host:port", at least one
  Timestamp at;
};

// The folder `assignment` of the client's state.
class AssignmentStore {
 public:
  explicit AssignmentStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<std::optional<Assignment>> load() const;
  Result<void> save(const Assignment& assignment) const;
  // Why there is no site, for the status command; a site takes its place.
  Result<void> save_unmanaged(const Error& cause) const;
  Result<std::string> unmanaged_cause() const;

  // `muster-client assign CODE`: asks the running client, or the next one, to look anew.
  Result<void> ask(const std::string& site_code) const;
  bool asked() const;
  // Forgets the assignment; the code that was asked for is in force from now on. A question that
  // asks for no site is set aside and changes nothing. Errors: kBadState, those of files.
  Result<void> take_question() const;
  // The code that was asked for last; empty when none was.
  Result<std::string> site_code() const;

  std::filesystem::path site_file() const;
  std::filesystem::path code_file() const;

 private:
  std::filesystem::path folder_;
};

// That the answer is to this question and of the site that was asked for. Its signature is
// verified already. Errors: kAnswerReplayed, kAnswerToAnother, kAnswerOfWrongSite.
Result<void> check_answer(const contract::LocatorQuestion& asked,
                          const contract::LocatorAnswer& answer);
// The assignment that the answer means. Errors: kNoBoundary, kUnknownSite, kNoManagementPoint,
// kSiteOlder when this client's version is above the site's.
Result<Assignment> assignment_of(const contract::LocatorAnswer& answer,
                                 std::string_view client_version, Timestamp now);

// The state of topic 800 that tells of the failure: 601 to 608.
unsigned assignment_state(const Error& error, bool automatic);

}  // namespace muster::client
