// What becomes of an app's public ports in its life. None of it asks the Docker Engine.
#pragma once

#include <string>
#include <vector>

#include "ports/role.h"

namespace netports {

/// Words for `docker container create` so that the forwarder reaches a container of `process` by a
/// published port, each with a blank in front; empty where it uses the container's own address.
std::string docker_words(const PortsRole& ports, const std::string& app,
                         const std::string& process);

/// What the plugin's docker-args has always printed: "-p <private> " for each port.
std::string docker_words_of_old(const PortsRole& ports, const std::string& app);

/// A new app: what an app of that name left behind is not its own.
void forget_leftovers(const PortsRole& ports, const std::string& app);

/// The new containers run: makes the staged mappings the active ones, waits for ports that nobody
/// has waited for, and sends new connections to the new containers. Never fails a deploy that is
/// done: what went wrong is a warning.
void activate(const PortsRole& ports, const std::string& app);

/// The app is about to start: says early when nobody forwards its ports.
void before_start(const PortsRole& ports, const std::string& app);

/// The app was stopped: connections to it are reset, its public ports stay reserved.
void after_stop(const PortsRole& ports, const std::string& app);

/// The app goes: its listeners close, no file of ours remains.
void forget(const PortsRole& ports, const std::string& app);

/// `copy` was cloned from `app`: it gets its properties but none of its public ports.
void clone(const PortsRole& ports, const std::string& app, const std::string& copy);

/// Removes PORTS files that git copied into a clone behind `clone`'s back.
void drop_copied_files(const PortsRole& ports, const std::string& copy);

/// `app` is called `renamed` now: its public ports move, and no listener closes in between.
void rename(const PortsRole& ports, const std::string& app, const std::string& renamed);

}  // namespace netports
