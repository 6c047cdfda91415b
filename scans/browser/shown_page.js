// Returns the HTML of what a person sees of one document: through web components, without hidden elements and values.
({most}) => {
  const kept = ["id", "class", "role", "type", "name", "autocomplete", "href", "src", "action", "title", "aria-label"];
  const unread = ["script", "style", "template", "noscript", "head"];
  const whole = ["br", "hr", "img", "input"];
  const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const pieces = [];
  let left = most;
  const put = (text) => { if (left > 0) pieces.push(text); left -= text.length; };

  // an element without a box of its own, such as display: contents, may have shown ones inside
  const isHidden = (e, style) => {
    if (style.display === "contents" || e.localName === "slot") return false;
    if (!e.checkVisibility({checkOpacity: true})) return true;
    const box = e.getBoundingClientRect();
    const cut = style.overflowX !== "visible" && style.overflowY !== "visible" && (box.width < 2 || box.height < 2);
    return cut || (box.width > 0 && box.height > 0 && (box.right + scrollX <= 0 || box.bottom + scrollY <= 0));
  };
  const walk = (node, isSeen) => {
    if (left <= 0) return;
    if (node.nodeType === Node.TEXT_NODE && isSeen) return put(escaped(node.data));
    if (node.nodeType !== Node.ELEMENT_NODE || unread.includes(node.localName)) return;
    const style = getComputedStyle(node);
    if (isHidden(node, style)) return;
    const values = kept.filter((name) => node.hasAttribute(name)).map((name) => [name, node.getAttribute(name)]);
    if (/^(submit|button|reset)$/.test(node.type) && node.value) values.push(["value", node.value]);
    put(`<${node.localName}${values.map(([name, value]) => ` ${name}="${escaped(value.slice(0, 500))}"`).join("")}>`);
    const inside = node.localName === "slot" && node.assignedNodes().length ? node.assignedNodes() : (node.shadowRoot ?? node).childNodes;
    const isClosed = node.localName === "details" && !node.open;
    for (const child of node.localName === "iframe" ? [] : inside) if (!isClosed || child.localName === "summary") walk(child, style.visibility === "visible");
    if (!whole.includes(node.localName)) put(`</${node.localName}>`);
  };
  if (document.body) walk(document.body, true);
  return pieces.join("");
}
