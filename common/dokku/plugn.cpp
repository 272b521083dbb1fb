#include "dokku/plugn.h"

#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace netports::plugn {

std::vector<std::string> implementers(const Environment& env, const std::string& name) {
  const std::string enabled = env.plugin_path + "/enabled";
  std::vector<std::string> found;
  for (auto& entry : directory_entries(enabled)) {
    const std::string hook = fmt::format("{}/{}/{}", enabled, entry, name);
    if (::access(hook.c_str(), X_OK) == 0 && is_regular_file(hook)) {
      found.push_back(std::move(entry));
    }
  }
  return found;
}

bool is_implemented(const Environment& env, const std::string& name,
                    const std::vector<std::string>& except) {
  const auto found = implementers(env, name);
  return std::any_of(found.begin(), found.end(), [&](const std::string& entry) {
    return std::find(except.begin(), except.end(), entry) == except.end();
  });
}

ProcessResult trigger(const std::string& name, const std::vector<std::string>& args) {
  std::vector<std::string> argv{"plugn", "trigger", name};
  argv.insert(argv.end(), args.begin(), args.end());
  return run_process(argv);
}

std::string trigger_output(const Environment& env, const std::string& name,
                           const std::vector<std::string>& args) {
  if (!is_implemented(env, name)) return "";
  const ProcessResult result = trigger(name, args);
  if (result.status != 0) {
    throw Error("Failure in {} hook: {}", name, printable(trim(result.err)));
  }
  return std::string(trim(result.out));
}

}  // namespace netports::plugn
