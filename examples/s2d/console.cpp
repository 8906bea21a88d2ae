#include "console.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace app {

namespace {

std::atomic<int> stop_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void on_signal(int signal) { stop_signal.store(signal, std::memory_order_relaxed); }

sigset_t stop_signals() {
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGINT);
  sigaddset(&both, SIGTERM);
  return both;
}

std::size_t terminal_columns() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

/// The part of a call that a stage of it makes up, where one call reports several stages.
struct stage_share {
  std::string_view name;
  double from, to;
};
constexpr std::array stage_shares{
    stage_share{"superpixels", 0.0, 0.4}, stage_share{"grouping", 0.4, 0.55},
    stage_share{"masks", 0.55, 1.0},      stage_share{"features", 0.0, 0.5},
    stage_share{"cuts", 0.5, 1.0},        stage_share{"visibility", 0.0, 0.8},
    stage_share{"matching", 0.8, 1.0},
};

/// Where there is no terminal.
constexpr std::chrono::seconds time_between_lines{10};

/// Whether standard output is a pipe that nobody reads any more.
bool reader_gone() {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

/// The longest beginning of UTF-8 `text` of at most `columns` characters.
std::string_view first_columns(std::string_view text, std::size_t columns) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins_character = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (begins_character && seen++ == columns) return text.substr(0, i);
  }
  return text;
}

}  // namespace

signal_hold::signal_hold() {
  const sigset_t ours = stop_signals();
  sigprocmask(SIG_BLOCK, &ours, &before_);
}

signal_hold::~signal_hold() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

void open_standard_streams() {
  int next = 0;
  do next = open("/dev/null", O_RDWR);
  while (next >= 0 && next <= STDERR_FILENO);
  if (next >= 0) close(next);
}

int finished_output(int status) {
  const bool written = std::fflush(stdout) == 0 && std::ferror(stdout) == 0;
  if (written || status != 0) return status;
  if (reader_gone()) return 128 + SIGPIPE;
  std::fputs("s2d: standard output: cannot be written\n", stderr);
  return 1;
}

void watch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);  // ignored, ends of programs that are waited for are lost
  std::signal(SIGXFSZ, SIG_IGN);  // a file that grows too large is an error like a full disk
  const sigset_t ours = stop_signals();
  sigprocmask(SIG_UNBLOCK, &ours, nullptr);
}

bool stop_requested() noexcept { return stop_signal.load(std::memory_order_relaxed) != 0; }

int stop_exit_code() noexcept { return 128 + stop_signal.load(std::memory_order_relaxed); }

void throw_if_stopped() {
  if (stop_requested()) throw s2d::cancelled{};
}

double stopwatch::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

console::console(bool quiet) : quiet_{quiet}, terminal_{isatty(STDERR_FILENO) != 0} {
  const char* kind = std::getenv("TERM");
  if (kind != nullptr && std::string_view{kind} == "dumb") terminal_ = false;
}

console::~console() { erase(); }

void console::erase() {
  if (!shown_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  shown_ = false;
}

void console::note(std::string_view text) {
  if (quiet_) return;
  erase();
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}

void console::error(std::string_view text) {
  erase();
  std::fprintf(stderr, "s2d: %.*s\n", static_cast<int>(text.size()), text.data());
}

void console::begin(std::string_view task) {
  task_ = task;
  part_.clear();
  from_ = to_ = 0;
  first_ = -1;
  if (!terminal_) drawn_ = std::chrono::steady_clock::now();
}

void console::span(double from, double to, std::string_view part) {
  from_ = from;
  to_ = to;
  part_ = part;
}

void console::update(std::string_view stage, double fraction) {
  if (quiet_) return;
  const auto now = std::chrono::steady_clock::now();
  if (terminal_ ? shown_ && now - drawn_ < std::chrono::milliseconds{100}
                : now - drawn_ < time_between_lines)
    return;
  drawn_ = now;
  fraction = std::clamp(fraction, 0.0, 1.0);
  const bool overall = to_ > from_;
  const double done = overall ? from_ + (to_ - from_) * fraction : fraction;

  std::string left;
  if (overall) {
    if (first_ < 0) {
      first_ = done;
      started_ = now;
    }
    const double elapsed = std::chrono::duration<double>(now - started_).count();
    if (elapsed > 2 && done > first_ + 1e-3)
      left = s2d::concat("  ", duration_text(elapsed * (1 - done) / (done - first_)), " left");
  }
  terminal_ ? draw(stage, done, left) : say(stage, done, left);
}

void console::say(std::string_view stage, double done, const std::string& left) {
  std::fprintf(stderr, "%s: %d %%%s%s%s%s%.*s\n", task_.c_str(), static_cast<int>(done * 100),
               left.c_str(), part_.empty() ? "" : "  ", part_.c_str(), stage.empty() ? "" : "  ",
               static_cast<int>(stage.size()), stage.data());
  std::fflush(stderr);
}

void console::draw(std::string_view stage, double done, const std::string& left) {
  constexpr std::size_t cells = 24;
  const auto full = static_cast<std::size_t>(done * cells);
  char percent[16];
  std::snprintf(percent, sizeof percent, "%3d %%", static_cast<int>(done * 100));
  const std::string line =
      s2d::concat("[", std::string(full, '#'), std::string(cells - full, '-'), "] ", percent, left,
                  "  ", task_, part_.empty() ? "" : "  ", part_, "  ", stage);
  const std::string_view cut = first_columns(line, terminal_columns() - 1);
  std::fprintf(stderr, "\r\x1b[K%.*s", static_cast<int>(cut.size()), cut.data());
  std::fflush(stderr);
  shown_ = true;
}

void console::end() { erase(); }

s2d::progress_callback console::stage(double from, double to) {
  return [this, from, to](std::string_view name, std::size_t done, std::size_t total) {
    double part = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
    for (const stage_share& share : stage_shares)
      if (share.name == name) part = share.from + (share.to - share.from) * part;
    update(name, from + (to - from) * part);
    return !stop_requested();
  };
}

std::string duration_text(double seconds) {
  char text[48];
  const auto whole = static_cast<long>(seconds + 0.5);
  if (seconds < 10) {
    std::snprintf(text, sizeof text, "%.1f s", seconds);
  } else if (whole < 60) {
    std::snprintf(text, sizeof text, "%ld s", whole);
  } else if (whole < 3600) {
    std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return text;
}

}  // namespace app
