// Follows the Engine's event stream and tells which containers changed.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "docker/engine.h"

namespace netports {

class EngineWatch {
 public:
  /// `on_change(app, container id)`: a container started, ended or changed networks. Both empty:
  /// events may have been lost (the stream began or was cut), anything may have changed.
  /// Called in the watch's own thread.
  using OnChange = std::function<void(const std::string& app, const std::string& container_id)>;

  EngineWatch(EngineEndpoint endpoint, OnChange on_change);
  ~EngineWatch();

 private:
  void loop();
  void follow();
  void pause();
  void on_event(const std::string& line) const;

  const Engine engine_;
  const OnChange on_change_;
  std::atomic<bool> stopping_{false};
  bool lost_ = false;  // the stream, and that was told
  std::thread thread_;
};

}  // namespace netports
