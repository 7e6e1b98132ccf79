// The states of a client's deployment (topic 800) and of its contact with the management point
// (topic 1000): the field's own numbers, as fallback status points take them.
#pragma once

#include <string_view>

namespace muster::model {

inline constexpr unsigned kTopicClientDeployment = 800;
inline constexpr unsigned kStateDeploymentStarted = 100;
inline constexpr unsigned kStateNoCertificate = 315;
inline constexpr unsigned kStateDeploymentSucceeded = 400;
inline constexpr unsigned kStateAssignmentStarted = 500;
inline constexpr unsigned kStateAssignmentFailed = 601;
inline constexpr unsigned kStateBadSiteCode = 602;
inline constexpr unsigned kStatePointFailed = 603;
inline constexpr unsigned kStateNoManagementPoint = 604;
inline constexpr unsigned kStateNoSigningKey = 605;
inline constexpr unsigned kStateAutoFailed = 606;
inline constexpr unsigned kStateClientNewer = 607;
inline constexpr unsigned kStateNoSiteVersion = 608;
inline constexpr unsigned kStateNoClientVersion = 609;
inline constexpr unsigned kStateAssigned = 700;

inline constexpr unsigned kTopicCommunication = 1000;
inline constexpr unsigned kStateCommunicates = 1;
inline constexpr unsigned kStateReachesNobody = 2;

// One sentence without its end; empty where there is no such state.
std::string_view client_state_meaning(unsigned topic, unsigned state);

}  // namespace muster::model
