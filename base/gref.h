// GRef<T>: the only owner of GObjects and of glib memory in mapiguard.
//   adopt(p)  p comes with a reference that is ours ("transfer full")
//   share(p)  p is somebody else's; take a reference of our own ("transfer none")
//
// Thread promise: as the object it holds.
#pragma once

#include <glib-object.h>

#include <memory>
#include <utility>

namespace mapiguard {

template <class T>
class GRef {
 public:
  GRef() = default;
  GRef(const GRef& other) : object_(other.object_) { take(); }
  GRef(GRef&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  GRef& operator=(GRef other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~GRef() {
    if (object_) g_object_unref(object_);
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

  template <class U>
  friend GRef<U> adopt(U* object);
  template <class U>
  friend GRef<U> share(U* object);

 private:
  explicit GRef(T* object) : object_(object) {}
  void take() {
    if (object_) g_object_ref(object_);
  }
  T* object_ = nullptr;
};

template <class T>
GRef<T> adopt(T* object) {
  return GRef<T>(object);
}
template <class T>
GRef<T> share(T* object) {
  GRef<T> ref(object);
  ref.take();
  return ref;
}

struct GFree {
  void operator()(void* memory) const { g_free(memory); }
};
using GString8 = std::unique_ptr<char, GFree>;  // a char* that g_free must free

}  // namespace mapiguard
