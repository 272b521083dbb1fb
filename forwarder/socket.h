// The few socket calls the data path needs, with the daemon's options set.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/ip.h"
#include "base/unique_fd.h"
#include "ports/mapping.h"

namespace netports {

/// A listening socket, non-blocking; TCP_NODELAY and keepalive are inherited by what it accepts.
/// All addresses means one socket for IPv4 and IPv6, or IPv4 alone where the host has no IPv6.
/// Errors: Error "Cannot listen on <address>: <reason>".
UniqueFd listen_on(const ListenAddress& address);

/// Whether a listener could be had for `address` now; the reason when not, else empty.
std::string probe_listen(const ListenAddress& address);

/// The addresses of this host's interfaces; none where the kernel does not tell.
std::set<IpAddress> host_addresses();

/// Starts a non-blocking connect. No descriptor when it failed at once; errno says why. Keepalive
/// is left to the caller: it is four calls, which a connection of a millisecond never needs.
UniqueFd start_connect(const IpAddress& ip, std::uint16_t port);

/// Notices a peer that vanished within about four minutes.
void keep_alive(int fd);

/// The pending error of a socket (SO_ERROR), cleared by asking.
int socket_error(int fd);

/// Whether the peer's kernel has yet to confirm bytes that were written.
bool has_undelivered(int fd);

/// Makes the coming close of `fd` a reset, so that the peer sees no clean end.
void close_with_reset(int fd);

}  // namespace netports
