// Training clips ahead of the step that needs them, on threads of their own.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <s2d/core/error.hpp>
#include <s2d/torch/training_clip.hpp>

namespace s2d::inline S2D_ABI {
namespace torch {

struct clip_loader_options {
  std::int64_t first_step = 0;
  std::int64_t steps = -1;  ///< how many; negative: without end
  std::int64_t batch = 1;   ///< clips of a step
  std::size_t threads = 1;  ///< that load; 0: the caller's own, when it asks
  std::size_t ahead = 4;    ///< clips in memory or being loaded, at most; at least 1
};

/// Calls source(step, index) for one clip after the other and hands them out in that order,
/// whatever the number of threads. Not to be used from several threads at a time.
template <clip_source Source>
class clip_loader {
 public:
  /// @throws invalid_input if an option is out of range
  explicit clip_loader(Source source, const clip_loader_options& options = {})
      : source_{std::move(source)}, options_{options} {
    require(options.first_step >= 0, "clip_loader: first_step is ", options.first_step,
            ", expected 0 or more");
    require(options.batch >= 1, "clip_loader: batch is ", options.batch, ", expected 1 or more");
    require(options.ahead >= 1, "clip_loader: ahead is ", options.ahead, ", expected 1 or more");
    if (options.steps >= 0) end_ = options.steps * options.batch;
    slots_.resize(options.ahead);
    try {
      while (workers_.size() < options.threads) workers_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      // Those that there are will do; without any, next() loads.
    } catch (...) {
      stop();
      throw;
    }
  }
  clip_loader(const clip_loader&) = delete;
  clip_loader& operator=(const clip_loader&) = delete;
  /// Waits for the clips that are being loaded, and drops them.
  ~clip_loader() { stop(); }

  /// The next clip: all of a step by index, then those of the next step; nothing after the last.
  /// What the source threw comes out here, in its turn, invalid_input and io_error with the step
  /// and the index before the text; the clip is then passed over.
  [[nodiscard]] std::optional<training_clip> next() {
    const std::int64_t n = given_;
    if (n == end_) return std::nullopt;
    if (workers_.empty()) {
      ++given_;
      return load(n);
    }
    std::unique_lock lock{mutex_};
    slot& mine = slots_[static_cast<std::size_t>(n) % slots_.size()];
    loaded_.wait(lock, [&] { return mine.full; });
    slot taken = std::exchange(mine, {});
    ++given_;
    lock.unlock();
    freed_.notify_all();
    if (taken.error) std::rethrow_exception(taken.error);
    return std::move(taken.clip);
  }

 private:
  struct slot {
    std::optional<training_clip> clip;
    std::exception_ptr error;
    bool full = false;
  };

  training_clip load(std::int64_t n) const {
    const std::int64_t step = options_.first_step + n / options_.batch, index = n % options_.batch;
    const auto place = [&](const std::exception& error) {
      return concat("clip ", index, " of step ", step, ": ", error.what());
    };
    try {
      return source_(step, index);
    } catch (const invalid_input& error) {
      throw invalid_input{place(error)};
    } catch (const io_error& error) {
      throw io_error{place(error)};
    }
  }

  void work() {
    std::unique_lock lock{mutex_};
    for (;;) {
      freed_.wait(lock, [&] {
        return stopped_ || begun_ == end_ ||
               begun_ - given_ < static_cast<std::int64_t>(slots_.size());
      });
      if (stopped_ || begun_ == end_) return;
      const std::int64_t n = begun_++;
      lock.unlock();
      slot made;
      made.full = true;
      try {
        made.clip = load(n);
      } catch (...) {
        made.error = std::current_exception();
      }
      lock.lock();
      slots_[static_cast<std::size_t>(n) % slots_.size()] = std::move(made);
      loaded_.notify_all();
    }
  }

  void stop() noexcept {
    {
      const std::lock_guard lock{mutex_};
      stopped_ = true;
    }
    freed_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  Source source_;
  clip_loader_options options_;
  std::int64_t end_ = -1;   // clips in all, or never reached
  std::int64_t begun_ = 0;  // clips that a thread has taken on
  std::int64_t given_ = 0;  // clips that next() has handed out
  bool stopped_ = false;
  std::vector<slot> slots_;  // clip n in slot n % ahead
  std::mutex mutex_;
  std::condition_variable loaded_, freed_;
  std::vector<std::thread> workers_;
};

}  // namespace torch
}  // namespace s2d::inline S2D_ABI
