// What htmx leaves open: an answer that is slow, never comes, or is not the portal's but, say, a proxy's.
(function () {
  "use strict";

  var SLOW = 1000;
  var WRITTEN = "input:not([type='hidden']):not([type='checkbox']):not([type='radio'])";
  var lost = document.createElement("p");
  lost.className = "error";
  lost.setAttribute("role", "alert");
  var waiting = document.createElement("p");
  waiting.className = "hint";
  waiting.setAttribute("role", "status");
  var awaited = null;

  // Every answer of the portal to htmx has this header; any server might send the same content type.
  function isThePortals(answer) {
    return /HX-Request/i.test(answer.headers.get("Vary"));
  }

  // Not a page that asks by itself each second: it would repeat the message each time.
  function isAsked(ctx) {
    return ctx.sourceEvent.type !== "every";
  }

  function placeOf(ctx) {
    return ctx.request.form || ctx.sourceElement.closest("nav") || ctx.sourceElement;
  }

  function tell(ctx) {
    ctx.status = "lost";
    hideFound(ctx);
    var form = ctx.request.form;
    var place = placeOf(ctx);
    if (place.contains(lost)) return;
    var isFilled = form && form.querySelector("input:not([type='hidden']):not([type='search'])");
    lost.textContent = "Pas de connexion. " + (isFilled ? "Vos réponses sont gardées\u00a0: réessayez." : "Réessayez.");
    place.append(lost);
    lost.scrollIntoView({ block: "nearest" });
  }

  // The people found before are not those searched for now.
  function hideFound(ctx) {
    if (ctx.sourceElement.type !== "search") return;
    var status = ctx.target.querySelector("[role='status']");
    status.textContent = "";
    ctx.target.replaceChildren(status);
  }

  function expect(ctx) {
    lost.remove();
    awaited = ctx;
  }

  function expectNothing() {
    awaited = null;
    waiting.remove();
  }

  function tellUnderWay(ctx) {
    if (ctx !== awaited) return;
    waiting.textContent = "";
    placeOf(ctx).append(waiting);
    // Screen readers read words that are put into a status which is there already.
    setTimeout(function () {
      waiting.textContent = "Un instant\u00a0: la réponse arrive.";
      waiting.scrollIntoView({ block: "nearest" });
    }, 100);
  }

  document.addEventListener("htmx:before:request", function (event) {
    var ctx = event.detail.ctx;
    if (isAsked(ctx)) expect(ctx);
    setTimeout(function () {
      if (ctx.status !== "issuing") return;
      hideFound(ctx);
      tellUnderWay(ctx);
    }, SLOW);
  });
  // While a redirect leaves the page, the message stays.
  document.addEventListener("htmx:finally:request", function (event) {
    var ctx = event.detail.ctx;
    if (ctx !== awaited || (ctx.hx && ctx.hx.redirect)) return;
    expectNothing();
  });
  window.addEventListener("pageshow", expectNothing);
  document.addEventListener("htmx:before:response", function (event) {
    var ctx = event.detail.ctx;
    if (isThePortals(ctx.response)) return lost.remove();
    event.preventDefault();
    tell(ctx);
  });
  document.addEventListener("htmx:error", function (event) {
    if (event.detail.ctx) tell(event.detail.ctx);
  });

  // What is typed while an answer is on its way is put into the form that comes back; the focus stays where it is.
  document.addEventListener("htmx:before:swap", function (event) {
    var ctx = event.detail.ctx;
    if (!ctx.request.form || !ctx.request.body) return;
    var swapped = event.detail.tasks[0].fragment;
    ctx.request.form.querySelectorAll(WRITTEN).forEach(function (field) {
      var coming = swapped.getElementById(field.id);
      if (!coming || field.value === ctx.request.body.get(field.name)) return;
      coming.value = field.value;
      swapped.querySelectorAll("[autofocus]").forEach(function (first) {
        first.removeAttribute("autofocus");
      });
    });
  });
})();
