// What `ports-set` does: mappings that Dokku keeps in place of an app's PORTS file.
#pragma once

#include <string>
#include <vector>

#include "ports/role.h"

namespace netports {

/// The words of the command line as the text of a PORTS file: each mapping starts a line, words of
/// the form key=value belong to the mapping in front of them.
std::string ports_text_of_words(const std::vector<std::string>& words);

/// Gives `app` the mappings in `words` at once; "none": no public port whatever its file says; no
/// word: those of its PORTS file again.
/// Errors: Error, and then nothing was changed, unless the message says that only the forwarder is
/// missing.
void assign_ports(const PortsRole& ports, const std::string& app,
                  const std::vector<std::string>& words);

}  // namespace netports
