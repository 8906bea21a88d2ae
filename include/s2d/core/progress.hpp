// How long work reports what it has done and is told to stop.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

#include <s2d/core/error.hpp>

namespace s2d::inline S2D_ABI {

/// Thrown by long work after its progress callback asked it to stop. Nothing is half-written.
class cancelled : public std::runtime_error {
 public:
  cancelled() : std::runtime_error{"cancelled"} {}
};

/// Called between units of work, from one thread at a time, with the name of the stage and how
/// many of its `total` units are done. Returns false to stop: the call then throws `cancelled`.
/// Holds a copy of any callable of that signature, or nothing; an empty std::function is nothing.
class progress_callback {
 public:
  progress_callback() = default;
  template <class Callable>
  requires(!std::is_same_v<Callable, progress_callback> &&
           std::is_invocable_r_v<bool, Callable&, std::string_view, std::size_t, std::size_t>)
      progress_callback(Callable callable)  // NOLINT(google-explicit-constructor)
  {
    if constexpr (requires {
                    callable = nullptr;
                    !callable;
                  })
      if (!callable) return;
    target_ = new model<Callable>(std::move(callable));
  }
  progress_callback(const progress_callback& other)
      : target_{other.target_ ? other.target_->copy() : nullptr} {}
  progress_callback(progress_callback&& other) noexcept
      : target_{std::exchange(other.target_, nullptr)} {}
  progress_callback& operator=(progress_callback other) noexcept {
    std::swap(target_, other.target_);
    return *this;
  }
  ~progress_callback() { delete target_; }

  /// Whether there is something to call.
  [[nodiscard]] explicit operator bool() const noexcept { return target_ != nullptr; }

  /// Needs something to call.
  bool operator()(std::string_view stage, std::size_t done, std::size_t total) const {
    return target_->call(stage, done, total);
  }

 private:
  struct target {
    target() = default;
    target(const target&) = delete;
    target& operator=(const target&) = delete;
    virtual ~target() = default;
    [[nodiscard]] virtual target* copy() const = 0;
    virtual bool call(std::string_view stage, std::size_t done, std::size_t total) = 0;
  };
  template <class Callable>
  struct model final : target {
    explicit model(Callable from) : callable{std::move(from)} {}
    [[nodiscard]] target* copy() const override { return new model(callable); }
    bool call(std::string_view stage, std::size_t done, std::size_t total) override {
      return callable(stage, done, total);
    }
    Callable callable;
  };

  target* target_ = nullptr;
};

namespace detail {

inline void report(const progress_callback& callback, std::string_view stage, std::size_t done,
                   std::size_t total) {
  if (callback && !callback(stage, done, total)) throw cancelled{};
}

}  // namespace detail

}  // namespace s2d::inline S2D_ABI
