// What forms gain from JavaScript, with htmx or without it; they work without both.
(function () {
  "use strict";

  // Some people press every button twice. The browser would give the first answer up for the second one's, and with it
  // what is shown once. Buttons stay as they are: one that goes dead under the finger says nothing to who cannot see it.
  var MOMENT = 5000;
  var sent = null;
  var sentAt = 0;
  var underWay = null;
  document.addEventListener("submit", function (event) {
    if (event.target === sent && (underWay || Date.now() - sentAt < MOMENT)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    sent = event.target;
    sentAt = Date.now();
  }, true);

  // A page that is come back to, or has had its answer or none, starts anew, and so does a form that is written in: what
  // it sends is something else. One that is about to be left does not.
  function forgetSent() {
    sent = underWay = null;
  }
  window.addEventListener("pageshow", forgetSent);
  document.addEventListener("input", function (event) {
    if (event.target.form === sent) forgetSent();
  });
  document.addEventListener("htmx:before:request", function (event) {
    if (event.target === sent) underWay = event.detail.ctx;
  });
  document.addEventListener("htmx:finally:request", function (event) {
    var ctx = event.detail.ctx;
    if (ctx !== underWay) return;
    if (!ctx.hx || !ctx.hx.redirect) return forgetSent();
    underWay = null;
    sentAt = Date.now();
  });

  // A button made here, and not in the page: a browser without JavaScript should not see one that does nothing.
  function offerReveal(input) {
    if (input.dataset.reveal) return;
    input.dataset.reveal = "yes";
    var button = document.createElement("button");
    button.type = "button";
    button.className = "reveal";
    button.setAttribute("aria-controls", input.id);
    button.addEventListener("click", function () {
      show(input, button, input.type === "password");
    });
    input.after(button);
    show(input, button, false);
  }

  function show(input, button, shown) {
    var name = document.querySelector("label[for='" + input.id + "']").textContent;
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Masquer" : "Afficher";
    button.setAttribute("aria-label", button.textContent + " : " + name);
  }

  function offerReveals() {
    document.querySelectorAll("input[type='password']").forEach(offerReveal);
  }

  // A password that is shown is hidden again before it leaves, so that no browser keeps it among the texts typed before.
  document.addEventListener("submit", function (event) {
    event.target.querySelectorAll(".reveal").forEach(function (button) {
      show(document.getElementById(button.getAttribute("aria-controls")), button, false);
    });
  }, true);

  // Where the answer is a file the page stays: what proved who asked for it leaves all the same, once it is on its way.
  document.addEventListener("submit", function (event) {
    if (event.defaultPrevented || event.target.dataset.brings !== "file") return;
    setTimeout(function () {
      event.target.querySelectorAll("input[type='password'], [autocomplete='one-time-code']").forEach(function (field) {
        field.value = "";
      });
    });
  });

  function ready() {
    offerReveals();
    // Older browsers keep `autofocus` for fields: a page that comes back with what is wrong says so first.
    var first = document.querySelector("[autofocus]");
    if (first && document.activeElement === document.body) first.focus();
  }

  document.addEventListener("htmx:after:swap", offerReveals);
  ready();
})();
