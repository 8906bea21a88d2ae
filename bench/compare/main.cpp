// Our side of bench/compare.sh: the least processor time of every case of a group.
// usage: compare GROUP FOLDER, groups: masks, overlap, evaluation, tables, flow, parts
#include <cstdio>
#include <exception>
#include <string_view>
#include <utility>

#include "inputs.hpp"

int main(int argc, char** argv) try {
  constexpr std::pair<std::string_view, void (*)(const compare::fs::path&)> groups[] = {
      {"masks", compare::masks},   {"overlap", compare::overlap},
      {"tables", compare::tables}, {"evaluation", compare::evaluation},
      {"flow", compare::flow},     {"parts", compare::parts}};
  for (const auto& [name, run] : groups)
    if (argc == 3 && name == argv[1]) return run(argv[2]), 0;
  std::fputs("usage: compare masks|overlap|evaluation|tables|flow|parts FOLDER\n", stderr);
  return 2;
} catch (const std::exception& error) {
  std::fprintf(stderr, "compare: %s\n", error.what());
  return 1;
}
