// lmhost populate: a structure file and a config in, the same file with parameters out.
#include "base/codes.hpp"
#include "load/formats/model_representation.hpp"
#include "load/model.hpp"
#include "load/parameter_rules.hpp"
#include "report/populated_model.hpp"
#include "study/populate.hpp"
#include "tools/lmhost/commands.hpp"
#include "tools/lmhost/session.hpp"

namespace lmhost::tool {

Result<Outcome> populate_command(const Arguments& arguments) {
  if (Result<bool> checked = check_operands(arguments, 1, 1); !checked.ok())
    return std::move(checked).errors();
  if (!arguments.has("hf-config"))
    return usage_error("populate needs the model's config", "add --hf-config config.json");
  Result<Host> host = open_host(arguments);
  if (!host.ok()) return std::move(host).errors();
  // Reading it as a graph checks all of its form.
  const Result<Model> model = load_model(
      {arguments.operands[0], arguments.get("hf-config"), arguments.all("set"), host->prefix()});
  if (!model.ok()) return model.errors();
  const Result<JsonDocument> document = JsonDocument::parse(model->graph->source);
  if (!document.ok()) return document.errors();
  if (!is_model_representation(document->root()))
    return error_at(document->root(), codes::kUnknownSchema,
                    "this is no model representation: it has no 'model_id' and 'layers'");
  const Result<ParameterRules> rules = load_parameter_rules(arguments.get("rules").value_or(
      host->prefix() + "/share/lmhost/catalogs/parameter_rules.json"));
  if (!rules.ok()) return rules.errors();
  const PopulateRequest request{document->root(), &host->catalog(), &model->config, &*rules};
  Result<PopulatedModel> populated = populate(request);
  if (!populated.ok()) return std::move(populated).errors();
  Outcome outcome;
  outcome.text = Document::exact(write_populated_model(document->root(), *populated, request));
  outcome.messages = std::move(populated->warnings);
  return outcome;
}

}  // namespace lmhost::tool
