// network-get-ipaddr <app> <process> <container>: prints the address under which the proxy reaches
// the container, an empty line when it has none. Its stdout is captured.
#include "docker/client.h"
#include "dokku/log.h"
#include "dokku/program.h"
#include "network/listeners.h"
#include "network/rebuild.h"

using namespace netports;

namespace {

std::string address_of(const program::Call& call) {
  const std::string& app = call.args.at(0);
  const std::string& id = call.args.at(2);
  const network::Settings settings(call.env);
  const std::string listener =
      call.args.at(1) == "web" ? settings.static_web_listener(app) : std::string();
  if (!listener.empty()) return network::static_listener_host(listener);
  if (id.empty()) return "";
  const auto container = DockerClient::of(call.env)->find_container(id);
  if (!container) return "";
  return network::container_address(*container, settings.computed(app, network::kInitialNetwork));
}

}  // namespace

int main(int argc, char** argv) {
  return program::trigger(argc, argv, Role::network, [](const program::Call& call) {
    log::reserve_stdout();
    log::result(address_of(call) + "\n");
  });
}
