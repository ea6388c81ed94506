// Kernels on the roof of a device: attainable FLOP/s over FLOP/B, both logarithmic, in characters.
#pragma once

#include <string>

#include "report/rows.hpp"
#include "report/summary.hpp"

namespace lmhost {

// Heading, plot, the rows that its letters stand for, footer. REQUIRES: options.device and
// summary.device.
Text write_roofline(const Analysis& analysis, const Summary& summary, const RowOptions& options,
                    const TextStyle& style);

}  // namespace lmhost
