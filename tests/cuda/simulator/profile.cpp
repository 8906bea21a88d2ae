// Counts of what kernels did, and the table of them.
#include "profile.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>

namespace simulator {
namespace {

// An H200: multiprocessors, their clock, and what a copy moves, reads and writes counted.
constexpr double multiprocessors = 132, hertz = 1.98e9, copied_bytes = 4.2e12;

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

struct named_counts {
  std::map<std::string, kernel_counts> all;

  ~named_counts() {
    std::fprintf(stderr,
                 "%9s %11s %7s %9s %9s %8s %8s %7s %7s  %s\n%9s %11s %7s %9s %9s %8s %8s %7s %7s\n",
                 "launches", "warp", "lanes", "MB used", "MB moved", "sectors", "banks", "us", "us",
                 "kernel", "", "instr.", "active", "", "", "x used", "x least", "memory", "units");
    for (const auto& [name, c] : all) print(name, c);
  }

  static void print(const std::string& name, const kernel_counts& c) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> readable{
        abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free};
    std::string text = status == 0 ? readable.get() : name;
    for (const std::string_view noise : {"s2d::cuda::v0_1_cuda::", "detail::", "void "})
      for (std::size_t at; (at = text.find(noise)) != std::string::npos;)
        text.erase(at, noise.size());
    const auto ratio = [](double a, double b) { return b > 0 ? a / b : 0; };
    const double bytes = static_cast<double>(32 * c.footprint);
    std::fprintf(stderr, "%9lu %11lu %5.0f %% %9.3f %9.3f %8.2f %8.2f %7.2f %7.2f  %.90s\n",
                 c.launches, c.instructions,
                 100 * ratio(static_cast<double>(c.lane_instructions),
                             32 * static_cast<double>(c.instructions)),
                 static_cast<double>(c.useful_bytes) / 1e6, bytes / 1e6,
                 ratio(32 * static_cast<double>(c.sectors), static_cast<double>(c.useful_bytes)),
                 ratio(static_cast<double>(c.wavefronts), static_cast<double>(c.least_wavefronts)),
                 bytes / copied_bytes * 1e6, c.cycles / multiprocessors / hertz * 1e6,
                 text.c_str());
  }
};

}  // namespace

double cycles_of(const std::vector<std::string>& opcode) {
  constexpr double floats = 0.25, integers = 0.5, lanes = 1, special = 2;
  const std::string& verb = opcode[0];
  const std::string& type = opcode.back();
  const bool wide = type.ends_with("64");
  if (type == "pred") return floats;
  if (has(opcode, "param")) return 0;  // an operand of what uses it
  if (verb == "div" || verb == "rem")
    return type == "f32" ? 10 * floats : type == "f64" ? 16 * integers : wide ? 40 : 12 * integers;
  if (verb == "sqrt" || verb == "rcp") return 8 * integers;
  if (type == "f64") return verb == "cvt" ? special : integers;
  if (type == "f32" && verb != "cvt") return verb == "ex2" ? special : floats;
  if (verb == "popc" || verb == "clz" || verb == "brev") return wide ? 2 * special : special;
  if (verb == "cvt") {
    const bool whole = opcode.size() == 3 && !has(opcode, "f64") && !has(opcode, "f32");
    return whole                                                            ? floats
           : has(opcode, "f64") || has(opcode, "s64") || has(opcode, "u64") ? special
                                                                            : integers;
  }
  if (verb == "mul" || verb == "mad") return wide ? 4 * integers : integers;
  if (verb == "shfl" || verb == "ld" || verb == "st" || verb == "atom" || verb == "red")
    return lanes;
  if (verb == "mov" || verb == "cvta") return 0;  // mostly of the compiler's making only
  return wide ? 2 * integers : integers;
}

void launch_profile::note(const instruction& in, u32 lanes) {
  ++counts_.instructions;
  counts_.lane_instructions += static_cast<u64>(std::popcount(lanes));
  counts_.cycles += in.cycles;
}

void launch_profile::note_accesses(const instruction& in, const std::vector<u64>& addresses,
                                   u64 bytes) {
  if (in.where == space::shared) {
    std::array<std::vector<u64>, 32> banks;
    for (const u64 at : addresses)
      for (u64 word = at / 4; word <= (at + bytes - 1) / 4; ++word)
        if (auto& bank = banks[word % 32]; std::ranges::find(bank, word) == bank.end())
          bank.push_back(word);
    std::size_t deepest = 0, words = 0;
    for (const auto& bank : banks) deepest = std::max(deepest, bank.size()), words += bank.size();
    counts_.wavefronts += deepest;
    counts_.least_wavefronts += (words + 31) / 32;
    counts_.cycles += static_cast<double>(deepest) - 1;
  } else if (in.where == space::global) {
    std::vector<u64> sectors;
    for (const u64 at : addresses) sectors.push_back(at / 32);
    std::ranges::sort(sectors);
    const auto [end, last] = std::ranges::unique(sectors);
    sectors.erase(end, last);
    counts_.useful_bytes += bytes * addresses.size();
    counts_.sectors += sectors.size();
    counts_.cycles += static_cast<double>(sectors.size()) / 4;
    for (const u64 sector : sectors) {
      if (in.reads) counts_.footprint += read_.insert(sector).second;
      if (in.writes) counts_.footprint += written_.insert(sector).second;
    }
  }
}

kernel_counts* counts_of(const std::string& kernel) {
  static const bool wanted = std::getenv("S2D_SIMULATOR_PROFILE") != nullptr;
  if (!wanted) return nullptr;
  static named_counts counts;
  return &counts.all[kernel];
}

}  // namespace simulator
