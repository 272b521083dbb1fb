// The judgements of `doctor`: each makes one finding of what is known. None asks anybody anything.
#pragma once

#include "doctor/check.h"
#include "doctor/facts.h"

namespace netports::doctor {

// The forwarder.
Finding judge_daemon(const Facts& facts);
Finding judge_socket(const Facts& facts);
Finding judge_service(const Facts& facts);
Finding judge_older_daemons(const Facts& facts);

// Public ports. Without any they are not applicable.
Finding judge_mappings(const Facts& facts);
Finding judge_listening(const Facts& facts);
Finding judge_reachable(const Facts& facts);
Finding judge_backends(const Facts& facts);
Finding judge_wait_to_retire(const Facts& facts);
Finding judge_firewall(const Facts& facts);

// Dokku and the Docker Engine.
Finding judge_takeover(const Facts& facts);
Finding judge_leftovers(const Facts& facts);
Finding judge_engine(const Facts& facts);
Finding judge_forwarders_engine(const Facts& facts);

// The kernel's limits.
Finding judge_descriptors(const Facts& facts);
Finding judge_local_ports(const Facts& facts);
Finding judge_time_wait(const Facts& facts);
Finding judge_listen_queue(const Facts& facts);

}  // namespace netports::doctor
