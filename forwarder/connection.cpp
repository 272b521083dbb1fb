#include "forwarder/connection.h"

namespace netports {

void ConnectionList::push_back(Connection* connection) {
  connection->previous = last_;
  connection->next = nullptr;
  (last_ != nullptr ? last_->next : first_) = connection;
  last_ = connection;
  ++size_;
}

void ConnectionList::remove(Connection* connection) {
  (connection->previous != nullptr ? connection->previous->next : first_) = connection->next;
  (connection->next != nullptr ? connection->next->previous : last_) = connection->previous;
  --size_;
}

}  // namespace netports
