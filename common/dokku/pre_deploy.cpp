#include "dokku/pre_deploy.h"

#include "base/error.h"
#include "base/file.h"
#include "dokku/log.h"
#include "dokku/users.h"

namespace netports {

namespace {

constexpr const char* kTrigger = "pre-release-builder";
constexpr std::size_t kMaxProgramBytes = 64 << 20;

bool mentions_trigger(const std::string& script) {
  try {
    const auto text = read_file(script, kMaxProgramBytes);
    return text && text->find(kTrigger) != std::string::npos;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

bool fires_pre_release_builder(const Environment& env) {
  const std::string core = env.plugin_core_path + "/available";
  for (const auto& plugin : directory_entries(core)) {
    const std::string directory = core + "/" + plugin + "/";
    if (is_regular_file(directory + kTrigger) || mentions_trigger(directory + "builder-release")) {
      return true;
    }
  }
  return false;
}

void place_pre_deploy(const Environment& env, const Entry& entry) {
  const std::string placed = entry.directory + "/pre-deploy";
  if (fires_pre_release_builder(env)) {
    remove_file(placed);
    return;
  }
  const auto program = read_file(entry.directory + "/bin/pre-deploy", kMaxProgramBytes);
  if (!program || read_file(placed, kMaxProgramBytes) == program) return;
  write_file(placed, *program, 0755, system_owner(env));
  log::info1_quiet("Using pre-deploy, as this Dokku has no {}", kTrigger);
}

}  // namespace netports
