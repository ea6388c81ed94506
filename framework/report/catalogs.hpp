// Catalogues of kernels as data: what they hold, what they hide, and how two of them differ.
#pragma once

#include <string>
#include <vector>

#include "check/catalog_diff.hpp"
#include "load/catalog.hpp"
#include "report/layout.hpp"

namespace lmhost {

// One named catalogue of a host, for listings.
struct ListedCatalog {
  std::string path;
  std::string form;
  const Plugin* plugin = nullptr;
  std::size_t problems = 0;  // kernels or formulas that cannot be used
};

// The catalogues, then every kernel of theirs with what it hides.
Text write_catalog_list(const Catalog& catalog, const std::vector<ListedCatalog>& catalogs,
                        const TextStyle& style);
std::string write_catalog_list_json(const Catalog& catalog,
                                    const std::vector<ListedCatalog>& catalogs);

Text write_catalog_diff(const std::vector<KernelChange>& changes, const TextStyle& style);
std::string write_catalog_diff_json(const std::vector<KernelChange>& changes);

}  // namespace lmhost
