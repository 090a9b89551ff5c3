"use strict";
// Reviewing by keys: J and K go through a list, A and R to the acts of a case. Nothing is sent by a key alone.
(() => {
  const typing = (one) => one.closest("input, select, textarea, [contenteditable]") !== null;
  const links = () => Array.from(document.querySelectorAll("#review .what > a"));
  const step = (by) => {
    const all = links();
    if (!all.length) { return; }
    const at = all.indexOf(document.activeElement);
    all[Math.min(Math.max(at + by, 0), all.length - 1)].focus();
  };
  const into = (selector) => {
    const place = document.querySelector(selector);
    if (!place) { return; }
    if (place.tagName === "DETAILS") { place.open = true; }
    const first = place.querySelector("input:not([type=hidden]), select, textarea, button");
    if (first) { first.focus(); }
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) { return; }
    const key = event.key.toLowerCase();
    if (key === "j") { step(1); }
    else if (key === "k") { step(-1); }
    else if (key === "a") { into("#act"); }
    else if (key === "r") { into("#send-back"); }
    else { return; }
    event.preventDefault();
  });
})();
