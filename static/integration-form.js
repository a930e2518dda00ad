// The integration form follows the platform: some have one fixed address, and each kind of host has its usual login rule.

const platform = document.querySelector("select[name=platform]");
const address = document.querySelector("[data-base-url]");
const shown = document.querySelector("input[name=shown_platform]");
const policies = [...document.querySelectorAll("input[name=login_policy]")];

function usualPolicy(key) {
  return platform.dataset.members.split(" ").includes(key) ? "members" : "everyone";
}

function follow() {
  address.hidden = platform.dataset.fixed.split(" ").includes(platform.value);
  const chosen = policies.find((policy) => policy.checked);
  if (!chosen || chosen.value === usualPolicy(shown.value)) {
    for (const policy of policies) policy.checked = policy.value === usualPolicy(platform.value);
  }
  shown.value = platform.value;
}

platform.addEventListener("change", follow);
follow();
