// Makes live what works without: print, position, keys of the work list.
"use strict";
(() => {
  const each = (selector, body) => document.querySelectorAll(selector).forEach(body);
  each("[data-print]", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
  each("[data-locate]", (button) => {
    if (!navigator.geolocation || !window.isSecureContext) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      navigator.geolocation.getCurrentPosition(({ coords }) => {
        const form = button.closest("form");
        form.elements.lat.value = coords.latitude.toFixed(6);
        form.elements.long.value = coords.longitude.toFixed(6);
        form.querySelector("[data-located]").textContent = `${form.elements.lat.value}, ${form.elements.long.value}`;
      });
    });
  });
  each("form", (form) => form.addEventListener("submit", () => {
    // The button that was pressed has to be sent, so it is disabled a moment later.
    setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }), 0);
  }));
  window.addEventListener("pageshow", () => each("form button", (button) => { button.disabled = false; }));
  each("[data-keys]", (table) => {
    const links = [...table.querySelectorAll("tbody a")];
    let at = -1;
    document.addEventListener("keydown", (event) => {
      if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
      if (!step || links.length === 0) return;
      event.preventDefault();
      at = Math.min(Math.max(at + step, 0), links.length - 1);
      links[at].focus();
    });
  });
})();
