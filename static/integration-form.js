// The integration form follows the platform: each has its usual name, address and login rule, and some know OAuth 1.

const platform = document.querySelector("select[name=platform]");
const name = document.querySelector("input[name=name]");
const address = document.querySelector("input[name=base_url]");
const addressField = document.querySelector("[data-base-url]");
const shown = document.querySelector("input[name=shown_platform]");
const policies = [...document.querySelectorAll("input[name=login_policy]")];
const versionField = document.querySelector("[data-oauth-version]");
const clientFields = document.querySelector("[data-client]");

const usual = new Map();
for (const line of platform?.dataset.usual.split("\n") ?? []) {
  const [key, product, url, example] = line.trim().split(" ");
  usual.set(key, { product, url: url === "-" ? "" : url, example: example === "-" ? "" : example });
}

function isIn(list) {
  return list.split(" ").includes(platform.value);
}

function usualPolicy(key) {
  return platform.dataset.members.split(" ").includes(key) ? "members" : "everyone";
}

function followWords() {
  const [before, now] = [usual.get(shown.value), usual.get(platform.value)];
  if (!before || !now || before === now) return;
  if (name.value === before.product) name.value = now.product;
  if (address.value === before.url) address.value = now.url;
  address.placeholder = now.example || "https://git.example.com";
}

function follow() {
  followWords();
  addressField.hidden = isIn(platform.dataset.fixed);
  versionField.hidden = !isIn(platform.dataset.oldOauth);
  const chosen = policies.find((policy) => policy.checked);
  if (!chosen || chosen.value === usualPolicy(shown.value)) {
    for (const policy of policies) policy.checked = policy.value === usualPolicy(platform.value);
  }
  shown.value = platform.value;
  followVersion();
}

function followVersion() {
  const old = document.querySelector("input[name=oauth_version][value='1']");
  clientFields.hidden = !versionField.hidden && old.checked;
}

if (platform) {
  platform.addEventListener("change", follow);
  follow();
}
versionField?.addEventListener("change", followVersion);
