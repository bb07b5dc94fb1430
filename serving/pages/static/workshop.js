// Lets the effect follow the sliders. Without it the form is sent by its button, to the same page.
"use strict";
(() => {
  const form = document.querySelector("form.workshop");
  const effect = document.getElementById("effect");
  if (!form || !effect) return;
  const sliders = [...form.querySelectorAll("input[type=range]")];
  const plain = form.querySelector("input[name=plain]");
  const draft = document.querySelector("form.draft");
  let waiting = 0;
  let asked = 0;

  const query = () => new URLSearchParams(new FormData(form)).toString();

  const tell = () => {
    const total = sliders.reduce((sum, each) => sum + Number(each.value), 0);
    for (const each of sliders) {
      const percent = total ? (100 * Number(each.value)) / total : 0;
      each.parentElement.querySelector("output").textContent = `${Math.round(percent * 10) / 10}%`;
      if (draft) draft.elements[each.name].value = each.value;
    }
    if (draft) draft.elements.plain.value = plain && plain.checked ? "1" : "";
    return total;
  };

  const ask = async () => {
    const mine = ++asked;
    const found = await fetch(`${form.dataset.effect}?${query()}`, { headers: { Accept: "text/html" } });
    if (!found.ok || mine !== asked) return;
    effect.innerHTML = await found.text();
    history.replaceState(null, "", `${form.getAttribute("action")}?${query()}`);
  };

  form.addEventListener("input", () => {
    const total = tell();
    clearTimeout(waiting);
    if (total) waiting = setTimeout(ask, 150);
  });
})();
