// traffic PORT [--long N] [--lasting S] [--rate N] [--phase FILE] [--record FILE]: a client that
// misses nothing.
//
// Keeps N connections open from the start and talks on each; with --lasting each ends after S
// seconds and a new one takes its place, one after the other. Makes short connections as well,
// `rate` a second: connect, read the greeting, send a line, read the answer, close. The server is
// tests/host/image/echo_server, which says its release in every line, so each answer tells where
// the connection landed. Prints one table row a second; the phase's FILE holds the word for its
// second column. The record gets the same figures five times a second, with tabs between. On
// SIGTERM it ends the long connections, prints the counts, and exits 1 if any connection failed.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "base/unique_fd.h"

using namespace netports;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int kPatienceSeconds = 10;

volatile std::sig_atomic_t ending = 0;

/// A blocking connection to the forwarder that reads and writes whole lines.
class LineClient {
 public:
  explicit LineClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{kPatienceSeconds, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      throw Error("connect: {}", errno_text(errno));
    }
  }

  std::string read_line() {
    while (true) {
      if (const auto end = buffer_.find('\n'); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        return line;
      }
      char bytes[512];
      const ssize_t n = ::recv(fd_.get(), bytes, sizeof bytes, 0);
      if (n < 0) throw Error("read: {}", errno_text(errno));
      if (n == 0) throw Error("read: closed by the server");
      buffer_.append(bytes, static_cast<std::size_t>(n));
    }
  }

  void write_line(const std::string& line) {
    const std::string text = line + "\n";
    if (::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(text.size())) {
      throw Error("write: {}", errno_text(errno));
    }
  }

  /// Ends our side; true when the server then ends its own without an error.
  bool finish() {
    ::shutdown(fd_.get(), SHUT_WR);
    char byte = 0;
    return ::recv(fd_.get(), &byte, 1, 0) == 0;
  }

 private:
  UniqueFd fd_;
  std::string buffer_;
};

/// "hello v2 3f1c…" -> "v2"; "v2: ping" -> "v2".
std::string release_of(const std::string& line) {
  const auto parts = words(line);
  if (parts.size() >= 2 && parts[0] == "hello") return std::string(parts[1]);
  if (!parts.empty() && parts[0].ends_with(':')) {
    return std::string(parts[0].substr(0, parts[0].size() - 1));
  }
  throw Error("answer: {}", printable(line));
}

class Counts {
 public:
  void tried() { ++tried_; }
  void failed(const std::string& what) {
    ++failed_;
    const std::lock_guard lock(mutex_);
    if (failures_.size() < 5) failures_.push_back(what);
  }
  void answered_by(const std::string& release) {
    const std::lock_guard lock(mutex_);
    ++answered_[release];
  }
  void open_on(const std::string& release, int change) {
    const std::lock_guard lock(mutex_);
    open_[release] += change;
  }
  void finished_on(const std::string& release) {
    const std::lock_guard lock(mutex_);
    ++finished_[release];
  }
  [[nodiscard]] int failures() const { return failed_; }

  void print_row(double seconds, const std::string& phase) {
    const std::lock_guard lock(mutex_);
    fmt::print("{:5.1f}s  {:<14} {:>7} {:>7}   {:<22} {}\n", seconds, phase, tried_.load(),
               failed_.load(), by_release(answered_), by_release(open_));
    std::fflush(stdout);
  }

  void record_row(std::ostream& record, double seconds, const std::string& phase) {
    const std::lock_guard lock(mutex_);
    record << fmt::format("{:.2f}\t{}\t{}\t{}\t{}\t{}\n", seconds, phase, tried_.load(),
                          failed_.load(), by_release(answered_, ":", ","),
                          by_release(open_, ":", ","))
           << std::flush;
  }

  void print_summary() {
    const std::lock_guard lock(mutex_);
    fmt::print("connections tried:   {}\n", tried_.load());
    fmt::print("connections failed:  {}\n", failed_.load());
    for (const auto& [release, count] : answered_) {
      fmt::print("new connections answered by {}:           {}\n", release, count);
    }
    for (const auto& [release, count] : finished_) {
      fmt::print("connections that stayed and finished on {}: {}\n", release, count);
    }
    for (const auto& failure : failures_) fmt::print("failure: {}\n", failure);
    std::fflush(stdout);
  }

 private:
  static std::string by_release(const std::map<std::string, int>& counts, const char* colon = ": ",
                                const char* comma = "  ") {
    std::string text;
    for (const auto& [release, count] : counts) {
      if (count == 0) continue;
      text += fmt::format("{}{}{}{}", text.empty() ? "" : comma, release, colon, count);
    }
    return text.empty() ? "-" : text;
  }

