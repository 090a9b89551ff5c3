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
  const send = () => { checked = true; form.requestSubmit(waiting || undefined); };

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
