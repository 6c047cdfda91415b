// Passkeys. A form with data-passkey="create" or "get" asks the browser for a passkey before it is sent.
// The options of the question are in the element that data-passkey-options names, or at the address in
// data-passkey-address.

const known = window.PublicKeyCredential?.parseRequestOptionsFromJSON;

async function options(form) {
  if (form.dataset.passkeyAddress) {
    const response = await fetch(form.dataset.passkeyAddress, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(response.status);
    return (await response.json()).request_options.publicKey;
  }
  const found = JSON.parse(document.getElementById(form.dataset.passkeyOptions).textContent);
  return (found.creation_options ?? found.request_options).publicKey;
}

function alone(form, publicKey) {
  // A passkey that logs in without a password has to find its account, and to check the person, by itself.
  const yes = form.elements.passwordless?.checked;
  publicKey.authenticatorSelection = {
    ...publicKey.authenticatorSelection,
    residentKey: yes ? "required" : "discouraged",
    requireResidentKey: Boolean(yes),
    userVerification: yes ? "required" : "preferred",
  };
  return publicKey;
}

async function answer(form) {
  const publicKey = await options(form);
  if (form.dataset.passkey === "create") {
    const asked = PublicKeyCredential.parseCreationOptionsFromJSON(alone(form, publicKey));
    return navigator.credentials.create({ publicKey: asked });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const problem = form.querySelector("[data-passkey-problem]");
  const button = form.querySelector("button[type=submit]");
  if (!known) {
    form.querySelector("[data-passkey-missing]")?.removeAttribute("hidden");
    button.disabled = true;
    continue;
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    button.disabled = true;
    try {
      form.elements.credential.value = JSON.stringify((await answer(form)).toJSON());
      form.submit();
    } catch {
      problem.hidden = false;
      button.disabled = false;
    }
  });
}
