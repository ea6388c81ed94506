/* The plugin ABI from C: a plugin needs no C++ compiler. */
#include <lmhost/plugin.h>

LMHOST_DECLARE_NOTE;

static const lmh_parameter parameters[] = {{"num_elements", NULL, "", LMH_INT, 0}};
static const lmh_formula quantities[] = {{"flops", "num_elements", ""}};
static const lmh_operand operands[] = {
    {"input", "num_elements", NULL, NULL, "", LMH_READ, LMH_ACTIVATION},
    {"output", "num_elements", NULL, NULL, "", LMH_WRITE, LMH_ACTIVATION},
};
static const lmh_kernel kernels[] = {{
    "example.relu",
    "max(x, 0)",
    "",
    1,
    0,
    {NULL, 0, 0},
    {parameters, 1, sizeof(lmh_parameter)},
    {NULL, 0, 0},
    {quantities, 1, sizeof(lmh_formula)},
    {operands, 2, sizeof(lmh_operand)},
    {NULL, 0, 0},
}};
static const lmh_plugin plugin = {
    sizeof(lmh_plugin),
    LMH_MAGIC,
    LMH_ABI_MAJOR,
    LMH_ABI_MINOR,
    LMH_LANGUAGE,
    0,
    "example",
    "1.0.0",
    "One kernel",
    "Apache-2.0",
    {NULL, 0, 0},
    {NULL, 0, 0},
    {kernels, 1, sizeof(lmh_kernel)},
};

const lmh_plugin* lmhost_plugin_v0(const lmh_host* host) {
  (void)host;
  return &plugin;
}
