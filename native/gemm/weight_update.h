// What is done with the gradients of some weights as soon as they are known.
#pragma once

#include <cstdint>

namespace blastrain {

// Updates `count` weights from element `at` on, whose gradients are g, which it may overwrite. A reference to a callable, which has to outlive it:
// with a template parameter in its place the whole product would be compiled for each rule.
template <typename T>
class WeightUpdate {
 public:
  template <typename Update>
  WeightUpdate(const Update& update)
      : update_(&update), call_([](const void* self, int64_t at, int64_t count, T* g) { (*static_cast<const Update*>(self))(at, count, g); }) {}

  void operator()(int64_t at, int64_t count, T* g) const { call_(update_, at, count, g); }

 private:
  const void* update_;
  void (*call_)(const void* self, int64_t at, int64_t count, T* g);
};

}  // namespace blastrain
