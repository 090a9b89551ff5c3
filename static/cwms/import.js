"use strict";
// The review of an import by keyboard: F8 goes to the next cell that is wrong, Shift+F8 to the one before.
(() => {
  const cells = () => [...document.querySelectorAll("main td input[name=text]")];
  const after = (element) => cells().find(
    (cell) => cell === element || element.compareDocumentPosition(cell) & Node.DOCUMENT_POSITION_FOLLOWING);
  const go = (cell) => { if (cell) { cell.focus(); cell.select(); cell.scrollIntoView({block: "center"}); } };
  const step = (back) => {
    const all = cells();
    const here = all.indexOf(document.activeElement);
    const next = back ? all[here < 0 ? all.length - 1 : here - 1] : all[here + 1];
    if (next) { go(next); return; }
    const page = document.querySelector(back ? "nav.pager a[rel=prev]" : "nav.pager a[rel=next]");
    if (page) { window.location.assign(page.href + (back ? "" : "#wrong")); } else { go(all[0]); }
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "F8" && cells().length) { event.preventDefault(); step(event.shiftKey); }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("#next-error") && cells().length) { event.preventDefault(); step(false); }
  });
  if (window.location.hash === "#wrong") { go(cells()[0]); }
  // The row comes back judged anew; whoever typed goes on with what is still wrong in it, or with the next.
  let row = "";
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const from = event.target.closest("tr");
    if (from) { row = from.id; }
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    const fresh = row && document.getElementById(row);
    row = "";
    if (fresh) { go(fresh.querySelector("input[name=text]") || after(fresh)); }
  });
  document.body.addEventListener("htmx:responseError", (event) => {
    const form = event.target.closest("form");
    if (form) { delete form.dataset.sent; }
  });
})();
