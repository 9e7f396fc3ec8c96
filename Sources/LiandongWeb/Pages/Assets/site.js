// Makes quicker what works without: print, position, keys.
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
  // On a phone the menu goes on beyond the edge.
  each("nav [aria-current]", (link) => link.scrollIntoView({ block: "nearest", inline: "center" }));
  // Large photos are sent smaller where the browser can: lines are thin. What it cannot make smaller goes as it is.
  const smaller = async (file) => {
    if (file.size < 1_000_000) return file;
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, 2000 / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.width * scale, picture.height * scale];
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return made && made.size < file.size ? new File([made], "photo.jpg", { type: made.type }) : file;
  };
  each("input[data-photos]", (input) => input.addEventListener("change", async () => {
    const chosen = [...input.files];
    const files = await Promise.all(chosen.map((file) => smaller(file).catch(() => file)));
    if (files.every((file, at) => file === chosen[at])) return;
    const kept = new DataTransfer();
    files.forEach((file) => kept.items.add(file));
    input.files = kept.files;
  }));
  // What is typed leaves the services that are called so.
  each("[data-filter]", (field) => {
    const whole = field.closest("[data-filtered]");
    field.hidden = false;
    const filter = () => {
      const words = field.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      let found = 0;
      whole.querySelectorAll(".group").forEach((group) => {
        const name = group.querySelector("h3").textContent.toLowerCase();
        group.hidden = true;
        group.querySelectorAll("li").forEach((item) => {
          const text = `${name} ${item.querySelector("b").textContent.toLowerCase()}`;
          item.hidden = !words.every((word) => text.includes(word));
          if (!item.hidden) { group.hidden = false; found += 1; }
        });
      });
      whole.querySelector(".jump").hidden = words.length > 0;
      // Always there, as a screen reader tells of what changes in it alone.
      const status = whole.querySelector("[data-none]");
      const told = found > 0 ? "" : status.dataset.none;
      if (status.textContent !== told) status.textContent = told;
    };
    // What an input method has not ended yet is no word.
    field.addEventListener("input", (event) => { if (!event.isComposing) filter(); });
    field.addEventListener("compositionend", filter);
    // A browser that comes back fills in again what was typed.
    window.addEventListener("pageshow", filter);
  });
  each("form", (form) => form.addEventListener("submit", () => {
    // The button that was pressed has to be sent, so it is disabled a moment later.
    setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }), 0);
  }));
  // What was typed of one person is not shown to the next, whatever the browser has kept of the page.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && document.querySelector("[data-private]")) location.replace("/staff/counter");
  });
  window.addEventListener("pageshow", () => each("form button", (button) => { button.disabled = false; }));
  // A letter goes to what names it: a link is followed, a field is written in. Rows are gone through one by one.
  document.addEventListener("keydown", (event) => {
    const isField = event.target.closest("input, textarea, select");
    if (isField && event.key === "Escape") { event.target.blur(); return; }
    if (isField || event.ctrlKey || event.metaKey || event.altKey) return;
    const named = [...document.querySelectorAll("[data-key]")].find((element) => element.dataset.key === event.key);
    if (named) {
      event.preventDefault();
      if (named.matches("a, button")) named.click(); else named.focus();
      return;
    }
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    // Asked for each time: the list may have been put in place anew.
    const links = [...document.querySelectorAll("[data-keys] tbody tr > td:first-child > a")];
    if (!step || links.length === 0) return;
    event.preventDefault();
    const at = links.indexOf(document.activeElement) + step;
    links[Math.min(Math.max(at, 0), links.length - 1)].focus();
  });
})();
