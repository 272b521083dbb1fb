// Limits that several parts of the daemon share; docs/operating.md explains them. One that a single
// file needs is in that file.
#pragma once

#include <chrono>
#include <cstddef>

namespace netports::limits {

using std::chrono::milliseconds;

// Data path.
inline constexpr std::size_t kCopyBufferBytes = 128 << 10;  // one per thread
inline constexpr std::size_t kLargeReadBytes = 32 << 10;    // a read of this much is "large"
inline constexpr unsigned kLargeReadsToSplice = 3;          // so many in a row switch to splice
inline constexpr std::size_t kSmallSpliceBytes = 16 << 10;  // a turn with less goes back to copying
inline constexpr std::size_t kPipeBytes = 1 << 20;
inline constexpr std::size_t kPipesPerThread =
    24;  // below the 64 MiB an unprivileged user may have
// What a connection moves in its turn, and all bulk of a thread in one loop. More at a time, and
// those who send and take would find less of it in the processors' caches.
inline constexpr std::size_t kBytesPerTurn = 512 << 10;
inline constexpr int kEventsPerBatch = 256;
inline constexpr int kAcceptsPerEvent = 16;
inline constexpr unsigned kHandOverMargin = 4;  // connections more than the idlest thread
inline constexpr int kListenBacklog = 4096;
inline constexpr unsigned kYieldSample = 32;        // yields between two looks at their cost
inline constexpr unsigned kLongYieldsOfSample = 6;  // more than these: none for a while

// Time.
inline constexpr milliseconds kPauseReport{10'000};
inline constexpr milliseconds kTick{100};      // while something connects or is paused
inline constexpr milliseconds kSlowTick{500};  // while young ones, idle or drain timeouts run
inline constexpr milliseconds kLongYield{2};   // somebody computed meanwhile
inline constexpr milliseconds kYieldPause{1'000};
inline constexpr milliseconds kYoung{1'000};            // older connections get keepalive
inline constexpr milliseconds kBackendPauseFirst{500};  // before a backend that is down is dialled
inline constexpr milliseconds kBackendPauseLongest{30'000};
inline constexpr milliseconds kProbeTimeout{5'000};
inline constexpr milliseconds kResync{30'000};
inline constexpr milliseconds kRetry{1'000};  // busy ports, an Engine that does not answer
inline constexpr milliseconds kEngineTimeout{5'000};
inline constexpr milliseconds kUpgradeTimeout{30'000};  // for the new daemon to be ready
inline constexpr std::size_t kDrainingGenerations = 4;

// Control socket.
inline constexpr std::size_t kControlLineBytes = 64 << 10;
inline constexpr std::size_t kControlClients = 64;
inline constexpr milliseconds kControlTimeout{15'000};

// Descriptors kept back from connections, besides pipes: control clients, Engine, files.
inline constexpr std::size_t kReservedDescriptors = 256;

}  // namespace netports::limits
