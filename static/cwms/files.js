"use strict";
// Several files at once: each that is chosen or dropped gets a choice of its own category below the input.
(() => {
  for (const input of document.querySelectorAll("input[type=file][data-drop]")) {
    const form = input.form;
    const all = form.querySelector("select[name$='-category']");
    if (!all) { continue; }
    const list = document.createElement("ol");
    list.className = "rows";
    input.after(list);
    input.addEventListener("change", () => {
      list.replaceChildren(...[...input.files].map((file, number) => {
        const own = all.cloneNode(true);
        own.name = `${all.name}-${number}`;
        own.id = `${all.id}-${number}`;
        own.required = false;
        own.value = all.value;
        own.removeAttribute("aria-describedby");
        own.setAttribute("aria-label", file.name);
        const name = document.createElement("span");
        name.textContent = `${file.name} `;
        const line = document.createElement("li");
        line.append(name, own);
        return line;
      }));
      if (!all.value && input.files.length) { all.value = all.options[1].value; }
    });
    const zone = input.closest(".input") || input;
    zone.addEventListener("dragover", (event) => { event.preventDefault(); });
    zone.addEventListener("drop", (event) => {
      if (!event.dataTransfer || !event.dataTransfer.files.length) { return; }
      event.preventDefault();
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change"));
    });
  }
})();
