// What a session gains from JavaScript: a warning before its end.
(function () {
  "use strict";

  // Five minutes before the session ends, a dialog says so, with a button that extends it. Only the server knows the end:
  // another window may have extended the session. Once it is over the page is left, so that an account does not stay on
  // an unattended screen.
  var SECOND = 1000;
  var WARNING = 300 * SECOND;
  var dialog = document.createElement("dialog");
  dialog.className = "ending";
  dialog.setAttribute("role", "alertdialog");
  dialog.setAttribute("aria-label", "Fin de session");
  // Escape extends the session too: somebody is there.
  dialog.addEventListener("close", function () {
    var button = dialog.querySelector("button[type='submit']");
    if (button && timeLeft(dialog.firstElementChild) <= WARNING) button.click();
  });

  function timeLeft(session) {
    return session.dataset.seconds * SECOND;
  }

  function watchEnd() {
    var session = document.getElementById("session");
    if (!session || session.dataset.watched) return;
    session.dataset.watched = "yes";
    var left = timeLeft(session);
    var end = Date.now() + left;
    var due = left > WARNING ? end - WARNING : end;
    tell(session, left <= WARNING);
    var watch = setInterval(function () {
      if (!document.contains(session)) return clearInterval(watch);
      if (Date.now() < due) return;
      due = Date.now() + 10 * SECOND;
      ask(session, end);
    }, SECOND);
  }

  function tell(session, ends) {
    if (!dialog.showModal || !dialog.replaceChildren) {
      return ends && (session.querySelector("button") || session).focus();
    }
    if (!dialog.contains(session)) dialog.replaceChildren(session);
    if (!dialog.isConnected) document.body.append(dialog);
    if (!ends) return dialog.close();
    if (!session.querySelector("button")) session.append(closing());
    if (!dialog.open) dialog.showModal();
    var first = session.querySelector("button");
    // Orca reads what the focus comes to, not the dialog around it: the words are the button's, and heard once.
    first.setAttribute("aria-describedby", "session-fin");
    first.focus();
  }

  function closing() {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = "J'ai compris";
    button.addEventListener("click", function () {
      dialog.close();
    });
    return button;
  }

  function ask(session, end) {
    // To the page's own address: the login then leads back to it.
    var leave = function () {
      window.location.assign(window.location.pathname + window.location.search);
    };
    fetch(session.dataset.room + "/prolonger", {
      credentials: "same-origin", // Chrome before 72 and Safari before 12 send no cookie by themselves
      headers: { "HX-Request": "true" },
    }).then(function (answer) {
      if (answer.headers.has("HX-Redirect")) return leave();
      if (!answer.ok) throw new Error(answer.status);
      return answer.text().then(function (html) {
        session.outerHTML = html;
        if (window.htmx) window.htmx.process(document.getElementById("session"));
        watchEnd();
      });
    }).catch(function () {
      if (Date.now() >= end) leave();
    });
  }

  document.addEventListener("htmx:after:swap", watchEnd);
  watchEnd();
})();
