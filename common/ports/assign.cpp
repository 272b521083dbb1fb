#include "ports/assign.h"

#include "base/error.h"
#include "base/text.h"
#include "dokku/log.h"
#include "ports/claims.h"

namespace netports {

namespace {

/// What the PORTS files of `app` claim, once the property no longer hides them.
std::vector<PortMapping> claims_of_files(const PortsRole& ports, const std::string& app) {
  const auto released = ports.store.released(app);
  if (!released.problem.empty()) {
    throw Error("Unable to use the PORTS file of {}: {}", app, released.problem);
  }
  auto claims = released.mappings;
  if (const auto staged = ports.store.staged(app)) {
    claims.insert(claims.end(), staged->mappings.begin(), staged->mappings.end());
  }
  return claims;
}

void check_claims(const PortsRole& ports, const std::string& app,
                  const std::vector<PortMapping>& claims) {
  if (claims.empty()) return;
  check_allowed(app, claims, ports.allowed_ports(app));
  check_unclaimed(ports.store, app, claims);
  for (const auto& held : ports.forwarder.probe(claims)) {
    log::warn("{}", not_free_text(app, held));
  }
}

}  // namespace

std::string ports_text_of_words(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) {
    // A line break inside a word would make two mappings of it, behind the back of the messages.
    if (word.find_first_of("\r\n#") != std::string::npos) {
      throw Error("Invalid mapping: \"{}\"", printable(word));
    }
    const bool option = word.find('=') < word.find(':');
    if (!text.empty()) text += option ? ' ' : '\n';
    text += word;
  }
  if (!text.empty()) text += '\n';
  return text;
}

void assign_ports(const PortsRole& ports, const std::string& app,
                  const std::vector<std::string>& words) {
  const bool back_to_file = words.empty();
  const bool none = words.size() == 1 && words[0] == "none";
  const std::string text = none ? "" : ports_text_of_words(words);
  auto mappings = parse_ports(text, "mappings");
  if (mappings.empty() && !back_to_file && !none) throw Error("No mapping specified");
  {
    const FileLock lock = ports.lock_claims();
    if (back_to_file) mappings = claims_of_files(ports, app);
    check_claims(ports, app, mappings);
    if (back_to_file) {
      log::info2_quiet("Unsetting mappings");
      ports.properties.unset(app, PortStore::kProperty);
    } else {
      log::info2_quiet("Setting mappings to {}", none ? "none" : join(words, " "));
      ports.properties.set(app, PortStore::kProperty, text);
    }
  }
  try {
    for (const auto& warning : ports.forwarder.reload(app)) log::warn("{}", warning);
  } catch (const Error& error) {
    throw Error("Mappings of app {} are stored and not in effect yet: {}", app, error.what());
  }
}

}  // namespace netports
