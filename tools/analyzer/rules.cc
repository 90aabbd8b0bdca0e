#include "tools/analyzer/rules.h"

#include <algorithm>

#include "base/text.h"

namespace mapiguard {
namespace {

std::vector<std::string> steps_filled(std::span<const std::string_view> texts, const Words& words) {
  std::vector<std::string> out;
  for (const std::string_view text : texts) out.push_back(filled(text, words));
  return out;
}

Finding finding_of(const RuleText& rule, const Hit& hit, const Words& words, bool is_here) {
  Finding finding;
  finding.rule = rule.id;
  finding.category = rule.category;
  finding.value = hit.value;
  finding.title = filled(rule.title, words);
  finding.explanation = filled(rule.explanation, words);
  finding.fix = steps_filled(is_here && !rule.fix_here.empty() ? rule.fix_here : rule.fix, words);
  return finding;
}

Finding finding_in(const InformationStore& store, const RuleText& rule, Hit hit, bool is_here) {
  // The key that the value stands in, which may be one below the database's.
  const std::size_t slash = hit.setting.rfind('\\');
  const std::string below = slash == std::string::npos ? "" : "\\" + hit.setting.substr(0, slash);
  Words words = std::move(hit.words);
  words.insert(words.end(), {{"name", displayable(hit.setting)},
                             {"entry", displayable(hit.setting.substr(slash == std::string::npos ? 0 : slash + 1))},
                             {"value", value_in_words(hit.value)},
                             {"key", displayable(store.path() + below)},
                             {"server", displayable(store.server)},
                             {"database", displayable(store.database())}});
  Finding finding = finding_of(rule, hit, words, is_here);
  finding.setting = displayable(store.path() + '\\' + hit.setting, 4096);
  finding.server = displayable(store.server);
  finding.database = displayable(store.database());
  return finding;
}

std::size_t place_of(const std::string& rule) {
  const auto texts = rule_texts();
  return static_cast<std::size_t>(
      std::find_if(texts.begin(), texts.end(), [&](const RuleText& text) { return text.id == rule; }) - texts.begin());
}

}  // namespace

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

std::string filled(std::string_view text, const Words& words) {
  std::string out;
  for (;;) {
    const std::size_t open = text.find('{'), close = text.find('}', open);
    out += text.substr(0, open);
    if (close == std::string_view::npos)
      return open == std::string_view::npos ? out : out + std::string(text.substr(open));
    const std::string_view name = text.substr(open + 1, close - open - 1);
    const auto word = std::find_if(words.begin(), words.end(), [&](const auto& pair) { return pair.first == name; });
    out += word == words.end() ? std::string(text.substr(open, close - open + 1)) : word->second;
    text.remove_prefix(close + 1);
  }
}

std::vector<Finding> analyze_stores(const std::vector<InformationStore>& stores, bool is_state_directory) {
  std::vector<Finding> findings;
  for (const InformationStore& store : stores) {
    for (const RegistryRule& rule : registry_rules()) {
      if (rule.kind && *rule.kind != store.kind) continue;
      if (auto hit = rule.check(store, rule.name))
        findings.push_back(finding_in(store, text_of_rule(rule.id), std::move(*hit), is_state_directory));
    }
    for (const StoreRule& rule : store_rules())
      for (Hit& hit : rule.check(store))
        findings.push_back(finding_in(store, text_of_rule(rule.id), std::move(hit), is_state_directory));
  }
  return findings;
}

std::vector<Finding> analyze_state(const StateFacts& facts) {
  std::vector<Finding> findings;
  for (const StateRule& rule : state_rules())
    for (Hit& hit : rule.check(facts)) {
      Words words = std::move(hit.words);
      words.insert(words.end(),
                   {{"dir", displayable(facts.dir)}, {"build", facts.build}, {"value", value_in_words(hit.value)}});
      Finding finding = finding_of(text_of_rule(rule.id), hit, words, true);
      finding.setting = displayable(hit.setting, 4096);
      findings.push_back(std::move(finding));
    }
  return findings;
}

void sort_findings(std::vector<Finding>& findings) {
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return place_of(a.rule) < place_of(b.rule); });
}

}  // namespace mapiguard
