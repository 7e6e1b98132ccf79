#include "net/held_request.h"

#include "net/connection.h"

namespace muster::net {

bool HeldRequest::answer(Response response) {
  const std::lock_guard lock(mutex_);
  if (over_) return false;
  over_ = true;
  if (loop_ == nullptr) {
    early_ = std::make_unique<Response>(std::move(response));
    return true;
  }
  // Under the lock: the connection, and with it the loop, cannot go meanwhile.
  loop_->post([self = shared_from_this(), given = std::make_shared<Response>(std::move(response))] {
    if (self->connection_ != nullptr) self->connection_->answer_held(std::move(*given));
  });
  return true;
}

std::unique_ptr<Response> HeldRequest::attach(EventLoop& loop, Connection& connection) {
  const std::lock_guard lock(mutex_);
  if (early_) return std::move(early_);
  loop_ = &loop;
  connection_ = &connection;
  return nullptr;
}

void HeldRequest::detach(bool answered) {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
    loop_ = nullptr;
  }
  connection_ = nullptr;
  ended(answered);
}

}  // namespace muster::net
