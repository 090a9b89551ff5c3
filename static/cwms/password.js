"use strict";
// Ticks the rules of a new password while it is typed. The list is there without this, and the server decides.
(() => {
  const list = document.getElementById("rules");
  const input = list && document.getElementById(list.dataset.watch);
  if (!input) { return; }
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/];
  const length = (text) => [...text].length;
  const met = {
    shortest: (text, limit) => length(text) >= Number(limit) && length(text) <= 128,
    kinds: (text, limit) => kinds.filter((kind) => kind.test(text)).length >= Number(limit),
    words: (text, limit) => text !== "" && !limit.split("\n").some((word) => text.toLowerCase().includes(word)),
  };
  const tick = () => {
    for (const rule of list.querySelectorAll("[data-rule]")) {
      const done = met[rule.dataset.rule](input.value, rule.dataset.limit);
      rule.classList.toggle("met", done);
      rule.querySelector(".rule-met").hidden = !done;
    }
  };
  input.addEventListener("input", tick);
  tick();
})();
