#include "host.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <stdexcept>

#include "base/unique_fd.h"
#include "catch.h"

namespace netports::test {

namespace {

/// Whether the program was built with a sanitizer that keeps memory of its own.
bool has_sanitizer(const std::string& program) {
  const UniqueFd fd(::open(program.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) throw std::runtime_error("no daemon: " + program);
  const auto size = static_cast<std::size_t>(info.st_size);
  void* const bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (bytes == MAP_FAILED) throw std::runtime_error("cannot read " + program);
  const auto names = [&](std::string_view symbol) {
    return ::memmem(bytes, size, symbol.data(), symbol.size()) != nullptr;
  };
  const bool found = names("__asan_init") || names("__tsan_init");
  ::munmap(bytes, size);
  return found;
}

}  // namespace

std::string daemon_program() {
  // A daemon built with a sanitizer can be tried with tests that are not.
  const char* other = std::getenv("NETPORTS_DAEMON");
  return other != nullptr ? other : NETPORTS_DAEMON;
}

bool measures_memory() {
  static const bool sanitized = has_sanitizer(daemon_program());
  if (sanitized) WARN("skipped: the daemon's memory, of which a sanitizer has the greater part");
  return !sanitized;
}

Host::Host() : engine(directory.path() + "/docker.sock") {
  std::filesystem::create_directories(directory.path() + "/root");
  std::filesystem::create_directories(directory.path() + "/properties");
}

// The daemon first: while it ends it may still ask the Engine.
Host::~Host() { daemon_.reset(); }

std::string Host::file(const std::string& app, const std::string& name) const {
  return directory.file("root/" + app + "/" + name);
}

void Host::ports(const std::string& app, const std::string& text) const {
  // By one rename, as our hooks do.
  const std::string temp = file(app, ".PORTS.tmp");
  std::ofstream(temp, std::ios::binary) << text;
  std::filesystem::rename(temp, file(app, "PORTS"));
}

void Host::container_file(const std::string& app, const std::string& name,
                          const std::string& content) const {
  std::ofstream(file(app, "CONTAINER." + name), std::ios::binary) << content;
}

std::string Host::new_id() {
  static std::atomic<unsigned> last{0};
  return fmt::format("{:064x}", 0xabc000U + ++last);
}

std::string Host::run(const std::string& app, const std::string& name, const std::string& address) {
  std::string id = new_id();
  engine.run(id, address);
  container_file(app, name, id + "\n");
  return id;
}

DaemonProcess& Host::launch(const std::vector<std::string>& arguments,
                            unsigned long max_descriptors, const std::string& program) {
  DaemonProcess::Options options;
  options.program = program;
  options.control = control();
  options.log = directory.path() + "/log";
  options.max_descriptors = max_descriptors;
  options.arguments = {"--dokku-root",  directory.path() + "/root",
                       "--properties",  directory.path() + "/properties",
                       "--docker-host", "unix://" + directory.path() + "/docker.sock"};
  options.arguments.insert(options.arguments.end(), arguments.begin(), arguments.end());
  daemon_.reset();
  daemon_ = std::make_unique<DaemonProcess>(std::move(options));
  return *daemon_;
}

DaemonProcess& Host::start_program(const std::string& program) {
  launch({}, 0, program);
  if (!daemon_->wait_ready()) throw std::runtime_error("not ready: " + daemon_->log());
  return *daemon_;
}

DaemonProcess& Host::start(const std::vector<std::string>& arguments,
                           unsigned long max_descriptors) {
  launch(arguments, max_descriptors);
  if (!daemon_->wait_ready()) throw std::runtime_error("not ready: " + daemon_->log());
  return *daemon_;
}

Usage Host::settled_usage() const {
  if (!eventually([this] { return engine.followers() == 1; })) {
    throw std::runtime_error("it does not follow the Engine");
  }
  return daemon_->usage();
}

MailHost::MailHost()
    : port(free_port()), private_port(free_port()), id(run("mail", "web.1", kAddress)) {
  ports("mail", fmt::format("{}:{}\n", port, private_port));
}

std::string MailHost::deploy(const std::string& address) {
  run("mail", "web.1", address);
  return daemon().ask("reload mail");
}

std::string random_bytes(std::size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < count; i += 8) {
    const std::uint64_t word = random();
    for (std::size_t j = i; j < i + 8 && j < count; ++j) {
      bytes[j] = static_cast<char>(word >> (8 * (j - i)));
    }
  }
  return bytes;
}

}  // namespace netports::test
