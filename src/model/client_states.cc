#include "model/client_states.h"

namespace muster::model {
namespace {

struct ClientState {
  unsigned topic;
  unsigned state;
  std::string_view meaning;
};

constexpr ClientState kStates[] = {
    {kTopicClientDeployment, kStateDeploymentStarted, "client deployment started"},
    {kTopicClientDeployment, 301, "client deployment failed for an unknown cause"},
    {kTopicClientDeployment, 308, "a file could not be loaded over HTTP"},
    {kTopicClientDeployment, 309, "a file could not be loaded in the background"},
    {kTopicClientDeployment, 312, "the disk is full"},
    {kTopicClientDeployment, kStateNoCertificate, "the client got no certificate"},
    {kTopicClientDeployment, 318, "the management point is of another version"},
    {kTopicClientDeployment, 319, "the operating system is not supported"},
    {kTopicClientDeployment, kStateDeploymentSucceeded, "client deployment succeeded"},
    {kTopicClientDeployment, kStateAssignmentStarted, "site assignment started"},
    {kTopicClientDeployment, kStateAssignmentFailed, "site assignment failed, cause unknown"},
    {kTopicClientDeployment, kStateBadSiteCode,
     "the locator point that was asked last does not know the site code"},
    {kTopicClientDeployment, kStatePointFailed, "no assignment to the management point"},
    {kTopicClientDeployment, kStateNoManagementPoint, "the site has no management point"},
    {kTopicClientDeployment, kStateNoSigningKey, "the site's signing key could not be had"},
    {kTopicClientDeployment, kStateAutoFailed, "no site found by address"},
    {kTopicClientDeployment, kStateClientNewer, "the client is newer than the site"},
    {kTopicClientDeployment, kStateNoSiteVersion, "no locator point told the site's version"},
    {kTopicClientDeployment, kStateNoClientVersion, "the client's own version is unknown"},
    {kTopicClientDeployment, kStateAssigned, "site assignment succeeded"},
    {kTopicCommunication, kStateCommunicates, "the client reaches its management point"},
    {kTopicCommunication, kStateReachesNobody, "the client reaches no management point"},
};

}  // namespace

std::string_view client_state_meaning(unsigned topic, unsigned state) {
  for (const ClientState& each : kStates)
    if (each.topic == topic && each.state == state) return each.meaning;
  return {};
}

}  // namespace muster::model
