// Comfort on top of pages that work without it: copying, live regions, theme, search key, times, the live guide.

const POLL_FAILURES = 5;
const GUIDE_DELAY = 180;

document.documentElement.classList.add("js");

function announce(text) {
  const region = document.getElementById("announcer");
  if (!region) return;
  region.textContent = "";
  setTimeout(() => { region.textContent = text; }, 50);
}

// Copy buttons: data-copy names the element whose value or text is copied.
async function copyText(source) {
  const text = "value" in source ? source.value : source.textContent;
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("refused");
}

async function onCopy(button) {
  const source = document.getElementById(button.dataset.copy);
  const word = button.querySelector("[data-copy-text]");
  if (!source || !word) return;
  try {
    await copyText(source);
    word.textContent = "Copied";
    announce("Copied");
  } catch {
    if (source.select) source.select();
    word.textContent = "Press Ctrl+C";
    announce("Select the text and press Control C to copy it");
  }
  clearTimeout(button.copyTimer);
  button.copyTimer = setTimeout(() => { word.textContent = "Copy"; }, 2000);
}

// Live regions: replaced by what data-poll-url answers; the answer without data-poll-url is the last.
function startPolling(root) {
  const regions = [...root.querySelectorAll("[data-poll-url]")];
  if (root instanceof Element && root.matches("[data-poll-url]")) regions.push(root);
  for (const region of regions) schedulePoll(region, 0);
}

function schedulePoll(region, failures) {
  const seconds = Number(region.dataset.pollSeconds || 2) * 2 ** failures;
  setTimeout(() => poll(region, failures), seconds * 1000);
}

async function poll(region, failures) {
  if (!region.isConnected) return;
  if (document.hidden) {
    document.addEventListener("visibilitychange", () => poll(region, failures), { once: true });
    return;
  }
  try {
    const response = await fetch(region.dataset.pollUrl, { headers: { Accept: "text/html" }, credentials: "same-origin" });
    if (response.redirected || response.status === 401 || response.status === 403 || response.status === 404) {
      location.reload();
      return;
    }
    if (!response.ok) throw new Error(String(response.status));
    const holder = document.createElement("template");
    holder.innerHTML = await response.text();
    const next = holder.content.firstElementChild;
    if (next) replaceRegion(region, next);
  } catch {
    if (failures < POLL_FAILURES) schedulePoll(region, failures + 1);
    else announce("This page is no longer updated. Reload it.");
  }
}

function replaceRegion(region, next) {
  const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
  const opened = [...region.querySelectorAll("details")].map((details) => details.open);
  const before = spokenText(region);
  [...next.querySelectorAll("details")].forEach((details, index) => { if (opened[index]) details.open = true; });
  region.replaceWith(next);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  refreshTimes();
  const after = spokenText(next);
  if (after && after !== before) announce(after);
  if (next.matches("[data-poll-url]")) startPolling(next);
  else if (next.dataset.pollThen) location.assign(next.dataset.pollThen);
}

function spokenText(region) {
  return [...region.querySelectorAll("[data-announce]")].map((part) => part.textContent.trim()).join(". ");
}

// Relative times, by the same rule as web/filters.py.
const UNITS = [[60, 60, "min"], [3600, 24, "h"], [86400, 30, "day"], [86400 * 30, 12, "month"], [86400 * 365, 0, "year"]];

function relativeTime(moment, now) {
  const seconds = Math.trunc((now - moment) / 1000);
  const distance = Math.abs(seconds);
  if (distance < 45) return seconds >= 0 ? "just now" : "in a moment";
  for (const [size, limit, unit] of UNITS) {
    const amount = Math.max(1, Math.round(distance / size));
    if (limit && amount >= limit) continue;
    const plural = amount !== 1 && unit !== "min" && unit !== "h" ? "s" : "";
    const words = `${amount} ${unit}${plural}`;
    return seconds >= 0 ? `${words} ago` : `in ${words}`;
  }
  return "";
}

function refreshTimes() {
  const now = Date.now();
  for (const element of document.querySelectorAll("time[data-relative]")) {
    const words = (element.dataset.prefix || "") + relativeTime(Date.parse(element.dateTime), now);
    if (element.textContent !== words) element.textContent = words;
  }
}

// Theme: shown at once; kept in a cookie, and with the account by the form that works without script too.
async function onTheme(button) {
  const theme = button.value;
  document.documentElement.dataset.bsTheme = theme;
  for (const other of document.querySelectorAll("[data-theme]")) other.setAttribute("aria-pressed", String(other === button));
  const form = button.form;
  if (!form) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `rpt_theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    return;
  }
  const data = new FormData(form);
  data.set("theme", theme);
  try {
    await fetch(form.action, { method: "POST", body: new URLSearchParams(data), credentials: "same-origin", redirect: "manual" });
  } catch {
    announce("The theme could not be stored.");
  }
}

// Forms are sent once; coming back to the page makes them usable again.
function guardSubmit(form) {
  if (form.dataset.sent) return false;
  form.dataset.sent = "1";
  setTimeout(() => {
    for (const button of form.querySelectorAll("button:not([type=button])")) button.setAttribute("aria-disabled", "true");
  });
  return true;
}

function releaseForms() {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  }
}

// The live guide: what is typed into fields marked data-live is sent to data-live-url; the answer fills the target.
function startGuide(form) {
  const target = document.querySelector(form.dataset.liveTarget);
  let timer = 0;
  let request = null;
  const update = async () => {
    request?.abort();
    request = new AbortController();
    try {
      const response = await fetch(`${form.dataset.liveUrl}?${liveValues(form)}`, { signal: request.signal, credentials: "same-origin" });
      if (!response.ok) return;
      target.innerHTML = await response.text();
    } catch (error) {
      if (error.name !== "AbortError") announce("The guide could not be updated.");
    }
  };
  const later = (event) => {
    if (!event.target.closest("[data-live]")) return;
    clearTimeout(timer);
    timer = setTimeout(update, GUIDE_DELAY);
  };
  form.addEventListener("input", later);
  form.addEventListener("change", later);
}

function liveValues(form) {
  const values = new URLSearchParams();
  for (const control of form.querySelectorAll("[data-live]")) {
    if (!control.name || ((control.type === "checkbox" || control.type === "radio") && !control.checked)) continue;
    values.append(control.name, control.value);
  }
  return values;
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (button) onCopy(button);
  const theme = event.target.closest("[data-theme][type=button]");
  if (theme) onTheme(theme);
  closeMenus(event.target.closest("details.menu"));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.submitter?.matches("[data-theme]")) {
    event.preventDefault();
    onTheme(event.submitter);
  } else if (form.method === "post" && !form.target && !guardSubmit(form)) {
    event.preventDefault();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = event.target.closest?.("details.menu[open]");
    closeMenus();
    menu?.querySelector("summary").focus();
  }
  const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("[data-search]");
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  }
});

window.addEventListener("pageshow", releaseForms);
setInterval(refreshTimes, 30_000);
startPolling(document);
for (const form of document.querySelectorAll("form[data-live-form]")) startGuide(form);
document.querySelector("[data-focus]")?.focus();
