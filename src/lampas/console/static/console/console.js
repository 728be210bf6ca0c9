// Everything the pages do beyond plain HTML; each of them reads and works without it.
(function () {
  "use strict";

  // Copy: <button data-copy="#id"> puts the text of that element on the clipboard.
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) return;
    var source = document.querySelector(button.dataset.copy);
    if (!source) return;
    var text = "value" in source ? source.value : source.textContent.trim();
    navigator.clipboard.writeText(text).then(function () {
      var before = button.textContent;
      button.textContent = "Copied";
      setTimeout(function () { button.textContent = before; }, 1500);
    });
  });

  // The editor: say that the text is not saved, and ask before it is lost.
  document.querySelectorAll("form[data-editor]").forEach(function (form) {
    var text = form.querySelector("textarea[name=text]");
    var first = text.dataset.kept ? null : text.value;
    var leaving = false;
    function changed() { return text.value !== first; }
    function mark() { form.classList.toggle("changed", changed()); }
    text.addEventListener("input", mark);
    form.addEventListener("submit", function () { leaving = true; });
    window.addEventListener("beforeunload", function (event) {
      if (!leaving && changed()) event.preventDefault();
    });
    text.addEventListener("keydown", function (event) {
      if ((event.ctrlKey || event.metaKey) && event.key === "s") {
        event.preventDefault();
        form.requestSubmit();
      }
    });
    mark();
  });

  // Traffic: each slider and its number are one value; the sum is shown and must be 100.
  document.querySelectorAll("form[data-traffic]").forEach(function (form) {
    var numbers = Array.prototype.slice.call(form.querySelectorAll("input[type=number]"));
    var sliders = Array.prototype.slice.call(form.querySelectorAll("input[type=range]"));
    var total = form.querySelector(".total");
    var send = form.querySelector("button[type=submit]");
    function add() {
      var sum = numbers.reduce(function (all, field) { return all + (parseInt(field.value, 10) || 0); }, 0);
      total.dataset.right = String(sum === 100);
      total.textContent = sum === 100 ? "adds up to 100 %" : "adds up to " + sum + " %, must be 100 %";
      if (!send.dataset.denied) send.disabled = sum !== 100;
    }
    function other(index) { return numbers.length === 2 ? 1 - index : -1; }
    function set(index, value) {
      numbers[index].value = value;
      sliders[index].value = value;
    }
    numbers.forEach(function (field, index) {
      function take(value) {
        var bounded = Math.max(0, Math.min(100, parseInt(value, 10) || 0));
        set(index, bounded);
        if (other(index) >= 0) set(other(index), 100 - bounded);
        add();
      }
      sliders[index].hidden = false;
      sliders[index].addEventListener("input", function () { take(sliders[index].value); });
      field.addEventListener("change", function () { take(field.value); });
    });
    add();
  });

  // Destructive actions: the button wakes once the name is typed. The server checks it again.
  document.querySelectorAll("form[data-confirm]").forEach(function (form) {
    var field = form.querySelector("input[required]");
    var send = form.querySelector("button[type=submit]");
    function check() { send.disabled = "denied" in send.dataset || field.value !== form.dataset.confirm; }
    field.addEventListener("input", check);
    check();
  });

  // Keys: "/" goes to the page's search field; "g" and a letter to a page.
  var places = { o: "/", c: "/code", a: "/apps", p: "/operations", u: "/audit", n: "/nodes" };
  var waiting = false;
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select")) return;
    if (waiting && places[event.key]) {
      window.location.assign(places[event.key]);
    } else if (event.key === "/") {
      var search = document.querySelector("input[type=search]");
      if (search) { event.preventDefault(); search.focus(); }
    }
    waiting = event.key === "g";
  });

  // Selects that filter at once.
  document.addEventListener("change", function (event) {
    if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
  });
})();
