// html-validate for tests/browser/checkers/markup.py: a page as a JSON string a line in, a list of complaints a line out.
const { createInterface } = require("node:readline");
const { HtmlValidate } = require("html-validate");

const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:recommended", "html-validate:a11y"],
  rules: {
    // Matters of taste, in which the templates have their own.
    "doctype-style": ["error", { style: "lowercase" }],
    "void-style": "off",
    "no-trailing-whitespace": "off",
    // Mails need theirs inline; tests/page.py lets no page have any.
    "no-inline-style": "off",
    // It knows one of WCAG's two ways to tie a cell to its headers; tests/page.py holds tables to both, as RGAA 5.7 does.
    "wcag/h63": "off",
    // No-break spaces would have a number cut in a pair where letters are large; the stylesheet keeps it whole elsewhere.
    "tel-non-breaking": "off",
    // `role="list"`, for VoiceOver: Safari takes the list out of a list without bullets.
    "no-redundant-role": "off",
    "prefer-native-element": ["error", { exclude: ["list"] }],
    // Boxes of one group share a name, as radio buttons do; brackets in names are other languages' custom.
    "form-dup-name": ["error", { shared: ["radio", "button", "reset", "submit", "checkbox"] }],
    // Seventy signs are what search engines show, which come to none of the pages that name a tenant or a dwelling.
    "long-title": ["error", { maxlength: 150 }],
  },
});

createInterface({ input: process.stdin }).on("line", (line) => {
  const report = validator.validateStringSync(JSON.parse(line), "page.html");
  const found = report.results.flatMap((page) => page.messages);
  process.stdout.write(JSON.stringify(found.map((it) => [it.ruleId, it.message, `${it.line}, ${it.selector}`])) + "\n");
});
