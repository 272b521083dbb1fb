#include "doctor/doctor.h"

#include "doctor/judge.h"

namespace netports::doctor {

namespace {

struct Check {
  std::string_view group;
  std::string_view id;  // lasting: programs go by it
  std::string_view title;
  Finding (*judge)(const Facts& facts);
};

constexpr std::string_view kForwarder = "Forwarder";
constexpr std::string_view kPorts = "Public ports";
constexpr std::string_view kDokku = "Dokku and Docker";
constexpr std::string_view kKernel = "Kernel limits";

// To add one: what it needs to know in facts.h, how to find that out in look.cpp, its judgement in
// judge.cpp, its row here.
constexpr Check kChecks[]{
    {kForwarder, "daemon", "Daemon", judge_daemon},
    {kForwarder, "control-socket", "Control socket", judge_socket},
    {kForwarder, "service", "Service", judge_service},
    {kForwarder, "older-daemons", "Older daemons", judge_older_daemons},
    {kPorts, "mappings", "Mappings", judge_mappings},
    {kPorts, "listening", "Listening", judge_listening},
    {kPorts, "reachable", "Reachable", judge_reachable},
    {kPorts, "backends", "Containers", judge_backends},
    {kPorts, "wait-to-retire", "Deploys", judge_wait_to_retire},
    {kPorts, "firewall", "Firewall", judge_firewall},
    {kDokku, "takeover", "Takeover", judge_takeover},
    {kDokku, "leftovers", "Orphaned files", judge_leftovers},
    {kDokku, "engine", "Docker Engine", judge_engine},
    {kDokku, "forwarders-engine", "Engine events", judge_forwarders_engine},
    {kKernel, "descriptors", "Descriptors", judge_descriptors},
    {kKernel, "local-ports", "Local ports", judge_local_ports},
    {kKernel, "time-wait", "TIME_WAIT", judge_time_wait},
    {kKernel, "listen-queue", "Listen queue", judge_listen_queue},
};

}  // namespace

std::vector<Result> examine(const Facts& facts) {
  std::vector<Result> results;
  for (const auto& check : kChecks) {
    results.push_back({check.group, check.id, check.title, check.judge(facts)});
  }
  return results;
}

}  // namespace netports::doctor
