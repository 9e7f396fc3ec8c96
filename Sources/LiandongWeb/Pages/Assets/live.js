// Keeps pages of staff up to date: when something that a page shows has changed, it is asked for again, and the parts
// that differ are put in place. What is being typed stays.
"use strict";
(() => {
  const regions = [...document.querySelectorAll("[data-live]")];
  const notice = document.getElementById("stale");
  const ended = document.getElementById("ended");
  const light = document.getElementById("light");
  if (!window.EventSource || regions.length === 0) return;
  let source = null, isComposing = false, wasLost = false, isOver = false;
  // Refreshes follow one another; a page that is dear to make says how many seconds lie between two.
  const pace = 1000 * Math.max(3, ...regions.map(({ dataset }) => Number(dataset.livePace || 0)));
  let waiting = 0, isRefreshing = false, isAsked = false, endedAt = -Infinity;

  const hears = ({ kind, id }) => regions.some(({ dataset }) =>
    dataset.live.split(" ").includes(kind) && (!dataset.liveId || dataset.liveId === id));

  // A field is known by its id, or by its form, name and value.
  const fieldsOf = (root) => [...root.querySelectorAll("input:not([type=hidden]), textarea, select")];
  const keyOf = (field) => field.id || [field.form && field.form.action, field.name, field.type === "radio" && field.value].join("|");
  const isChosen = (field) => field.type === "radio" || field.type === "checkbox";
  const isTyped = (field) => {
    if (isChosen(field)) return field.checked !== field.defaultChecked;
    if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
    const initial = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(initial, 0);
  };

  const put = (old, fresh) => {
    if (!fresh || old.innerHTML === fresh.innerHTML) return true;
    const next = document.importNode(fresh, true);
    const counterparts = new Map(fieldsOf(next).map((field) => [keyOf(field), field]));
    const typed = fieldsOf(old).filter(isTyped);
    if (typed.some((field) => !counterparts.has(keyOf(field)))) return false;
    for (const field of typed) {
      const other = counterparts.get(keyOf(field));
      if (isChosen(field)) other.checked = field.checked; else other.value = field.value;
      if (other.value !== field.value) return false;
    }
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    const opened = [...old.querySelectorAll("details")].map((details) => details.open);
    [...next.querySelectorAll("details")].forEach((details, index) => { details.open = opened[index] || details.open; });
    old.replaceChildren(...next.childNodes);
    if (!active) return true;
    const again = active.href
      ? [...old.querySelectorAll("a")].find((link) => link.href === active.href)
      : fieldsOf(old).find((field) => keyOf(field) === keyOf(active));
    if (again) {
      again.focus({ preventScroll: true });
      if (typeof active.selectionStart === "number") again.setSelectionRange(active.selectionStart, active.selectionEnd);
    }
    return true;
  };

  const renew = async () => {
    const patience = AbortSignal.timeout(30000);
    const answer = await fetch(location.href, { headers: { "Live-Refresh": "1" }, cache: "no-store", signal: patience }).catch(() => null);
    if (answer && (answer.redirected || answer.status === 401)) { end(); return; }
    const text = answer && answer.ok ? await answer.text().catch(() => null) : null;
    if (text === null) return;
    const fresh = new DOMParser().parseFromString(text, "text/html");
    let isWhole = true;
    for (const region of regions) isWhole = put(region, fresh.getElementById(region.id)) && isWhole;
    notice.hidden = isWhole;
    document.dispatchEvent(new CustomEvent("refreshed"));
  };
  const refresh = async () => {
    waiting = 0;
    if (document.hidden || isOver) return;
    if (isComposing) { later(); return; }
    [isRefreshing, isAsked] = [true, false];
    try { await renew(); } finally { [isRefreshing, endedAt] = [false, performance.now()]; }
    if (isAsked) later();
  };
  const later = () => {
    if (isRefreshing) isAsked = true;
    else if (!waiting) waiting = setTimeout(refresh, Math.max(300, endedAt + pace - performance.now()));
  };

  const shine = (isOn) => {
    light.hidden = false;
    light.className = isOn ? "light on" : "light";
    light.textContent = isOn ? light.dataset.on : light.dataset.off;
  };
  const stop = () => {
    if (source) source.close();
    source = null;
  };
  // The session is over: what it showed is hidden, what was typed stays in the document.
  const end = () => {
    isOver = true;
    stop();
    shine(false);
    ended.hidden = false;
    ended.parentElement.classList.add("over");
  };
  const listen = () => {
    stop();
    if (isOver) return;
    source = new EventSource("/api/v1/events");
    source.addEventListener("open", () => { shine(true); if (wasLost) later(); wasLost = false; });
    source.addEventListener("error", ({ target }) => {
      shine(false);
      wasLost = true;
      // Refused for good, maybe as the session is over: the page tells.
      if (target.readyState === EventSource.CLOSED) later();
    });
    source.addEventListener("changed", ({ data }) => { if (hears(JSON.parse(data))) later(); });
    source.addEventListener("resync", later);
  };

  document.addEventListener("compositionstart", () => { isComposing = true; });
  document.addEventListener("compositionend", () => { isComposing = false; });
  // A page that nobody looks at takes no connection: browsers have few for one node.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { stop(); return; }
    listen();
    later();
  });
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", (event) => { if (event.persisted && !document.hidden) { listen(); later(); } });
  // Deadlines pass and links fall silent without a change; some pages show little else, and say how often to look.
  const rhythm = 1000 * Math.min(60, ...regions.map(({ dataset }) => Number(dataset.liveEvery || 60)));
  setInterval(() => { if (!document.hidden) { later(); if (!source || source.readyState === EventSource.CLOSED) listen(); } }, rhythm);
  if (!document.hidden) listen();
})();
