// A database whose transactions are counted and timed.
#pragma once

#include <memory>

#include "hosting/figures.h"
#include "store/database.h"

namespace muster::hosting {

class MeasuredDatabase final : public store::Database {
 public:
  // `figures` and `clock` outlive it.
  MeasuredDatabase(std::unique_ptr<store::Database> inner, Figures& figures, const Clock& clock)
      : inner_(std::move(inner)), figures_(figures), clock_(clock) {}

 protected:
  Result<void> write_with(const std::function<Result<void>(store::Transaction&)>& work) override {
    return measured(figures_.writes, [&] { return inner_->write(work); });
  }
  Result<void> read_with(const std::function<Result<void>(store::Reader&)>& work) override {
    return measured(figures_.reads, [&] { return inner_->read(work); });
  }

 private:
  template <typename Call>
  Result<void> measured(DatabaseFigures& figures, Call call) {
    const Duration begun = clock_.steady();
    auto done = call();
    figures.time.observe(static_cast<std::uint64_t>((clock_.steady() - begun).count()) * 1000);
    (done ? figures.done : figures.failed).add();
    return done;
  }

  std::unique_ptr<store::Database> inner_;
  Figures& figures_;
  const Clock& clock_;
};

}  // namespace muster::hosting