  std::atomic<int> tried_{0};
  std::atomic<int> failed_{0};
  std::mutex mutex_;
  std::map<std::string, int> answered_;
  std::map<std::string, int> open_;
  std::map<std::string, int> finished_;
  std::vector<std::string> failures_;
};

/// One connection, until `until` or the end. False when it failed.
bool keep_long_connection(std::uint16_t port, Clock::time_point until, Counts& counts) {
  counts.tried();
  std::string release;
  try {
    LineClient client(port);
    release = release_of(client.read_line());
    counts.open_on(release, 1);
    while (ending == 0 && Clock::now() < until) {
      client.write_line("ping");
      const std::string answer = client.read_line();
      if (answer != release + ": ping") throw Error("answer: {}", printable(answer));
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    if (!client.finish()) throw Error("no clean end");
    counts.finished_on(release);
    counts.open_on(release, -1);
    return true;
  } catch (const Error& error) {
    counts.failed("long " + std::string(error.what()));
    if (!release.empty()) counts.open_on(release, -1);
    return false;
  }
}

/// One connection after the other, each for `lasting`, the first for a `share` of it. 0: one only.
void keep_long_connections(std::uint16_t port, std::chrono::duration<double> lasting, double share,
                           Counts& counts) {
  const auto after = [](std::chrono::duration<double> time) {
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(time);
  };
  auto until = lasting.count() > 0 ? after(lasting * share) : Clock::time_point::max();
  while (keep_long_connection(port, until, counts) && ending == 0) until = after(lasting);
}

void make_short_connections(std::uint16_t port, unsigned rate, Counts& counts) {
  const auto gap = std::chrono::nanoseconds(1'000'000'000 / rate);
  auto next = Clock::now();
  while (ending == 0) {
    counts.tried();
    try {
      LineClient client(port);
      const std::string release = release_of(client.read_line());
      client.write_line("short");
      if (release_of(client.read_line()) != release) throw Error("answered by two releases");
      if (!client.finish()) throw Error("no clean end");
      counts.answered_by(release);
    } catch (const Error& error) {
      counts.failed("short " + std::string(error.what()));
    }
    next = std::max(next + gap, Clock::now() - std::chrono::seconds(1));
    std::this_thread::sleep_until(next);
  }
}

std::uint64_t number_after(const std::vector<std::string>& words, const std::string& option,
                           std::uint64_t otherwise) {
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i] != option) continue;
    if (const auto value = parse_number(words[i + 1], 100'000)) return *value;
    throw UsageError(option + " needs a number");
  }
  return otherwise;
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.empty())
    throw UsageError(
        "Usage: traffic PORT [--long N] [--lasting S] [--rate N] [--phase FILE] [--record FILE]");
  const auto port = parse_number(arguments[0], 65535);
  if (!port) throw UsageError("PORT must be a number");
  const auto long_connections = number_after(arguments, "--long", 20);
  const auto rate = static_cast<unsigned>(number_after(arguments, "--rate", 200));
  const std::chrono::seconds lasting(number_after(arguments, "--lasting", 0));
  std::string phase_file;
  std::ofstream record;
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
    if (arguments[i] == "--phase") phase_file = arguments[i + 1];
    if (arguments[i] != "--record") continue;
    record.open(arguments[i + 1]);
    if (!record) throw Error("Unable to write {}: {}", arguments[i + 1], errno_text(errno));
    record << "seconds\tphase\ttried\tfailed\tshort answered by\tlong open on\n";
  }

  Counts counts;
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < long_connections; ++i) {
    threads.emplace_back(keep_long_connections, static_cast<std::uint16_t>(*port), lasting,
                         static_cast<double>(i + 1) / static_cast<double>(long_connections),
                         std::ref(counts));
  }
  threads.emplace_back(make_short_connections, static_cast<std::uint16_t>(*port), rate,
                       std::ref(counts));

  fmt::print("{:>6}  {:<14} {:>7} {:>7}   {:<22} {}\n", "time", "phase", "tried", "failed",
             "short answered by", "long open on");
  const auto start = Clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
  const auto phase = [&] {
    const auto word = phase_file.empty() ? std::nullopt : read_file(phase_file);
    return std::string(trim(word.value_or("")));
  };
  constexpr int kLooksASecond = 5;
  for (int look = 1; ending == 0; ++look) {
    const auto next = start + look * std::chrono::milliseconds(1000 / kLooksASecond);
    while (ending == 0 && Clock::now() < next) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    if (record.is_open()) counts.record_row(record, seconds(), phase());
    if (look % kLooksASecond == 0 || ending != 0) counts.print_row(seconds(), phase());
  }
  for (auto& thread : threads) thread.join();
  if (record.is_open()) counts.record_row(record, seconds(), phase());
  counts.print_summary();
  return counts.failures() == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGTERM, [](int) { ending = 1; });
  try {
    return run({argv + 1, argv + argc});
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return error.status();
  }
}
