// A host for one test: app directories, an Engine, backends, and the daemon over them.
#pragma once

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "daemon_process.h"
#include "fake_engine.h"
#include "server.h"
#include "temp_directory.h"

namespace netports::test {

/// The daemon under test.
std::string daemon_program();
/// Whether its memory tells anything: a sanitizer's own would be measured with it, and no sanitizer
/// lives with a limit. If it does not, the running test says that it leaves something out.
bool measures_memory();

class Host {
 public:
  Host();
  ~Host();

  TempDirectory directory;
  FakeEngine engine;

  /// Writes the app's PORTS file.
  void ports(const std::string& app, const std::string& text) const;
  /// Writes CONTAINER.<name> of the app; `content` is usually an id.
  void container_file(const std::string& app, const std::string& name,
                      const std::string& content) const;
  /// The path of a file of the app.
  [[nodiscard]] std::string file(const std::string& app, const std::string& name) const;

  /// A container id that was never used before.
  static std::string new_id();
  /// A container of `app` called `name` ("web.1"): the Engine runs it at `address`, and the app's
  /// file names it. Its id.
  std::string run(const std::string& app, const std::string& name, const std::string& address);

  /// Starts the daemon and waits until it is ready.
  DaemonProcess& start(const std::vector<std::string>& arguments = {},
                       unsigned long max_descriptors = 0);
  /// Starts the daemon and does not wait.
  DaemonProcess& launch(const std::vector<std::string>& arguments = {},
                        unsigned long max_descriptors = 0,
                        const std::string& program = daemon_program());
  /// As `start`, from another place.
  DaemonProcess& start_program(const std::string& program);
  /// What the daemon uses once it follows the Engine's events.
  [[nodiscard]] Usage settled_usage() const;
  DaemonProcess& daemon() { return *daemon_; }
  [[nodiscard]] std::string control() const { return directory.path() + "/control.sock"; }

 private:
  std::unique_ptr<DaemonProcess> daemon_;
};

/// A host with one app `mail`, public port `port` to `private_port`, one container web.1 at
/// 127.0.0.2; nothing is started.
struct MailHost : Host {
  MailHost();
  const std::uint16_t port;
  const std::uint16_t private_port;
  const std::string id;
  static constexpr const char* kAddress = "127.0.0.2";

  /// A new container takes over: file written, the daemon told. Its answer.
  std::string deploy(const std::string& address);
  [[nodiscard]] Peer connect() const { return connect_to(port); }
};

/// `count` bytes that look random and are the same for the same `seed`.
std::string random_bytes(std::size_t count, unsigned seed);

}  // namespace netports::test
