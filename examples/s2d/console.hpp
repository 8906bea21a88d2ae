// What people see while the program works: a progress bar on a terminal, plain lines elsewhere;
// and the signals by which they stop it.
#pragma once

#include <chrono>
#include <csignal>
#include <cstddef>
#include <string>
#include <string_view>

#include <s2d/core/progress.hpp>

namespace app {

/// Where standard input, output or error are closed, files that are opened would take their place:
/// opens /dev/null for these. To be called first.
void open_standard_streams();

/// The exit status of a program that would end with `status`, but may not have been able to write
/// all that it had to say: 1 with an error line, or silently that of a program which SIGPIPE ends
/// where nobody reads any more.
[[nodiscard]] int finished_output(int status);

/// Lets SIGINT and SIGTERM ask for a stop, those held back before included; a second signal ends
/// the program at once.
void watch_signals();

/// Holds SIGINT and SIGTERM back while it lives, also in a program that is started meanwhile, until
/// that watches signals itself.
class signal_hold {
 public:
  signal_hold();
  ~signal_hold();
  signal_hold(const signal_hold&) = delete;
  signal_hold& operator=(const signal_hold&) = delete;

 private:
  sigset_t before_;
};

[[nodiscard]] bool stop_requested() noexcept;
/// 128 + the number of the signal that asked for a stop.
[[nodiscard]] int stop_exit_code() noexcept;
/// Throws s2d::cancelled once a stop was asked for.
void throw_if_stopped();

/// Seconds since construction.
class stopwatch {
 public:
  [[nodiscard]] double seconds() const;

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Notes and progress on the error stream, so that the output stream stays free for results.
class console {
 public:
  explicit console(bool quiet);
  ~console();
  console(const console&) = delete;
  console& operator=(const console&) = delete;

  /// A line of text; nothing if quiet.
  void note(std::string_view text);
  /// An error line, "s2d: " in front; always shown.
  void error(std::string_view text);

  /// What the following progress belongs to.
  void begin(std::string_view task);
  /// The part [from, to) of the whole task that the next stages make up, 0..1; unknown if to <=
  /// from.
  void span(double from, double to, std::string_view part);
  /// Shows that `fraction` of the present part is done: a bar on a terminal, elsewhere a line now
  /// and then, so that the log of a long run shows that it lives.
  void update(std::string_view stage, double fraction);
  /// Removes the bar.
  void end();

  /// Shows a stage as the share [from, to) of the present part, and stops when asked to.
  [[nodiscard]] s2d::progress_callback stage(double from, double to);

 private:
  void erase();
  void say(std::string_view stage, double done, const std::string& left);
  void draw(std::string_view stage, double done, const std::string& left);

  bool quiet_;
  bool terminal_;
  bool shown_ = false;
  std::string task_;
  std::string part_;
  double from_ = 0;
  double to_ = 0;
  double first_ = -1;  // overall fraction when the clock started, for the time that is left
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point drawn_;
};

/// 75 -> "1:15", 3.21 -> "3.2 s".
[[nodiscard]] std::string duration_text(double seconds);

}  // namespace app
