"use strict";
// Pages on which much is typed: keys, and a session that ends meanwhile loses nothing.
(() => {
  const form = document.getElementById("entry");
  const dialog = document.getElementById("again");
  if (!form || !dialog) { return; }
  const login = dialog.querySelector("form");
  const said = login.querySelector("[role=alert]");
  let waiting = null; // the button that was pressed when the session turned out to be over
  let checked = false;
  let dirty = false;
  const keeper = document.getElementById("saved"); // asks the server to keep what is typed
  let sending = false;
  let keeping = null; // until the answer to the last of these is there, with the number of the next version
  let kept = null;

  const ask = () => { if (!dialog.open) { dialog.showModal(); login.elements.password.focus(); } };
  const tokenOf = (text) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const input = page.querySelector("input[name=csrfmiddlewaretoken]");
    return input ? input.value : "";
  };
  const renew = (token) => {
    for (const input of document.querySelectorAll("input[name=csrfmiddlewaretoken]")) { input.value = token; }
    document.body.setAttribute("hx-headers", JSON.stringify({"X-CSRFToken": token}));
  };
  // What is kept and what is sent must not overtake each other: the second would be taken for another window's.
  const send = async () => { sending = true; await keeping; checked = true; form.requestSubmit(waiting || undefined); };

  login.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    const page = await fetch(login.dataset.login);
    const data = new FormData(login);
    data.set("csrfmiddlewaretoken", tokenOf(await page.text()));
    const answer = await fetch(login.dataset.login, {method: "POST", body: data});
    const text = await answer.text();
    if (!answer.ok || new URL(answer.url).pathname.startsWith(login.dataset.login)) {
      said.textContent = login.dataset.wrong;
      said.hidden = false;
      login.elements.password.focus();
      return;
    }
    renew(tokenOf(text));
    dialog.close();
    if (waiting) { send(); }
  });

  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt !== keeper) { return; }
    if (sending) { event.preventDefault(); } else { keeping = new Promise((done) => { kept = done; }); }
  });
  document.body.addEventListener("htmx:afterRequest", (event) => { if (kept && event.detail.elt === keeper) { kept(); } });
  document.body.addEventListener("htmx:responseError", (event) => {
    if ([401, 403].includes(event.detail.xhr.status)) { ask(); }
  });
  // Is the session still there? Asked before anything is sent, because what is sent without one would be gone.
  form.addEventListener("submit", async (event) => {
    if (checked) { checked = false; dirty = false; return; }
    event.preventDefault();
    event.stopPropagation();
    waiting = event.submitter && event.submitter.name ? event.submitter : null;
    let answer = null;
    try { answer = await fetch(login.dataset.check, {headers: {"HX-Request": "true"}}); } catch { answer = null; }
    if (answer && answer.status === 401) { ask(); return; }
    send();
  });
  window.addEventListener("pageshow", () => { sending = false; }); // whoever comes back to a page goes on typing in it
  form.addEventListener("input", () => { dirty = true; });
  window.addEventListener("beforeunload", (event) => { if (dirty) { event.preventDefault(); } });
  document.body.addEventListener("htmx:afterSwap", (event) => { if (event.detail.target.id === "saved") { dirty = false; } });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && (event.key === "s" || event.key === "Enter") && !dialog.open) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
})();
