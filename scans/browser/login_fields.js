// Finds the fields of a login in one document, as a person sees them: through web components, without what is hidden.
// Returns {name, password, button}, each an element or null. `form` has the names that were given, `words` patterns.
({form, words, secondStep}) => {
  const is = Object.fromEntries(Object.entries(words).map(([key, source]) => [key, new RegExp(source, "i")]));
  const inside = (root) => [...root.querySelectorAll("*")].flatMap((e) => [e, ...(e.shadowRoot ? inside(e.shadowRoot) : [])]);
  const elements = inside(document);
  const above = (e) => e.parentElement || e.getRootNode().host;
  const seen = (e) => {
    const box = e.getBoundingClientRect();
    if (e.disabled || box.width < 2 || box.height < 2 || getComputedStyle(e).visibility !== "visible") return false;
    if (box.right + scrollX <= 0 || box.bottom + scrollY <= 0 || e.getAttribute("aria-hidden") === "true") return false;
    for (let a = e; a; a = above(a)) if (getComputedStyle(a).opacity === "0") return false;
    return true;
  };
  const called = (e, name) => name && (e.name === name || e.id === name);
  const saidOf = (e) => [e.name, e.id, e.placeholder, e.ariaLabel, e.labels?.[0]?.innerText].join(" ").slice(0, 300);
  const textOf = (e) => [e.innerText, e.value, e.title, e.ariaLabel, e.alt].join(" ").slice(0, 300);
  const marked = (e, ...kinds) => e.autocomplete?.split(" ").some((kind) => kinds.includes(kind));
  const kind = (e) => e.getAttribute("type")?.toLowerCase() ?? "text";
  const inputs = elements.filter((e) => e.localName === "input" && seen(e));
  const texts = inputs.filter((e) => ["text", "email", "tel", "number", "url"].includes(e.type) && !e.readOnly);

  // the smallest thing around a field that has a button too: its form, or what stands for one
  const pressable = (e) => e.matches("button, input[type=submit], input[type=image], input[type=button], [role=button]") ||
    (e.localName === "a" && (e.onclick || /^(javascript:|#|$)/.test(e.getAttribute("href") ?? "")));
  const buttons = elements.filter((e) => pressable(e) && seen(e));
  const holds = (outer, e) => { for (let a = e; a; a = above(a)) if (a === outer) return true; return false; };
  const around = (e) => {
    if (e.form) return e.form;
    let a = above(e);
    while (a && above(a) && !buttons.some((button) => holds(a, button))) a = above(a);
    return a ?? document.body;
  };
  const members = (list, e) => list.filter((other) => (e.form ? other.form === e.form : holds(around(e), other)));
  const submits = (e) => ["submit", "image"].includes(e.type);
  const buttonOf = (field) => {
    const near = buttons.filter((e) => (field.form && e.form === field.form) || holds(around(field), e));
    const usable = near.filter((e) => !is.registers.test(textOf(e)));
    const says = (e) => is.in.test(textOf(e)) || is.goesOn.test(textOf(e));
    const alone = (e) => new RegExp(`^\\W*(${words.in}|${words.goesOn})\\W*$`, "iu").test(textOf(e).trim().split("\n")[0].trim());
    return usable.find((e) => submits(e) && says(e)) ?? usable.find(alone) ?? usable.find(submits) ?? usable.find(says) ??
      near.find(submits) ?? (near.length === 1 ? near[0] : null);
  };

  const passwords = inputs.filter((e) => (form.password_field ? called(e, form.password_field) : e.type === "password") && !e.readOnly);
  const logsIn = (e) => buttons.some((b) => b.form === e.form && is.in.test(textOf(b)) && !is.registers.test(textOf(b)));
  const current = (e) => form.password_field || ((!e.form || members(passwords, e).length === 1) &&
    (!marked(e, "new-password") || logsIn(e)));
  const password = passwords.find((e) => current(e) && marked(e, "current-password")) ?? passwords.find(current) ?? null;

  const namesUser = (e) => kind(e) === "email" || is.namesUser.test(saidOf(e));
  const nameFor = (fields) => {
    const others = fields.filter((e) => !is.namesElse.test(saidOf(e)));
    const named = others.filter(namesUser);
    const before = (list) => list.filter((e) => password && e.compareDocumentPosition(password) & 4).at(-1);
    return fields.find((e) => marked(e, "username", "email")) ?? before(named) ?? named[0] ?? before(others) ?? others[0] ??
      before(fields) ?? fields[0] ?? null;
  };
  const given = inputs.find((e) => called(e, form.username_field)) ?? null;
  if (password) {
    const name = form.username_field ? given : secondStep ? null : nameFor(members(texts, password));
    return {name, password, button: buttonOf(password)};
  }
  // the name alone, in a form that speaks of a login: others search, register, subscribe
  const begins = (e) => {
    const text = `${around(e).innerText} ${around(e).action ?? ""} ${around(e).id}`.slice(0, 2000);
    const page = `${document.title} ${location.pathname} ${text}`;
    const button = buttonOf(e);
    if (button && is.registers.test(textOf(button))) return false;
    if (e.form && [...e.form.elements].some((other) => other.type === "password")) return true;
    if (marked(e, "username") || /^(user[-_]?name|user[-_]?id|login|identifier)$/i.test(e.name || e.id)) return true;
    return namesUser(e) && button && (is.in.test(textOf(button)) || (is.goesOn.test(textOf(button)) && is.in.test(page)));
  };
  const name = form.username_field ? given : nameFor(texts.filter((e) => !is.namesElse.test(saidOf(e)) && begins(e)));
  return {name, password: null, button: name && buttonOf(name)};
}
