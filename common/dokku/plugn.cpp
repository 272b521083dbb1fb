#include "dokku/plugn.h"

#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace netports::plugn {

bool is_implemented(const Environment& env, const std::string& name,
                    const std::vector<std::string>& except) {
  const std::string enabled = env.plugin_path + "/enabled";
  const auto entries = directory_entries(enabled);
  return std::any_of(entries.begin(), entries.end(), [&](const std::string& entry) {
    if (std::find(except.begin(), except.end(), entry) != except.end()) return false;
    const std::string hook = enabled + "/" + entry + "/" + name;
    return is_regular_file(hook) && ::access(hook.c_str(), X_OK) == 0;
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
