"use strict";
// Runs before the page is drawn: the theme must not flash. Everything else waits for the document.
(() => {
  const root = document.documentElement;
  if (root.dataset.theme === "auto") {
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const apply = () => { root.dataset.bsTheme = dark.matches ? "dark" : "light"; };
    apply();
    dark.addEventListener("change", apply);
  }
  document.addEventListener("DOMContentLoaded", () => {
    // What went wrong is read first.
    const errors = document.getElementById("errors");
    if (errors) { errors.focus(); }
    // A menu that is left closes.
    document.addEventListener("click", (event) => {
      for (const open of document.querySelectorAll("details.user[open]")) {
        if (!open.contains(event.target)) { open.removeAttribute("open"); }
      }
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        for (const open of document.querySelectorAll("details.user[open]")) {
          open.removeAttribute("open");
          open.querySelector("summary").focus();
        }
      }
      // Ctrl+K goes to the search, as everywhere.
      if ((event.ctrlKey || event.metaKey) && event.key === "k") {
        const search = document.getElementById("search");
        if (search) { event.preventDefault(); search.focus(); search.select(); }
      }
    });
    // Who may be meant is shown while one types; not while a word of Chinese is still being composed.
    const search = document.getElementById("search");
    const found = document.getElementById("found");
    if (search && found) {
      const ask = () => { search.dispatchEvent(new Event("find")); };
      search.addEventListener("input", (event) => { if (!event.isComposing) { ask(); } });
      search.addEventListener("compositionend", ask);
      search.form.addEventListener("keydown", (event) => {
        const stops = [search, ...found.querySelectorAll("a")];
        const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
        const next = step && stops[stops.indexOf(document.activeElement) + step];
        if (next) { event.preventDefault(); next.focus(); }
        if (event.key === "Escape") { found.replaceChildren(); search.focus(); }
      });
    }
    // A button pressed twice acts once; the answer of the first press comes.
    document.addEventListener("submit", (event) => {
      const form = event.target;
      if (form.method !== "post") { return; }
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "1";
    });
    window.addEventListener("pageshow", () => {
      for (const form of document.querySelectorAll("form[data-sent]")) { delete form.dataset.sent; }
    });
    // When a run has finished while one looked on, its page shows more than the progress did.
    document.body.addEventListener("htmx:afterRequest", (event) => {
      if (event.detail.xhr && event.detail.xhr.status === 286) { window.location.reload(); }
    });
  });
})();
