// Numbers of status and state messages. Those below 11800 are the field's own; muster's begin
// there.
#pragma once

namespace muster::model {

inline constexpr unsigned kStatusReceived = 10002;
inline constexpr unsigned kStatusStarted = 10005;
inline constexpr unsigned kStatusFailed = 10006;
inline constexpr unsigned kStatusSucceeded = 10008;
inline constexpr unsigned kStatusPendingRestart = 10009;
inline constexpr unsigned kStatusCacheTooSmall = 10050;
// The client refused policy or a part of it; the error says which check failed.
inline constexpr unsigned kStatusPolicyRefused = 11800;
inline constexpr unsigned kStatusPolicyExpired = 11801;
// A program's time has come, and users of the device are told before it starts.
inline constexpr unsigned kStatusWaitingForUser = 11802;
// A program asked for a restart: users put it off, the machine was asked, or somebody must do it.
inline constexpr unsigned kStatusRestartWaits = 11803;
inline constexpr unsigned kStatusRestartAsked = 11804;
inline constexpr unsigned kStatusRestartByHand = 11805;

// Topic 301, assignment enforcement.
inline constexpr unsigned kTopicEnforcement = 301;
inline constexpr unsigned kStateInstalling = 1;
inline constexpr unsigned kStateSucceeded = 4;
inline constexpr unsigned kStatePendingRestart = 5;
inline constexpr unsigned kStateFailed = 6;
inline constexpr unsigned kStateDownloading = 7;
inline constexpr unsigned kStateWaitingForWindow = 10;

}  // namespace muster::model
