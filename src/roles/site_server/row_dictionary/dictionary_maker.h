// Makes the dictionaries that row lists are packed with, as the fleet grows: a thousand devices say
// little of a million.
#pragma once

#include <atomic>
#include <thread>

#include "hosting/site.h"

namespace muster::site_server {

class DictionaryMaker {
 public:
  explicit DictionaryMaker(hosting::Site& site) : site_(site) {}
  DictionaryMaker(const DictionaryMaker&) = delete;
  DictionaryMaker& operator=(const DictionaryMaker&) = delete;
  ~DictionaryMaker();

  // Begins one where the fleet has outgrown the latest, on a thread of its own. What fails is
  // logged, and begun again with the next call. Error: of the database, before it began.
  Result<void> follow();
  // Behind the one that is being made.
  void wait();

 private:
  Result<void> make(const std::vector<store::DeviceNumber>& devices);

  hosting::Site& site_;
  std::thread maker_;
  std::atomic<bool> making_ = false;
};

}  // namespace muster::site_server
