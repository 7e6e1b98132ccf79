// Deadlines without a timer per wait: a list per kind of wait. All waits of a kind last equally
// long, so each list is in order by itself and only its front is ever looked at.
#pragma once

#include "base/time.h"

namespace muster::net {

class DeadlineList;

// What waits. In one list at most; leaves it when destroyed.
class Timed {
 public:
  virtual void on_deadline() = 0;
  inline void disarm();

 protected:
  Timed() = default;
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  virtual ~Timed() { disarm(); }

 private:
  friend class DeadlineList;
  DeadlineList* list_ = nullptr;
  Timed* previous_ = nullptr;
  Timed* next_ = nullptr;
  Duration deadline_{0};
};

class DeadlineList {
 public:
  explicit DeadlineList(Duration time) : time_(time) {}
  DeadlineList(const DeadlineList&) = delete;
  DeadlineList& operator=(const DeadlineList&) = delete;

  void arm(Timed& timed, Duration now) {
    timed.disarm();
    timed.list_ = this;
    timed.deadline_ = now + time_;
    timed.previous_ = back_;
    timed.next_ = nullptr;
    (back_ != nullptr ? back_->next_ : front_) = &timed;
    back_ = &timed;
  }
  // Takes out and tells all that are due.
  void expire(Duration now) {
    while (front_ != nullptr && front_->deadline_ <= now) {
      Timed& due = *front_;
      remove(due);
      due.on_deadline();
    }
  }
  bool empty() const { return front_ == nullptr; }
  // Of a list that is not empty.
  Duration next_deadline() const { return front_->deadline_; }

 private:
  friend class Timed;
  void remove(Timed& timed) {
    (timed.previous_ != nullptr ? timed.previous_->next_ : front_) = timed.next_;
    (timed.next_ != nullptr ? timed.next_->previous_ : back_) = timed.previous_;
    timed.list_ = nullptr;
  }

  Duration time_;
  Timed* front_ = nullptr;
  Timed* back_ = nullptr;
};

inline void Timed::disarm() {
  if (list_ != nullptr) list_->remove(*this);
}

}  // namespace muster::net
