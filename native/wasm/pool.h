// The pool of a module of one thread: it runs all parts by itself, in the order of their numbers.
#pragma once

#include <algorithm>

namespace blastrain {

class Pool {
 public:
  static constexpr int kMax = 256;

  static Pool& Shared() {
    static Pool pool;
    return pool;
  }

  int Threads() const { return 1; }
  int Divisions() const { return divisions_ > 0 ? divisions_ : 1; }
  // 0 for the number of threads.
  void SetDivisions(int divisions) { divisions_ = std::clamp(divisions, 0, kMax); }

  template <typename Part>
  void Run(int parts, const Part& part) {
    for (int i = 0; i < parts; i++) part(i);
  }

 private:
  int divisions_ = 0;
};

}  // namespace blastrain
