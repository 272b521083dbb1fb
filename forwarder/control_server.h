// The control socket: one request line a client, one answer, in a thread that never waits for
// anything but its sockets.
//
//   reload | reload APP | stop APP | probe ADDRESS… | backends APP | status [APP]
//   connections [APP] | metrics
//
// The answer's first line is `ok` or `error TEXT`; a body may follow, up to end of file.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "forwarder/generations.h"
#include "forwarder/manager.h"

struct pollfd;

namespace netports {

class ControlServer {
 public:
  /// Listens on `path` with mode 0660, or on `inherited` if that is a socket. A socket file that
  /// nobody answers is replaced.
  /// Errors: Error when another daemon answers there, or the path cannot be used.
  ControlServer(std::string path, UniqueFd inherited, Manager& manager, const Generations& older);
  ~ControlServer();

  /// The listening socket, borrowed, for the daemon after this one.
  [[nodiscard]] int socket() const { return listening_.get(); }
  /// Leaves socket and path to the daemon after this one, and listens on a path of its own, where
  /// it can be asked what it still finishes. Clients already here are still answered.
  void hand_over();

  /// Adds what shall be polled to `polled`.
  void add_descriptors(std::vector<pollfd>& polled);
  /// Serves what became ready since, and drops clients that are slow or wrong.
  void serve();

 private:
  struct Client {
    UniqueFd fd;
    std::string input;
    std::string output;
    std::size_t sent = 0;  // of the output
    Millis deadline = 0;
    bool answering = false;
    bool waiting = false;  // for the manager
    bool finished = false;
  };
  struct Answers;  // what the manager's thread hands back

  void accept_clients();
  /// Makes room for one more client. False when there is none to be had.
  bool make_room();
  void read_from(Client& client);
  void write_to(Client& client) const;
  void obey(Client& client, const std::string& line);
  void answer(Client& client, const std::string& text) const;
  Manager::Done answer_later(Client& client);

  std::string path_;
  Manager& manager_;
  const Generations& older_;
  bool owns_path_;  // an heir only once it serves
  UniqueFd listening_;
  Millis next_accept_ = 0;
  std::list<std::shared_ptr<Client>> clients_;
  std::shared_ptr<Answers> answers_;
};

}  // namespace netports
