#include "forwarder/engine_watch.h"

#include <new>

#include "base/error.h"
#include "forwarder/event_log.h"
#include "forwarder/limits.h"

namespace netports {

namespace {

/// How long a stop waits for this thread at most.
constexpr std::chrono::milliseconds kGlance{200};

std::string events_path() {
  return "/events?filters=" +
         Engine::encode(
             R"({"type":["container","network"],"event":["start","die","destroy","rename","connect","disconnect","pause","unpause"]})");
}

}  // namespace

EngineWatch::EngineWatch(EngineEndpoint endpoint, OnChange on_change)
    : engine_(std::move(endpoint), limits::kEngineTimeout),
      on_change_(std::move(on_change)),
      thread_([this] { loop(); }) {}

EngineWatch::~EngineWatch() {
  stopping_ = true;
  thread_.join();
}

void EngineWatch::loop() {
  while (!stopping_) {
    try {
      follow();
    } catch (const std::bad_alloc&) {
      // Short enough for a string that allocates nothing.
      if (!lost_) event_log::write("engine-lost", {{"reason", "Out of memory"}});
      lost_ = true;
    }
    pause();
  }
}

void EngineWatch::follow() {
  bool first = true;
  try {
    engine_.stream(events_path(), kGlance, [&](const std::string& line) {
      if (std::exchange(first, false)) {
        // Connected: what happened before is unknown.
        if (lost_) event_log::write("engine-followed");
        lost_ = false;
        on_change_("", "");
      }
      if (!line.empty()) on_event(line);
      return !stopping_.load();
    });
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    if (!lost_) event_log::write("engine-lost", {{"reason", error.what()}});
    lost_ = true;
  }
}

void EngineWatch::pause() {
  const auto end = std::chrono::steady_clock::now() + limits::kRetry;
  while (!stopping_ && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(kGlance);
}

void EngineWatch::on_event(const std::string& line) const {
  try {
    const auto event = json::parse_object(line, "an Engine event");
    const auto actor = json::object(event, "Actor");
    const auto attributes = json::object(actor, "Attributes");
    if (json::text(event, "Type") == "network") {
      on_change_("", json::text(attributes, "container"));
    } else {
      on_change_(json::text(attributes, "com.dokku.app-name"), json::text(actor, "ID"));
    }
  } catch (const Error& error) {
    event_log::write("engine-event-ignored", {{"reason", error.what()}});
  }
}

}  // namespace netports
