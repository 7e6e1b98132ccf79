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
// The device is not one on which the program may run, or has too little space for it.
inline constexpr unsigned kStatusRequirementsUnmet = 11802;
// A program that must run first failed, so this one is not started.
inline constexpr unsigned kStatusHeld = 11803;
// A program's time has come, and users of the device are told before it starts.
inline constexpr unsigned kStatusWaitingForUser = 11804;
// A program asked for a restart: users put it off, the machine was asked, or somebody must do it.
inline constexpr unsigned kStatusRestartWaits = 11805;
inline constexpr unsigned kStatusRestartAsked = 11806;
inline constexpr unsigned kStatusRestartByHand = 11807;
// Collections of one precedence say different things to the device; the older one counts.
inline constexpr unsigned kStatusSettingsConflict = 11808;

// Topic 301, assignment enforcement. States below 100 are the field's own; muster's begin there.
inline constexpr unsigned kTopicEnforcement = 301;
inline constexpr unsigned kStateReceived = 0;
inline constexpr unsigned kStateInstalling = 1;
inline constexpr unsigned kStateWaitingForRestart = 2;
inline constexpr unsigned kStateWaitingForProgram = 3;
inline constexpr unsigned kStateSucceeded = 4;
inline constexpr unsigned kStatePendingRestart = 5;
inline constexpr unsigned kStateFailed = 6;
inline constexpr unsigned kStateDownloading = 7;
inline constexpr unsigned kStateWaitingForWindow = 10;
inline constexpr unsigned kStateRequirementsUnmet = 101;
inline constexpr unsigned kStateHeld = 102;
inline constexpr unsigned kStateRetrying = 103;

}  // namespace muster::model
