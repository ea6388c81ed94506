/* One plugin, built against the header of every minor: GROWTH_ID is its name; GROWTH_NEXT says that the header is the
 * one of the next minor (CMakeLists.txt makes it), whose new fields GROWTH_KERNEL_FIELD and GROWTH_PLUGIN_FIELD set. */
#include <lmhost/plugin.h>

LMHOST_DECLARE_NOTE;

static const lmh_parameter parameters[] = {{"n", NULL, "", LMH_INT, 0}};
static const lmh_formula quantities[] = {{"flops", "3*n", ""}};
static const lmh_operand operands[] = {
    {"input", "n", NULL, NULL, "", LMH_READ, LMH_ACTIVATION},
};
static const lmh_example examples[] = {{"n=2, bytes=2", "flops=6, read=4", ""}};
static const lmh_kernel kernels[] = {{
    .name = "growth.kernel",
    .doc = "",
    .source = "",
    .revision = 1,
    .parameters = {parameters, 1, sizeof(lmh_parameter)},
    .quantities = {quantities, 1, sizeof(lmh_formula)},
    .operands = {operands, 1, sizeof(lmh_operand)},
    .examples = {examples, 1, sizeof(lmh_example)},
#ifdef GROWTH_KERNEL_FIELD
    .since = "0.2",
#endif
}};
static const lmh_plugin plugin = {
    .struct_size = sizeof(lmh_plugin),
    .magic = LMH_MAGIC,
    .abi_major = LMH_ABI_MAJOR,
    .abi_minor = LMH_ABI_MINOR,
    .language = LMH_LANGUAGE,
    .id = GROWTH_ID,
    .version = "1.0.0",
    .doc = "Built against the header of another minor",
    .license = "Apache-2.0",
    .kernels = {kernels, 1, sizeof(lmh_kernel)},
#ifdef GROWTH_PLUGIN_FIELD
    .homepage = "https://example.org",
#endif
};

const lmh_plugin* lmhost_plugin_v0(const lmh_host* host) {
#ifdef GROWTH_NEXT
  /* A callback of the next minor: an older host does not have it, which its size says. */
  if (host->struct_size >= sizeof(lmh_host)) host->note(host, "read by a host that knows me");
#else
  (void)host;
#endif
  return &plugin;
}
