// Rules: what the Analyzer knows, as a table. A rule is a row of texts (rule_texts.cc) and a check, which says for each
// thing that it objects to what was found there (Hit).
//
// Thread promise: constant data and pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "persist/settings.h"
#include "tools/analyzer/finding.h"
#include "tools/analyzer/state_facts.h"
#include "tools/registry/information_stores.h"

namespace mapiguard {

struct RuleText {
  std::string_view id;
  Category category;
  std::string_view title, explanation;
  std::span<const std::string_view> fix;       // on the Exchange server
  std::span<const std::string_view> fix_here;  // in a state directory; empty: there is no such thing there
  std::string_view source;                     // the document that the rule is from
};

// Words for the braces of a rule's texts: {"count", "3"}.
using Words = std::vector<std::pair<std::string_view, std::string>>;

struct Hit {
  std::string setting;  // the name of the value, or of the fact
  std::string value;    // JSON
  Words words = {};
};

// The value of that name in the database; null: absent.
using RegistryCheck = std::optional<Hit> (*)(const InformationStore& store, std::string_view name);
struct RegistryRule {
  std::string_view id;
  std::optional<StoreKind> kind;  // none: every database
  std::string_view name;          // of the value
  RegistryCheck check;
};

using StoreCheck = std::vector<Hit> (*)(const InformationStore& store);  // for checks of many values
struct StoreRule {
  std::string_view id;
  StoreCheck check;
};

using StateCheck = std::vector<Hit> (*)(const StateFacts& facts);
struct StateRule {
  std::string_view id;
  StateCheck check;
};

std::span<const RuleText> rule_texts();
const RuleText& text_of_rule(std::string_view id);
std::span<const RegistryRule> registry_rules();
std::span<const StoreRule> store_rules();
std::span<const StateRule> state_rules();

// A value as the JSON of a finding.
std::string json_of(const RegistryValue& value);

// "1 message", "2 messages".
std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

// "{count} messages" with {"count", "3"}: "3 messages".
std::string filled(std::string_view text, const Words& words);

std::vector<Finding> analyze_stores(const std::vector<InformationStore>& stores, bool is_state_directory);
std::vector<Finding> analyze_state(const StateFacts& facts);
void sort_findings(std::vector<Finding>& findings);

}  // namespace mapiguard
